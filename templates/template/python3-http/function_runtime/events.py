"""The request as a handler sees it.

It knows fields and parameters that repeat, and keeps the bytes and the path as they came.
It refuses to change what was sent: texts are views of it.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterator, Mapping
from email.message import Message
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from .answers import HttpError


class Pairs(Mapping[str, str]):
    """Names with values that may repeat. As a mapping it has the first value of each."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def key(self, name: str) -> str:
        return name

    def items(self) -> list[tuple[str, str]]:  # type: ignore[override]
        """Every pair, in order, repeated names as well."""
        return list(self._pairs)

    def getlist(self, name: str) -> list[str]:
        """Every value of that name."""
        wanted = self.key(name)
        return [value for name, value in self._pairs if self.key(name) == wanted]

    def __getitem__(self, name: str) -> str:
        wanted = self.key(name)
        for known, value in self._pairs:
            if self.key(known) == wanted:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for name, _ in self._pairs))

    def __len__(self) -> int:
        return len(dict.fromkeys(self.key(name) for name, _ in self._pairs))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._pairs!r})"


class Headers(Pairs):
    """Fields of a request: the same name in any case, shown as `Content-Type`."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__([(name.title(), value) for name, value in pairs])

    def key(self, name: str) -> str:
        return name.lower()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.getlist(name))


class Event:
    """A request. `body` is bytes, whatever its type says."""

    def __init__(self, method: str, target: bytes, query: bytes, headers: Headers, body: bytes) -> None:
        self.method = method
        self.path = target.decode("latin-1")
        self.raw_query = query.decode("latin-1")
        self.headers = headers
        self.body = body

    @cached_property
    def decoded_path(self) -> str:
        return unquote(self.path)

    @cached_property
    def query(self) -> Pairs:
        """Parameters by name; `getlist` has those that repeat."""
        return Pairs(parse_qsl(self.raw_query, keep_blank_values=True))

    @cached_property
    def text(self) -> str:
        """The body by the charset that its type names, or UTF-8; what is none is replaced."""
        message = Message()
        message["content-type"] = self.headers.get("content-type", "")
        try:
            return self.body.decode(message.get_content_charset() or "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON; where it is none, and nobody catches that, the caller is answered 400."""
        try:
            return jsonlib.loads(self.body)
        except (ValueError, RecursionError):
            raise HttpError(400, "the body is not JSON") from None
