"""The watchdog under test: started on free ports in a folder of its own, ended with the test.
It knows the executable (SUBJECT), its log and its metrics. It refuses to know what any client expects."""

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytest.register_assert_rewrite("forms")
HERE = Path(__file__).parent
SUBJECT = os.environ.get("SUBJECT", str(HERE.parent / "target/release/fwatchdog"))
DEADLINE = 20


def until(seconds, what, ask):
    """Asks until there is an answer: the only way to wait."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds} s")


def free_port():
    """A port for a function's own server, below those that the kernel hands out by itself."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Watchdog:
    def __init__(self, folder, settings, ready):
        self.log_file = folder / "log"
        (folder / "tmp").mkdir()
        quiet = {"PATH": os.environ["PATH"], "port": "0", "metrics_port": str(free_port()), "drain_delay": "0s", "TMPDIR": str(folder / "tmp")}
        self.metrics_port = quiet["metrics_port"]
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen([SUBJECT], env=quiet | settings, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.port = int(until(DEADLINE, "a port", lambda: re.search(r"Listening on port: (\d+)", self.log())).group(1))
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.address}"
        if ready:
            until(DEADLINE, "ready", self.ready)

    def ready(self):
        assert self.process.poll() is None, self.log()
        try:
            with urllib.request.urlopen(f"{self.url}/_/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def log(self):
        return self.log_file.read_text(errors="replace")

    def counted(self):
        """How many requests were counted, by status."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        counts = {}
        for code, count in re.findall(r'^http_requests_total\{[^}]*code="(\d+)"[^}]*\} (\S+)', text, re.M):
            counts[code] = counts.get(code, 0) + int(float(count))
        return counts

    def end(self):
        self.process.terminate()
        try:
            code = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            functions = [int(child) for file in Path(f"/proc/{self.process.pid}/task").glob("*/children") for child in file.read_text().split()]
            for pid in self.process.pid, *functions:
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"did not end:\n{self.log()}") from None
        assert code == 0, f"ended with {code}:\n{self.log()}"


@contextlib.contextmanager
def watchdogs(tmp_path_factory):
    """Starts watchdogs; what they logged is shown when a test fails."""
    started = []

    def start(ready=True, **settings):
        one = Watchdog(tmp_path_factory.mktemp("watchdog"), {name: str(value) for name, value in settings.items()}, ready)
        started.append(one)
        return one

    try:
        yield start
    finally:
        for one in started:
            print(f"--- log of {one.address}\n{one.log()}")
        for one in started:
            one.end()


@pytest.fixture
def watchdog(tmp_path_factory):
    with watchdogs(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """The same for one that all tests of a file share."""
    with watchdogs(tmp_path_factory) as start:
        yield start


def serve(script, *words):
    """The settings of mode http in front of a server of clients/servers."""
    port = free_port()
    command = [sys.executable, str(HERE / "servers" / script), str(port), *map(str, words)]
    return {"mode": "http", "fprocess": " ".join(command), "upstream_url": f"http://127.0.0.1:{port}"}


class Answer:
    def __init__(self, status, head, body):
        self.status = status
        lines = re.split(r"\r?\n", re.split(r"\r?\n\r?\n", head.rstrip("\r\n"))[-1])
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        self.body = body

    @property
    def text(self):
        return self.body.decode()

    def header(self, name):
        values = [value for key, value in self.headers if key.lower() == name]
        return values[0] if len(values) == 1 else values or None


PROTOCOLS = {"http1": ["--http1.1"], "http2": ["--http2-prior-knowledge"]}


@pytest.fixture(params=PROTOCOLS)
def curl(request, tmp_path):
    """curl over each protocol: its exit code has to be 0, so what is broken on the wire fails a test whatever was read."""

    def call(url, *options, data=None):
        head, body = tmp_path / "head", tmp_path / "body"
        for path in head, body:
            path.write_bytes(b"")
        told = "%{http_code} %{http_version} %{size_download}"
        command = ["curl", "-sS", "--max-time", str(DEADLINE), *PROTOCOLS[request.param], "-D", head, "-o", body, "-w", told, *options, url]
        done = subprocess.run(command, input=data, capture_output=True, timeout=2 * DEADLINE)
        assert done.returncode == 0, f"curl ended with {done.returncode}: {done.stderr.decode()}{head.read_text(errors='replace')}"
        status, version, size = done.stdout.decode().split()
        assert version == {"http1": "1.1", "http2": "2"}[request.param]
        # For HEAD it writes the head where the body would be.
        return Answer(int(status), head.read_text(errors="replace"), body.read_bytes()[: int(size)])

    call.protocol = request.param
    return call


def find(name):
    """Where a program of Debian's is."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/lib/git-core")
    assert path, f"{name} is not installed"
    return path
