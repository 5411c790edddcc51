"""What a handler is told beside the request: whose call it is, how long it has, whether anybody still waits.

It knows the clock and the folder of secrets.
It refuses to stop a handler that does not look: a thread cannot be stopped from outside.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
import time
from pathlib import Path

logger = logging.getLogger("function")
FOLDER = "/var/openfaas/secrets"


def secret(name: str) -> str:
    """The secret of that name, without the newline at its end."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError(f"secret {name!r}: a name has letters, digits, '.', '_' and '-' only")
    path = Path(os.environ.get("secret_mount_path") or FOLDER) / name
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except FileNotFoundError:
        raise LookupError(f"secret {name!r} is not mounted at {path.parent}") from None


class Context:
    """One call."""

    def __init__(self, call_id: str, seconds: float | None = None) -> None:
        self.call_id = call_id
        self.hostname = socket.gethostname()
        self.log = logger
        self.secret = secret
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._cancelled = threading.Event()
        self.reason = ""

    @property
    def deadline(self) -> float | None:
        """When the time is over, as `time.monotonic()` counts; None where there is no limit."""
        return self._deadline

    def remaining(self) -> float | None:
        """Seconds that are left, never under 0; None where there is no limit."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more: the client has gone, or the time is over."""
        return self._cancelled.is_set()

    def wait_cancelled(self, seconds: float | None = None) -> bool:
        """For handlers in threads: a sleep that ends early when nobody waits any more; whether it did."""
        return self._cancelled.wait(seconds)

    def cancel(self, reason: str) -> None:
        """Called by the runtime."""
        self.reason = self.reason or reason
        self._cancelled.set()
