"""A function's module and its hooks.

It knows init, ready and shutdown, plain or async, and where an application comes from.
It refuses to know when they are called.
"""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from typing import Any

from .guard import Guard
from .handlers import Handlers
from .settings import Settings


@dataclass
class Function:
    """What is served, and the module that it came from."""

    module: Any
    app: Guard
    # Whether it is an application with a lifespan of its own.
    is_asgi: bool

    async def init(self) -> None:
        await self.hook("init")

    async def ready(self) -> bool:
        return await self.hook("ready") is not False

    async def shutdown(self) -> None:
        await self.hook("shutdown")

    async def hook(self, name: str) -> Any:
        hook = getattr(self.module, name, None)
        value = None if hook is None else hook()
        return await value if inspect.isawaitable(value) else value


def load(kind: str, settings: Settings) -> Function:
    """function/handler.py: for `http` it has handle(event, context), for `asgi` an ASGI application."""
    module = importlib.import_module("function.handler")
    if kind == "http":
        app = Handlers(module, settings)
    elif callable(getattr(module, "app", None)):
        app = module.app
    else:
        raise LookupError("function/handler.py has no ASGI application `app`")
    function = Function(module, Guard(app, settings), kind == "asgi")
    function.app.ready = function.ready
    return function
