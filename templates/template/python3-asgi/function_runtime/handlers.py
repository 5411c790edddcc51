"""handle(event, context) as an ASGI application.

It knows plain functions, which run in threads, coroutines, generators of both kinds, and on_cloudevent.
It refuses to let anything that a handler raises end the process.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from . import cloudevents, streams
from .answers import BODILESS, BYTES, Answer, HttpError, answer
from .context import Context
from .events import Event, Headers
from .guard import Left
from .settings import Settings


class Threads:
    """A pool of a known size, in which the call id is known."""

    def __init__(self, size: int) -> None:
        self.pool = ThreadPoolExecutor(size, thread_name_prefix="handler")

    async def __call__(self, function: Callable, *words: Any) -> Any:
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.pool, context.run, contained, function, *words)


def contained(function: Callable, *words: Any) -> Any:
    try:
        return function(*words)
    except (SystemExit, KeyboardInterrupt) as error:
        raise Left(repr(error)) from error
    except StopIteration as error:
        # It would end somebody else's loop.
        raise RuntimeError("StopIteration from a handler") from error


class Handlers:
    """What a function's module has to offer to requests."""

    def __init__(self, module: Any, settings: Settings) -> None:
        self.handle = getattr(module, "handle", None)
        self.on_cloudevent = getattr(module, "on_cloudevent", None)
        if not callable(self.handle) and not callable(self.on_cloudevent):
            raise LookupError("function/handler.py has neither handle(event, context) nor on_cloudevent(event, context)")
        self.settings = settings
        self.threads = Threads(settings.threads)

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        context: Context = scope["state"]["context"]
        body = await whole(receive)
        headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])
        how = cloudevents.mode(headers) if self.on_cloudevent else ""
        if how:
            reply = await self.carried(how, headers, body, context)
        elif self.handle:
            event = Event(scope["method"], scope["raw_path"], scope["query_string"], headers, body)
            reply = answer(await self.called(self.handle, event, context))
        else:
            raise HttpError(415, "a CloudEvent is expected")
        await self.sent(reply, send)

    async def carried(self, how: str, headers: Headers, body: bytes, context: Context) -> Answer:
        """Each event to the handler, in order; what it returns goes back the way they came."""
        replies = []
        for event in cloudevents.decode(how, headers, body):
            reply = await self.called(self.on_cloudevent, event, context)
            if isinstance(reply, cloudevents.CloudEvent):
                replies.append(reply)
            elif reply is not None:
                raise TypeError(f"on_cloudevent returned {type(reply).__name__}: a CloudEvent or None is expected")
        return cloudevents.encode(how, replies) if replies else Answer(204)

    async def called(self, handler: Callable, event: Any, context: Context) -> Any:
        if inspect.iscoroutinefunction(handler):
            return await handler(event, context)
        value = await self.threads(handler, event, context)
        return await value if inspect.isawaitable(value) else value

    async def sent(self, reply: Answer, send: Callable) -> None:
        if reply.pieces is None:
            body = b"" if reply.status in BODILESS else reply.body
            await send(head(reply, None if reply.status in BODILESS else len(body)))
            await send({"type": "http.response.body", "body": body})
            return
        pieces = streams.asynchronous(reply.pieces, self.threads)
        # The head of an event stream does not wait for its first event. Any other can still become an error until then.
        if not reply.is_events:
            first, pieces = await streams.begun(pieces)
            if reply.header("content-type") is None:
                reply.headers.append(("content-type", "text/plain; charset=utf-8" if isinstance(first, str) else BYTES))
        try:
            await send(head(reply, None))
            async for piece in pieces:
                await send({"type": "http.response.body", "body": streams.encoded(piece), "more_body": True})
        finally:
            await pieces.aclose()
        await send({"type": "http.response.body", "body": b""})


async def whole(receive: Callable) -> bytes:
    pieces = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise asyncio.CancelledError
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)


def head(reply: Answer, length: int | None) -> dict[str, Any]:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return {"type": "http.response.start", "status": reply.status, "headers": headers}
