"""What every request goes through, whatever answers it: probes, call id, deadline, limit, errors.

It knows ASGI, and that an answer is either not begun, when everything can still be told, or under way, when it can only be cut.
It refuses to read a body: that is for what is behind it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from . import log
from .answers import HttpError
from .context import Context
from .heartbeat import Heartbeat, is_events
from .settings import Settings, duration

logger = logging.getLogger("function")

# The watchdog answers first; we are there for when it does not.
GRACE = 0.5
# So much of a body that is too large is read before it is refused: a proxy would take an early answer for a failure.
DRAINED = 256 * 1024 * 1024


class TooLarge(HttpError):
    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is larger than {limit} bytes")


class Exchange:
    """One request and its answer, seen from between the server and the application."""

    def __init__(self, receive: Callable, send: Callable, context: Context, settings: Settings) -> None:
        self._receive = receive
        self._send = send
        self.settings = settings
        self.context = context
        self.limit = settings.max_body_bytes
        self.read = 0
        self.body_ended = False
        self.too_large = False
        self.started = False
        self.refused = False
        self.complete = False
        self.ended = asyncio.Event()
        self.gone = asyncio.Event()
        self.watcher: asyncio.Task | None = None
        self.heartbeat: Heartbeat | None = None
        self.opening: dict[str, Any] | None = None

    async def open(self) -> None:
        """Where there is no body to come, the client is watched from the beginning, whether or not the application reads."""
        self.opening = await self.receive()

    async def receive(self) -> dict[str, Any]:
        if self.opening is not None:
            message, self.opening = self.opening, None
            return message
        if self.body_ended:
            await self.ended.wait()
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.leave()
            return message
        self.read += len(message.get("body", b""))
        if not message.get("more_body"):
            self.body_ended = True
            self.watcher = asyncio.create_task(self.watch())
        if self.limit and self.read > self.limit:
            self.too_large = True
            raise TooLarge(self.limit)
        return message

    async def watch(self) -> None:
        """After the body, all that can come is the news that it is over: the client has its answer, or has gone."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.leave()

    def leave(self) -> None:
        self.body_ended = True
        self.ended.set()
        if not self.complete:
            self.gone.set()
            self.context.cancel("the client has gone")

    async def drain(self) -> None:
        while not self.body_ended and self.read <= DRAINED:
            message = await self._receive()
            self.read += len(message.get("body", b""))
            self.body_ended = not message.get("more_body")

    async def send(self, message: dict[str, Any]) -> None:
        if self.refused:
            return
        if self.too_large and not self.started:
            # The application made something of its own out of the error that it got.
            raise TooLarge(self.limit)
        if is_events(message):
            self.heartbeat = Heartbeat(self._send, self.settings.sse_heartbeat)
            self._send = self.heartbeat.send
        self.started = True
        self.complete = message["type"] == "http.response.body" and not message.get("more_body")
        await self._send(message)

    async def refuse(self, status: int, error: dict[str, str]) -> None:
        body = json.dumps(error, ensure_ascii=False).encode()
        self.started = self.refused = True
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def close(self) -> None:
        if self.watcher is not None:
            self.watcher.cancel()
        if self.heartbeat is not None:
            self.heartbeat.stop()


async def always() -> bool:
    return True


class Guard:
    """An ASGI application in front of another one."""

    def __init__(self, app: Callable, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.ready: Callable[[], Awaitable[bool]] = always
        self.draining = False

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                scope.setdefault("state", {})["context"] = Context(call_id_of(scope))
            await self.app(scope, receive, send)
            return
        if scope["raw_path"] in (b"/_/ready", b"/_/health"):
            await self.probe(scope["raw_path"] == b"/_/ready", Exchange(receive, send, Context(""), self.settings))
            return
        seconds = time_given(scope, self.settings.exec_timeout)
        context = Context(call_id_of(scope), seconds)
        exchange = Exchange(receive, send, context, self.settings)
        log.call_id.set(context.call_id)
        scope.setdefault("state", {})["context"] = context
        try:
            if not field(scope, b"content-length") and not field(scope, b"transfer-encoding"):
                await exchange.open()
            await self.answered(scope, exchange, None if seconds is None else seconds + GRACE)
        finally:
            exchange.close()

    async def probe(self, asks_ready: bool, exchange: Exchange) -> None:
        try:
            well = not asks_ready or (not self.draining and await self.ready())
        except Exception:
            logger.exception("ready failed")
            well = False
        await exchange.refuse(200 if well else 503, {"status": "ok" if well else "not ready"})

    async def answered(self, scope: dict, exchange: Exchange, limit: float | None) -> None:
        """Runs the application until it has answered, its time is over or its client has gone."""
        work = asyncio.create_task(contained(self.app(scope, exchange.receive, exchange.send)))
        work.add_done_callback(looked_at)
        gone = asyncio.create_task(exchange.gone.wait())
        try:
            await asyncio.wait((work, gone), timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if exchange.started:
                # What streams has begun in time. Its silences are the watchdog's to judge.
                await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                exchange.context.cancel("the time is over")
                work.cancel()
                await asyncio.wait((work,), timeout=GRACE)
                if not gone.done():
                    await exchange.refuse(504, self.told("the function took too long", exchange.context))
            elif not gone.done() and (error := work.exception()):
                await self.failed(error, exchange)
        finally:
            gone.cancel()
            work.cancel()

    async def failed(self, error: BaseException, exchange: Exchange) -> None:
        if isinstance(error, HttpError) and not exchange.started:
            await exchange.drain()
            await exchange.refuse(error.status, self.told(str(error), exchange.context))
            return
        logger.error("uncaught %s", type(error).__name__, exc_info=error)
        if exchange.complete:
            return
        if exchange.started:
            raise log.Broken
        told = self.told("internal error", exchange.context)
        if self.settings.debug_errors:
            told["detail"] = repr(error)
        await exchange.refuse(500, told)

    def told(self, text: str, context: Context) -> dict[str, str]:
        return {"error": text, "callId": context.call_id}


class Left(Exception):
    """Something that tried to end the process, which serves other callers too, or cancelled itself."""


async def contained(waiting: Any) -> None:
    """What is awaited here fails like anything else when it calls `sys.exit`. That it was cancelled from outside is no failure."""
    try:
        await waiting
    except (SystemExit, KeyboardInterrupt) as error:
        raise Left(repr(error)) from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise Left(repr(error)) from error


def looked_at(work: asyncio.Task) -> None:
    """How it ended where nobody waited for it is no news."""
    if not work.cancelled():
        work.exception()


def field(scope: dict, name: bytes) -> str:
    return next((value.decode("latin-1") for known, value in scope["headers"] if known == name), "")


def call_id_of(scope: dict) -> str:
    return field(scope, b"x-call-id") or str(uuid.uuid4())


def time_given(scope: dict, most: float | None) -> float | None:
    """The caller may ask for less time than there is, and for nothing else."""
    try:
        asked = duration(field(scope, b"x-timeout")) or None
    except ValueError:
        asked = None
    if most is None or asked is None:
        return most
    return min(asked, most)
