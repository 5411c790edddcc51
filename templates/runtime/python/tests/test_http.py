"""handle(event, context) over a real socket."""

from __future__ import annotations

import hashlib
import socket
import threading

import pytest
from conftest import PATIENCE, until

ECHO = """
    import hashlib

    def handle(event, context):
        return {
            "method": event.method, "path": event.path, "query": event.raw_query, "id": context.call_id,
            "sha": hashlib.sha256(event.body).hexdigest(), "names": event.headers.getlist("x-many"),
        }
"""


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_every_verb_reaches_the_handler(serve, method):
    assert serve(ECHO).ask(method, "/").value()["method"] == method


def test_a_path_and_a_query_are_as_they_came(serve):
    value = serve(ECHO).ask("GET", "/a%20b/%2f//c;d/..?a=1&a=2&b").value()
    assert (value["path"], value["query"]) == ("/a%20b/%2f//c;d/..", "a=1&a=2&b")


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/plain", "application/json", "image/png"])
def test_bytes_are_bytes(serve, kind):
    body = bytes(range(256)) * 300
    value = serve(ECHO).ask("POST", "/", body, {"Content-Type": kind, "X-Call-Id": "c-1"}).value()
    assert (value["sha"], value["id"]) == (hashlib.sha256(body).hexdigest(), "c-1")


def test_a_body_that_is_too_large_is_read_and_refused(serve):
    served = serve(ECHO, max_body_bytes="64Ki")
    assert served.ask("POST", "/", b"x" * 65536).status == 200
    answer = served.ask("POST", "/", b"x" * 3_000_000)
    assert answer.status == 413
    assert answer.value()["error"] == "the body is larger than 65536 bytes"


@pytest.mark.parametrize("how", ["def", "async def"])
@pytest.mark.parametrize("error", ["ValueError('s3cret')", "SystemExit(3)", "RecursionError()", "KeyboardInterrupt()", "StopIteration()"])
def test_what_nobody_catches_is_a_500_that_tells_nothing(serve, how, error):
    served = serve(f"{how} handle(event, context):\n    if event.path == '/fail':\n        raise {error}\n    return 'ok'\n")
    answer = served.ask("GET", "/fail", headers={"X-Call-Id": "c-9"})
    assert answer.status == 500
    assert answer.getheader("content-type") == "application/json"
    assert answer.value() == {"error": "internal error", "callId": "c-9"}
    assert served.ask("GET", "/").body == b"ok"
    assert "[c-9]" in served.text()


def test_debug_errors_tells_more(serve):
    answer = serve("def handle(event, context):\n    raise ValueError('why')\n", debug_errors="true").ask("GET", "/")
    assert answer.value()["detail"] == "ValueError('why')"


def test_invalid_json_is_the_callers_mistake(serve):
    answer = serve("def handle(event, context):\n    return event.json\n").ask("POST", "/", b"{")
    assert (answer.status, answer.value()["error"]) == (400, "the body is not JSON")


def test_a_field_with_a_line_end_is_no_answer(serve):
    answer = serve("def handle(event, context):\n    return {'headers': {'X': 'a\\r\\nSet-Cookie: b'}}\n").ask("GET", "/")
    assert answer.status == 500
    assert answer.getheader("set-cookie") is None


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_has_none(serve, status):
    answer = serve(f"def handle(event, context):\n    return 'text', {status}\n").ask("GET", "/")
    assert (answer.status, answer.body) == (status, b"")


def test_head_has_no_body(serve):
    answer = serve("def handle(event, context):\n    return 'text'\n").ask("HEAD", "/")
    assert (answer.status, answer.body, answer.getheader("content-length")) == (200, b"", "4")


def test_nothing_says_what_serves(serve):
    answer = serve("def handle(event, context):\n    return {'a': 1}\n").ask("GET", "/")
    assert answer.getheader("server") is None


def test_handlers_in_threads_run_beside_each_other(serve):
    source = """
        import threading
        together = threading.Barrier(20)
        def handle(event, context):
            together.wait(20)
            return "ok"
    """
    served = serve(source)
    statuses = []
    callers = [threading.Thread(target=lambda: statuses.append(served.ask("GET", "/").status)) for _ in range(20)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(PATIENCE)
    assert statuses == [200] * 20


SLOW = """
    import time
    seen = []
    def handle(event, context):
        if event.path == "/seen":
            return seen
        seen.append(context.wait_cancelled(20))
"""

SLOW_ASYNC = """
    import asyncio
    seen = []
    async def handle(event, context):
        if event.path == "/seen":
            return seen
        try:
            await asyncio.sleep(20)
        finally:
            seen.append(context.cancelled)
"""


@pytest.mark.parametrize("source", [SLOW, SLOW_ASYNC])
def test_a_deadline_is_a_504_and_reaches_the_handler(serve, source):
    served = serve(source, exec_timeout="200ms")
    answer = served.ask("GET", "/")
    assert answer.status == 504
    until(lambda: served.ask("GET", "/seen").value() == [True], "a handler that was told")


def test_a_caller_can_shorten_the_deadline(serve):
    served = serve(SLOW, exec_timeout="20s")
    assert served.ask("GET", "/", headers={"X-Timeout": "100ms"}).status == 504


@pytest.mark.parametrize("source", [SLOW, SLOW_ASYNC])
def test_a_client_that_leaves_is_news_to_the_handler(serve, source):
    served = serve(source)
    with socket.create_connection(("127.0.0.1", served.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    until(lambda: served.ask("GET", "/seen").value() == [True], "a handler that was told")
