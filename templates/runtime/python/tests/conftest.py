"""A function's module, served by the runtime as a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

RUNTIME = Path(__file__).parents[1]
PATIENCE = 20.0


def until(ask, what: str):
    """Asks until there is an answer."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"{what}: not within {PATIENCE} s")


class Served:
    """A running function."""

    def __init__(self, folder: Path, kind: str, env: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = folder / "log"
        known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(RUNTIME), "PYTHONUNBUFFERED": "1"}
        known |= {"upstream_url": f"http://127.0.0.1:{self.port}", "term_signal_timing": "after_drain"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "function_runtime", kind], cwd=folder, env=known | env, stdout=log, stderr=log
            )

    def connects(self) -> bool:
        assert self.process.poll() is None, self.text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def open(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None):
        """The answer, with its body read: `answer.body`, `answer.value()`."""
        connection = self.open()
        connection.putrequest(method, target, skip_accept_encoding=True)
        known = {"Content-Length": str(len(body))} if body is not None else {}
        for name, value in (known | (headers or {})).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.body = answer.read()
        answer.value = lambda: json.loads(answer.body)
        connection.close()
        return answer

    def text(self) -> str:
        return self.log.read_text()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@pytest.fixture
def serve(tmp_path):
    """serve(source, kind="http", **env): a function that is served until the test is over."""
    running = []

    def start(source: str, kind: str = "http", *, waits: bool = True, **env: str) -> Served:
        (tmp_path / "function").mkdir(exist_ok=True)
        (tmp_path / "function" / "handler.py").write_text(textwrap.dedent(source))
        served = Served(tmp_path, kind, env)
        running.append(served)
        if waits:
            until(served.connects, "a port that is open")
        return served

    yield start
    for served in running:
        served.process.kill()
        served.process.wait()
