"""Answers that come piece by piece, over a real socket."""

from __future__ import annotations

import http.client

import pytest
from conftest import until

GATED = r"""
    import {module}
    gate = {module}.Event()
    ended = []

    {how} pieces():
        try:
            yield "one\n"
            {wait}
            yield "two\n"
        finally:
            ended.append(True)

    {how} handle(event, context):
        if event.path == "/open":
            gate.set()
            return "ok"
        if event.path == "/ended":
            return ended
        return {{"headers": {{"Content-Type": event.headers.get("x-kind", "text/plain")}}, "body": pieces()}}
"""
SYNC = GATED.format(module="threading", how="def", wait="gate.wait(20)")
ASYNC = GATED.format(module="asyncio", how="async def", wait="await gate.wait()")


def opened(served, kind="text/plain"):
    connection = served.open()
    connection.request("GET", "/", headers={"X-Kind": kind})
    return connection, connection.getresponse()


@pytest.mark.parametrize("source", [SYNC, ASYNC])
def test_each_piece_comes_when_it_is_made(serve, source):
    served = serve(source)
    connection, answer = opened(served)
    assert answer.read1() == b"one\n"
    served.ask("GET", "/open")
    assert answer.read() == b"two\n"
    connection.close()


@pytest.mark.parametrize("source", [SYNC, ASYNC])
def test_an_event_stream_begins_at_once_and_never_falls_silent(serve, source):
    served = serve(source, sse_heartbeat="20ms")
    connection, answer = opened(served, "text/event-stream")
    assert answer.getheader("cache-control") == "no-cache"
    assert answer.getheader("x-accel-buffering") == "no"
    assert answer.read1() == b":\n\n"
    seen = b""
    while seen.count(b":\n\n") < 2:
        seen += answer.read1()
    assert b"one" in seen
    connection.close()


def test_a_generator_ends_when_its_client_leaves(serve):
    served = serve(ASYNC)
    connection, answer = opened(served)
    assert answer.read1() == b"one\n"
    answer.close()
    connection.close()
    until(lambda: served.ask("GET", "/ended").value() == [True], "the generator's finally")


@pytest.mark.parametrize("how", ["def", "async def"])
def test_a_failure_before_the_first_piece_is_a_500(serve, how):
    served = serve(f"{how} pieces():\n    raise ValueError\n    yield\ndef handle(event, context):\n    return pieces()\n")
    assert served.ask("GET", "/").status == 500


@pytest.mark.parametrize("how", ["def", "async def"])
def test_a_failure_after_it_cuts_the_answer(serve, how):
    served = serve(f"{how} pieces():\n    yield 'one'\n    raise ValueError('late')\ndef handle(event, context):\n    return pieces()\n")
    with pytest.raises(http.client.IncompleteRead):
        served.ask("GET", "/")
    until(lambda: served.text().count("ValueError: late") == 1, "one trace in the log")


def test_pieces_are_text_bytes_or_json(serve):
    served = serve("def handle(event, context):\n    return iter([b'a', 'b', {'c': 1}])\n")
    answer = served.ask("GET", "/")
    assert (answer.body, answer.getheader("content-type")) == (b'ab{"c": 1}\n', "application/octet-stream")
    assert serve("def handle(event, context):\n    return iter(['b'])\n").ask("GET", "/").getheader("content-type").startswith("text/plain")
