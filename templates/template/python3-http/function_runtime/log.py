"""The runtime's own lines on stderr, one write each.

It knows the call id of the request at hand, and the two shapes that the watchdog's `log_format` names.
It refuses lines that a log pump could choke on: longer ones are split.
"""

from __future__ import annotations

import contextvars
import json
import logging
import sys

LONGEST = 32 * 1024
call_id: contextvars.ContextVar[str] = contextvars.ContextVar("call_id", default="")


class Broken(Exception):
    """Cuts an answer that is already under way. What went wrong has been logged."""


class Lines(logging.Handler):
    """Text or JSON lines with the call id."""

    def __init__(self, *, as_json: bool, function: str) -> None:
        super().__init__()
        self.as_json = as_json
        self.function = function
        self.traces = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.traces.formatException(record.exc_info)
        if record.exc_info and isinstance(record.exc_info[1], Broken):
            return
        lines = [self.shaped(record, piece) for piece in pieces(text, lines=not self.as_json)]
        sys.stderr.write("".join(line + "\n" for line in lines))
        sys.stderr.flush()

    def shaped(self, record: logging.LogRecord, text: str) -> str:
        current = call_id.get()
        if not self.as_json:
            return f"{record.levelname} {text}" + (f" [{current}]" if current else "")
        fields = {"level": record.levelname.lower(), "msg": text}
        if current:
            fields["callId"] = current
        if self.function:
            fields["function"] = self.function
        return json.dumps(fields, ensure_ascii=False)


def pieces(text: str, *, lines: bool) -> list[str]:
    """The text in parts of which none is too long: its lines, or the whole of it."""
    parts = text.splitlines() or [""] if lines else [text]
    return [part[at : at + LONGEST] for part in parts for at in range(0, len(part) or 1, LONGEST)]


def install(*, as_json: bool, function: str) -> None:
    """Everything that is logged in this process goes through here, the function's own `logging` as well."""
    logging.basicConfig(level=logging.INFO, handlers=[Lines(as_json=as_json, function=function)], force=True)
    # What it has to say at these levels are its own start and stop.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
