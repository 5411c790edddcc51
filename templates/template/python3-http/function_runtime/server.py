"""uvicorn, with an end of our own.

It knows SIGTERM and SIGINT, and how the watchdog in front of it stops.
It refuses to close while requests may still come, and to end before those that came are answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import signal
from collections.abc import Iterator

import uvicorn

from .lifecycle import Function
from .settings import Settings

logger = logging.getLogger("function")

# What the watchdog lets pass unless `max_header_bytes` says otherwise; h11's own limit is 16 KiB.
HEAD = 1024 * 1024


class Server(uvicorn.Server):
    """A server that is told to stop by us alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def stop_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.should_exit = True


def config(function: Function, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        function.app,
        host=settings.host,
        port=settings.port,
        # httptools knows a list of verbs and refuses the others; h11 takes any, and leaves the path as it came.
        http="h11",
        h11_max_incomplete_event_size=HEAD,
        lifespan="auto" if function.is_asgi else "off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=math.ceil(settings.shutdown_timeout),
    )


async def serve(function: Function, settings: Settings) -> None:
    """From init to shutdown: the port opens after the one, and the other runs when everything is answered."""
    server = Server(config(function, settings))
    stopping: list[asyncio.Task] = []

    def stop(seconds: float) -> None:
        function.app.draining = True
        stopping.append(asyncio.create_task(server.stop_after(seconds)))

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(unawaited)
    await function.init()
    loop.add_signal_handler(signal.SIGTERM, stop, settings.drain_delay)
    loop.add_signal_handler(signal.SIGINT, stop, 0.0)
    await server.serve()
    await function.shutdown()
    for task in stopping:
        task.cancel()


def unawaited(loop: asyncio.AbstractEventLoop, context: dict) -> None:
    """What nobody awaits has failed on its own: it is told, and costs no request."""
    logger.error("in the background: %s", context["message"], exc_info=context.get("exception"))
