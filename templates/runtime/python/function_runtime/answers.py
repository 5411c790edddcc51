"""What a handler returns, made into one shape.

It knows the dict of the official template, Flask's tuples and responses, and plain values.
It refuses fields that would break the message: a line end in a value is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

TEXT = "text/html; charset=utf-8"
JSON = "application/json"
BYTES = "application/octet-stream"
STRUCTURED = frozenset(("statusCode", "headers", "body"))
# How the message is framed is the server's business.
FRAMING = frozenset(("content-length", "transfer-encoding", "connection", "keep-alive"))
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
BODILESS = frozenset((204, 304))

Pairs = list[tuple[str, str]]


class HttpError(Exception):
    """An answer that a handler raises: the message is for the caller."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Answer:
    """A status, fields in order, and bytes or pieces that come one by one."""

    status: int = 200
    headers: Pairs = field(default_factory=list)
    body: bytes = b""
    pieces: Iterator[Any] | AsyncIterator[Any] | None = None

    def header(self, name: str) -> str | None:
        return next((value for known, value in self.headers if known.lower() == name), None)

    @property
    def is_events(self) -> bool:
        return (self.header("content-type") or "").lower().startswith("text/event-stream")


def answer(value: Any) -> Answer:
    """The answer that a handler's value stands for."""
    if isinstance(value, Answer):
        return value
    if isinstance(value, dict) and not STRUCTURED.isdisjoint(value):
        headers = fields(value.get("headers"))
        return made(value.get("body"), status(value.get("statusCode", 200)), headers)
    if isinstance(value, tuple):
        return from_tuple(value)
    if hasattr(value, "iter_encoded") and hasattr(value, "status_code"):
        # A response of Flask or Werkzeug, told by its shape: neither is among our dependencies.
        return made(value.iter_encoded(), status(value.status_code), fields(list(value.headers.items())))
    return made(value, 200, [])


def from_tuple(value: tuple) -> Answer:
    """Flask's (body, status), (body, headers) and (body, status, headers)."""
    if len(value) == 3:
        return made(value[0], status(value[1]), fields(value[2]))
    if len(value) == 2 and isinstance(value[1], (dict, list)):
        return made(value[0], 200, fields(value[1]))
    if len(value) == 2:
        return made(value[0], status(value[1]), [])
    raise TypeError(f"a tuple of {len(value)} is no answer: (body, status, headers) is expected")


def made(body: Any, code: int, headers: Pairs) -> Answer:
    reply = Answer(code, headers)
    kind = JSON
    if body is None:
        return reply
    if isinstance(body, (bytes, bytearray, memoryview)):
        reply.body, kind = bytes(body), BYTES
    elif isinstance(body, str):
        reply.body, kind = body.encode(), TEXT
    elif isinstance(body, (dict, list, int, float)):
        reply.body = json.dumps(body, ensure_ascii=False).encode()
    elif isinstance(body, Iterable) and not isinstance(body, Mapping):
        reply.pieces, kind = iter(body), ""
    elif hasattr(body, "__aiter__"):
        reply.pieces, kind = aiter(body), ""
    else:
        reply.body = json.dumps(body, ensure_ascii=False).encode()
    if kind and reply.header("content-type") is None:
        reply.headers.append(("content-type", kind))
    return reply


def status(value: Any) -> int:
    """A status that a final answer can have."""
    code = int(value)
    if not 200 <= code <= 599:
        raise ValueError(f"status {code}: 200 to 599 is expected")
    return code


def fields(value: Any) -> Pairs:
    """Fields of a dict, whose values may be lists, or of a list of pairs; those that frame the message are left out."""
    if value is None:
        return []
    if not isinstance(value, Mapping):
        return checked([(str(name), str(one)) for name, one in value])
    pairs: Pairs = []
    for name, some in value.items():
        for one in some if isinstance(some, (list, tuple)) else [some]:
            pairs.append((str(name), str(one)))
    return checked(pairs)


def checked(pairs: Pairs) -> Pairs:
    for name, value in pairs:
        if not TOKEN.fullmatch(name):
            raise ValueError(f"header name {name!r}: a token is expected")
        if re.search(r"[\r\n\0]", value):
            raise ValueError(f"header {name}: a value has no line end")
    return [(name, value.strip()) for name, value in pairs if name.lower() not in FRAMING]
