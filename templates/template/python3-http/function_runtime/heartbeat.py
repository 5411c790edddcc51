"""An event stream on its way to the client.

It knows what such a stream needs to live: a head that leaves at once, proxies that do not collect it, and no long silence.
It refuses to break into an event: a comment goes between lines alone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

COMMENT = {"type": "http.response.body", "body": b":\n\n", "more_body": True}
NEEDED = ((b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no"))


def is_events(message: dict[str, Any]) -> bool:
    """Whether this is the head of an event stream."""
    if message["type"] != "http.response.start":
        return False
    kinds = [value for name, value in message.get("headers", ()) if name.lower() == b"content-type"]
    return any(kind.lower().startswith(b"text/event-stream") for kind in kinds)


class Heartbeat:
    """Sends what it is given, and a comment at first and in every silence."""

    def __init__(self, send: Callable, seconds: float) -> None:
        self._send = send
        self.seconds = seconds
        self.lock = asyncio.Lock()
        self.spoke = asyncio.Event()
        self.line_open = False
        self.beating: asyncio.Task | None = None

    async def send(self, message: dict[str, Any]) -> None:
        async with self.lock:
            if message["type"] == "http.response.start":
                await self.begin(message)
                return
            self.spoke.set()
            if body := message.get("body", b""):
                self.line_open = not body.endswith(b"\n")
            if not message.get("more_body"):
                self.stop()
            await self._send(message)

    async def begin(self, message: dict[str, Any]) -> None:
        headers = list(message.get("headers", ()))
        known = [name.lower() for name, _ in headers]
        headers += [pair for pair in NEEDED if pair[0] not in known]
        await self._send({**message, "headers": headers})
        await self._send(COMMENT)
        if self.seconds:
            self.beating = asyncio.create_task(self.beat())

    async def beat(self) -> None:
        while True:
            self.spoke.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.spoke.wait(), self.seconds)
                continue
            async with self.lock:
                if not self.line_open:
                    await self._send(COMMENT)

    def stop(self) -> None:
        if self.beating is not None:
            self.beating.cancel()
