"""httpx over HTTP/2: its protocol library takes no byte that RFC 9113 does not allow, such as DATA in the answer to a HEAD.
Many requests at once share one connection."""

import asyncio
import hashlib
import os
import time

import httpx
import pytest

from conftest import DEADLINE, serve, until

HOW = {"http1": False, "http2": True, "timeout": DEADLINE}
MODES = ["serializing", "streaming", "classic"]


@pytest.fixture(scope="module")
def web(standing):
    return standing(**serve("web.py"))


# Closed before the watchdogs of its test are: set up after them.
@pytest.fixture
def client():
    with httpx.Client(**HOW) as client:
        yield client


def check_head(client, url, status=200):
    answer = client.head(url)
    assert (answer.http_version, answer.status_code, answer.content) == ("HTTP/2", status, b"")
    assert client.get(f"{url.split('/', 3)[0]}//{url.split('/', 3)[2]}/_/health").status_code == 200, "the connection is of use after it"
    return answer


def test_head_of_a_server(web, client):
    answer = check_head(client, f"{web.url}/bytes/300000")
    assert answer.headers["content-length"] == "300000"
    check_head(client, f"{web.url}/pieces/2")
    check_head(client, f"{web.url}/status/404", 404)


@pytest.mark.parametrize("path, status", [("status/204", 204), ("204-with-length/0", 204), ("204-with-length/5", 204), ("status/304", 304)])
def test_statuses_without_a_body(web, client, path, status):
    answer = client.get(f"{web.url}/{path}")
    assert (answer.status_code, answer.content) == (status, b"")
    assert status == 304 or "content-length" not in answer.headers
    check_head(client, f"{web.url}/{path}", status)


@pytest.mark.parametrize("mode", MODES)
def test_head_of_a_process(watchdog, client, mode):
    check_head(client, watchdog(mode=mode, fprocess="echo hello").url + "/", 405 if mode == "classic" else 200)


@pytest.mark.parametrize("mode", MODES[:2])
def test_head_of_a_process_that_fails(watchdog, client, mode):
    check_head(client, watchdog(mode=mode, fprocess="false").url + "/", 500)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("status", [204, 304])
def test_statuses_by_cgi(watchdog, client, mode, status):
    function = f"printf 'Status: {status}\\nX-One: first\\n\\nnobody may see this'"
    one = watchdog(mode=mode, fprocess=f'sh -c "{function}"', cgi_response="true")
    answer = client.get(one.url)
    assert (answer.status_code, answer.content, answer.headers["x-one"]) == (status, b"", "first")


def test_head_of_refusals(watchdog, client, tmp_path):
    (tmp_path / "page").write_text("page")
    one = watchdog(mode="static", static_path=tmp_path)
    assert check_head(client, f"{one.url}/page").headers["content-length"] == "4"
    check_head(client, f"{one.url}/none", 404)
    check_head(client, f"{one.url}/_/health", 405)
    check_head(client, f"{one.url}/_/ready", 405)


def test_head_of_a_server_that_is_gone(watchdog, client):
    settings = serve("web.py")
    one = watchdog(**settings | {"upstream_url": "http://127.0.0.1:9", "startup_timeout": "1s"}, ready=False)
    check_head(client, f"{one.url}/", 503)


def test_an_idle_client_does_not_hold_a_stop(watchdog):
    one = watchdog(mode="streaming", fprocess="cat", write_timeout="60s")
    with httpx.Client(**HOW) as client:
        assert client.post(one.url, content="x").text == "x"
        start = time.monotonic()
        one.process.terminate()
        one.process.wait(DEADLINE)
        assert time.monotonic() - start < 5


def test_a_hundred_at_once_on_one_connection(web):
    async def one(client, number):
        sent = os.urandom(number * 1000)
        answer = await client.post(f"{web.url}/sum", content=sent)
        assert answer.text == f"{len(sent)} {hashlib.sha256(sent).hexdigest()}"
        answer = await client.get(f"{web.url}/bytes/{number * 1000}")
        assert answer.content == bytes(i % 251 for i in range(number * 1000))

    async def all_of_them():
        async with httpx.AsyncClient(**HOW, limits=httpx.Limits(max_connections=1)) as client:
            await asyncio.gather(*(one(client, number) for number in range(100)))

    asyncio.run(all_of_them())


def test_a_slow_answer_does_not_hold_up_others(web):
    async def both():
        async with httpx.AsyncClient(**HOW, limits=httpx.Limits(max_connections=1)) as client:
            slow = asyncio.create_task(client.get(f"{web.url}/pieces/10"))
            await asyncio.sleep(0.2)
            for _ in range(5):
                assert (await client.get(f"{web.url}/bytes/10")).status_code == 200
            assert not slow.done()
            assert (await slow).text.count("\n") == 10

    asyncio.run(both())


def test_nothing_was_counted_as_broken_off(web, client):
    before = web.counted()
    for path in "bytes/1000", "status/204", "status/304", "pieces/2":
        client.get(f"{web.url}/{path}")
        client.head(f"{web.url}/{path}")
    until(5, "all counted", lambda: sum(web.counted().values()) - sum(before.values()) >= 8)
    assert web.counted().get("499", 0) == before.get("499", 0)
