"""Answers that come piece by piece.

It knows generators, of either kind.
It refuses to read ahead: a piece is asked for when the one before it has been taken.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

END = object()

Threads = Callable[..., Awaitable[Any]]


def encoded(piece: Any) -> bytes:
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(piece)
    if isinstance(piece, str):
        return piece.encode()
    return json.dumps(piece, ensure_ascii=False).encode() + b"\n"


async def asynchronous(pieces: Iterator[Any] | AsyncIterator[Any], threads: Threads) -> AsyncIterator[Any]:
    """The pieces; those of a plain generator are made in a thread, which may block."""
    try:
        if hasattr(pieces, "__anext__"):
            async for piece in pieces:
                yield piece
        else:
            while (piece := await threads(next, pieces, END)) is not END:
                yield piece
    finally:
        await closed(pieces, threads)


async def closed(pieces: Any, threads: Threads) -> None:
    """Its `finally` runs, also where nobody wants the rest."""
    if hasattr(pieces, "aclose"):
        await pieces.aclose()
    elif hasattr(pieces, "close"):
        # One that is at work in its thread cannot be closed. When it yields there, nothing holds it any more, and it is.
        with contextlib.suppress(ValueError):
            await threads(pieces.close)


async def begun(pieces: AsyncIterator[Any]) -> tuple[Any, AsyncIterator[Any]]:
    """The first piece, before which everything can still become a proper error, and all of them."""
    first = await anext(pieces, END)

    async def whole() -> AsyncIterator[Any]:
        try:
            if first is not END:
                yield first
                async for piece in pieces:
                    yield piece
        finally:
            await pieces.aclose()

    return first, whole()
