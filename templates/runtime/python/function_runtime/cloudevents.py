"""CloudEvents 1.0 over HTTP: binary, structured and in batches, in and out.

It knows the JSON format and the HTTP binding of the specification.
It refuses what lacks a required attribute or has another version: that is a 400 with the attribute's name.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from .answers import Answer, HttpError
from .events import Headers

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
REQUIRED = ("id", "source", "type")
NAME = re.compile(r"[a-z0-9]+")
# What a header can hold as it is, by the HTTP binding (3.1.3.2).
PLAIN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


@dataclass
class CloudEvent:
    """One event: its attributes, extensions among them, and its data as JSON values, text or bytes."""

    attributes: dict[str, str]
    data: Any = None
    # Which attribute stands for what is the specification's; these are the ones that everybody reads.
    id: str = field(init=False)
    source: str = field(init=False)
    type: str = field(init=False)

    def __post_init__(self) -> None:
        self.attributes = {"specversion": "1.0", **self.attributes}
        self.id, self.source, self.type = (self.attributes.get(name, "") for name in REQUIRED)


def mode(headers: Headers) -> str:
    """How the request carries events: binary, structured, batch, or not at all."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == STRUCTURED:
        return "structured"
    if kind == BATCH:
        return "batch"
    return "binary" if "ce-specversion" in headers else ""


def decode(how: str, headers: Headers, body: bytes) -> list[CloudEvent]:
    """The events of a request, which came in that mode."""
    if how == "binary":
        return [from_binary(headers, body)]
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise HttpError(400, "CloudEvents: the body is not JSON") from None
    if how == "structured":
        return [from_json(value)]
    if not isinstance(value, list):
        raise HttpError(400, "CloudEvents: a batch is a JSON array")
    return [from_json(one) for one in value]


def from_binary(headers: Headers, body: bytes) -> CloudEvent:
    attributes = {name.lower()[3:]: unquote(value) for name, value in headers.items() if name.lower().startswith("ce-")}
    kind = headers.get("content-type", "")
    if kind:
        attributes["datacontenttype"] = kind
    return CloudEvent(checked(attributes), typed(body, kind) if body else None)


def from_json(value: Any) -> CloudEvent:
    if not isinstance(value, dict):
        raise HttpError(400, "CloudEvents: an event is a JSON object")
    data = value.pop("data", None)
    encoded = value.pop("data_base64", None)
    if encoded is not None:
        try:
            data = base64.b64decode(encoded, validate=True)
        except (TypeError, ValueError):
            raise HttpError(400, "CloudEvents: data_base64 is not base64") from None
    attributes = {name: text(one) for name, one in value.items() if one is not None}
    return CloudEvent(checked(attributes), data)


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def checked(attributes: dict[str, str]) -> dict[str, str]:
    if attributes.get("specversion") != "1.0":
        raise HttpError(400, f"CloudEvents: specversion {attributes.get('specversion')!r}: 1.0 is expected")
    for name in REQUIRED:
        if not attributes.get(name):
            raise HttpError(400, f"CloudEvents: the attribute {name!r} is missing")
    for name in attributes:
        if not NAME.fullmatch(name):
            raise HttpError(400, f"CloudEvents: attribute name {name!r}: lower case letters and digits are expected")
    return attributes


def is_json(kind: str) -> bool:
    media = kind.partition(";")[0].strip().lower()
    return media.endswith(("/json", "+json"))


def typed(body: bytes, kind: str) -> Any:
    """Data by its type: JSON values, text, or bytes."""
    if is_json(kind):
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise HttpError(400, "CloudEvents: the data is not JSON") from None
    if kind.lower().startswith("text/"):
        return body.decode("utf-8", "replace")
    return body


def encode(how: str, events: list[CloudEvent]) -> Answer:
    """An answer that carries these events the way those of the request came."""
    if how == "batch":
        body = json.dumps([to_json(event) for event in events], ensure_ascii=False).encode()
        return Answer(200, [("content-type", BATCH)], body)
    if not events:
        return Answer(204)
    if how == "structured":
        return Answer(200, [("content-type", STRUCTURED)], json.dumps(to_json(events[0]), ensure_ascii=False).encode())
    event = events[0]
    headers = [("ce-" + name, quote(value, safe=PLAIN)) for name, value in event.attributes.items()]
    kind = event.attributes.get("datacontenttype") or natural(event.data)
    headers = [pair for pair in headers if pair[0] != "ce-datacontenttype"]
    if kind and event.data is not None:
        headers.append(("content-type", kind))
    return Answer(200, headers, raw(event.data, kind))


def natural(data: Any) -> str:
    if isinstance(data, (bytes, bytearray)):
        return "application/octet-stream"
    return "text/plain; charset=utf-8" if isinstance(data, str) else "application/json"


def raw(data: Any, kind: str) -> bytes:
    if data is None:
        return b""
    if isinstance(data, (bytes, bytearray)):
        return bytes(data)
    if isinstance(data, str) and not is_json(kind):
        return data.encode()
    return json.dumps(data, ensure_ascii=False).encode()


def to_json(event: CloudEvent) -> dict[str, Any]:
    value: dict[str, Any] = dict(event.attributes)
    if isinstance(event.data, (bytes, bytearray)):
        value["data_base64"] = base64.b64encode(event.data).decode()
    elif event.data is not None:
        value["data"] = event.data
    return value
