"""ASGI applications over a real socket."""

from __future__ import annotations

import http.client

import pytest
from conftest import until

APP = """
    import asyncio
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, StreamingResponse
    from starlette.routing import Route
    import contextlib

    @contextlib.asynccontextmanager
    async def lifespan(app):
        app.state.begun = True
        yield
        print("lifespan over", flush=True)

    async def echo(request):
        body = await request.body()
        context = request.state.context
        return JSONResponse({"size": len(body), "id": context.call_id, "path": request.scope["raw_path"].decode(),
                             "begun": request.app.state.begun})

    async def fail(request):
        raise ValueError("s3cret")

    async def late(request):
        async def pieces():
            yield b"one"
            raise ValueError("late")
        return StreamingResponse(pieces())

    async def slow(request):
        try:
            await asyncio.sleep(20)
        finally:
            print("cancelled", request.state.context.cancelled, flush=True)

    verbs = ["GET", "POST"]
    app = Starlette(routes=[Route("/fail", fail), Route("/late", late), Route("/slow", slow),
                            Route("/{rest:path}", echo, methods=verbs)], lifespan=lifespan)
"""


def test_an_application_is_served_with_its_lifespan(serve):
    served = serve(APP, "asgi")
    value = served.ask("POST", "/a%2fb//c", b"12345", {"X-Call-Id": "c-1"}).value()
    assert value == {"size": 5, "id": "c-1", "path": "/a%2fb//c", "begun": True}
    assert served.stop() == 0
    assert "lifespan over" in served.text()


def test_a_failure_is_a_500_that_tells_nothing(serve):
    answer = serve(APP, "asgi").ask("GET", "/fail", headers={"X-Call-Id": "c-2"})
    assert answer.status == 500
    assert b"s3cret" not in answer.body


def test_a_failure_under_way_cuts_the_answer(serve):
    with pytest.raises(http.client.IncompleteRead):
        serve(APP, "asgi").ask("GET", "/late")


def test_a_body_that_is_too_large_is_refused_whatever_the_application_makes_of_it(serve):
    assert serve(APP, "asgi", max_body_bytes="1k").ask("POST", "/", b"x" * 2000).status == 413


def test_a_deadline_cancels_the_application(serve):
    served = serve(APP, "asgi", exec_timeout="200ms")
    assert served.ask("GET", "/slow").status == 504
    until(lambda: "cancelled True" in served.text(), "an application that was cancelled")


def test_a_module_without_an_application_ends_the_start(serve):
    served = serve("x = 1\n", "asgi", waits=False)
    assert served.process.wait(20) == 1
    assert "no ASGI application `app`" in served.text()


def test_what_fails_after_the_answer_is_told_and_costs_nothing(serve):
    source = """
        async def app(scope, receive, send):
            assert (await receive())["type"] == "http.request"
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"whole"})
            assert (await receive())["type"] == "http.disconnect"
            raise ValueError("afterwards")
    """
    served = serve(source, "asgi")
    assert served.ask("GET", "/").body == b"whole"
    until(lambda: "ValueError: afterwards" in served.text(), "the failure in the log")


def test_an_application_without_a_lifespan_is_served(serve):
    source = """
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"plain"})
    """
    assert serve(source, "asgi").ask("GET", "/").body == b"plain"


EVENTS = """
    import asyncio
    gate = asyncio.Event()
    async def app(scope, receive, send):
        if scope["path"] == "/open":
            gate.set()
        kind = b"text/plain" if scope["path"] == "/open" else b"text/event-stream"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        if scope["path"] == "/cut":
            await send({"type": "http.response.body", "body": b"data: half", "more_body": True})
        try:
            await gate.wait()
        finally:
            print("over", flush=True)
        await send({"type": "http.response.body", "body": b" whole\\n\\n"})
"""


def test_an_event_stream_of_an_application_never_falls_silent(serve):
    served = serve(EVENTS, "asgi", sse_heartbeat="20ms")
    connection = served.open()
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert answer.getheader("cache-control") == "no-cache"
    seen = b""
    while seen.count(b":\n\n") < 3:
        seen += answer.read1()
    answer.close()
    connection.close()
    # It has not read its request, and learns of the end all the same.
    until(lambda: "over" in served.text(), "an application that was cancelled")


def test_no_comment_breaks_into_an_event(serve):
    served = serve(EVENTS, "asgi", sse_heartbeat="5ms")
    connection = served.open()
    connection.request("GET", "/cut")
    answer = connection.getresponse()
    assert answer.readline() + answer.readline() == b":\n\n"
    assert answer.read(len("data: half")) == b"data: half"
    served.ask("GET", "/open")
    assert answer.read() == b" whole\n\n"
    connection.close()
