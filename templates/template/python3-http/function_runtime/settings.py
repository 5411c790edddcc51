"""What the environment says. Only `secret`, which a function calls, reads it elsewhere.

It knows the watchdog's spelling of durations and sizes, since both read the same variables.
It refuses to guess: a value that it cannot read ends the start with one line that names it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

MIB = 1024 * 1024
UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
SCALES = {"": 1, "k": 1000, "M": 1000**2, "G": 1000**3, "Ki": 1024, "Mi": MIB, "Gi": 1024**3}


class BadSetting(ValueError):
    """A variable whose value cannot be meant."""


def duration(text: str) -> float:
    """Seconds of `30`, `500ms` or `1m30s`."""
    if re.fullmatch(r"\d+", text):
        return float(text)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError("a duration is seconds (30), or 500ms, 1m30s, 1h")
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def size(text: str) -> int:
    """Bytes of `10485760`, `10M` or `10Mi`."""
    match = re.fullmatch(r"(\d+)(k|M|G|Ki|Mi|Gi)?", text)
    if not match:
        raise ValueError("a number of bytes may end in k, M, G, Ki, Mi or Gi")
    return int(match[1]) * SCALES[match[2] or ""]


def count(text: str) -> int:
    """A whole number over 0."""
    if not re.fullmatch(r"[1-9]\d*", text):
        raise ValueError("a whole number over 0 is expected")
    return int(text)


def flag(text: str) -> bool:
    """The watchdog's words for yes and no."""
    word = text.lower()
    if word in ("true", "1", "t"):
        return True
    if word in ("false", "0", "f"):
        return False
    raise ValueError("true or false is expected")


def port(url: str) -> int:
    """The port of the `upstream_url` that the watchdog was given: that is where it will look for us."""
    found = urlsplit(url).port
    if not found:
        raise ValueError("http://127.0.0.1:PORT is expected")
    return found


@dataclass(frozen=True)
class Settings:
    """Every setting of the runtime; their meaning stands in templates/README.md."""

    host: str = "127.0.0.1"
    port: int = 8080
    exec_timeout: float | None = None
    max_body_bytes: int = 10 * MIB
    threads: int = 32
    drain_delay: float = 0.0
    shutdown_timeout: float = 20.0
    sse_heartbeat: float = 15.0
    log_json: bool = False
    debug_errors: bool = False
    function: str = ""


class Reader:
    """Variables, of which the first that is set counts; an empty one is none."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def text(self, *names: str) -> str:
        return next((self.environ[name] for name in names if self.environ.get(name)), "")

    def value(self, parse, default, *names: str):
        name = next((name for name in names if self.environ.get(name)), None)
        if name is None:
            return default
        try:
            return parse(self.environ[name])
        except ValueError as error:
            raise BadSetting(f"{name}={self.environ[name]!r}: {error}") from None


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process."""
    reader = Reader(environ)
    url = reader.text("upstream_url", "http_upstream_url")
    write_timeout = reader.value(duration, 30.0, "write_timeout")
    # A watchdog that has drained before it tells us to stop leaves us nothing to wait for. One that passes SIGTERM on at once goes on
    # sending requests for that long.
    drained = reader.text("term_signal_timing") == "after_drain"
    return Settings(
        host="127.0.0.1" if url else "0.0.0.0",  # noqa: S104 - without a watchdog this is the function's front door
        port=reader.value(port, 8080, "upstream_url", "http_upstream_url") if url else reader.value(count, 8080, "port"),
        exec_timeout=reader.value(duration, None, "exec_timeout") or None,
        max_body_bytes=reader.value(size, 10 * MIB, "max_body_bytes"),
        threads=reader.value(count, 32, "threads"),
        drain_delay=0.0 if drained else reader.value(duration, write_timeout, "drain_delay", "healthcheck_interval"),
        shutdown_timeout=reader.value(duration, write_timeout or 20.0, "shutdown_timeout"),
        sse_heartbeat=reader.value(duration, 15.0, "sse_heartbeat"),
        log_json=reader.text("log_format") == "json",
        debug_errors=reader.value(flag, False, "debug_errors"),
        function=reader.text("OPENFAAS_NAME"),
    )
