"""Serves a Python function over HTTP behind a watchdog.

It knows handlers of the form handle(event, context), ASGI applications, and the lifecycle that both share.
It refuses to know what a function is about.
"""

from .answers import HttpError
from .cloudevents import CloudEvent
from .context import Context, secret
from .events import Event

__all__ = ["CloudEvent", "Context", "Event", "HttpError", "secret"]
