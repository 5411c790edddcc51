"""curl over both protocols: methods, statuses without a body, uploads of every framing, several requests on one connection.
curl's exit code is a check of its own: a body where none may be is its error 8, 18, 56 or 92."""

import hashlib
import os
import subprocess
import time

import pytest

from conftest import PROTOCOLS, serve, until

FORKING = ["classic", "serializing", "streaming"]


@pytest.fixture(scope="module")
def web(standing):
    return standing(**serve("web.py"))


def test_get(web, curl):
    answer = curl(f"{web.url}/bytes/300000")
    assert answer.status == 200
    assert answer.header("content-length") == "300000"
    assert answer.body == bytes(i % 251 for i in range(300000))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_bodies_arrive(web, curl, method):
    sent = os.urandom(700_000)
    answer = curl(f"{web.url}/sum", "-X", method, "--data-binary", "@-", data=sent)
    assert answer.status == 200
    assert answer.text == f"{len(sent)} {hashlib.sha256(sent).hexdigest()}"
    assert answer.header("x-method") == method


def test_upload_of_no_length(web, curl):
    sent = os.urandom(700_000)
    answer = curl(f"{web.url}/sum", "-X", "POST", "-T", "-", data=sent)
    assert answer.text == f"{len(sent)} {hashlib.sha256(sent).hexdigest()}"


def test_expect_continue(web, curl):
    sent = os.urandom(100_000)
    start = time.monotonic()
    answer = curl(f"{web.url}/sum", "-H", "Expect: 100-continue", "--expect100-timeout", "8", "--data-binary", "@-", data=sent)
    assert answer.status == 200
    assert answer.text == f"{len(sent)} {hashlib.sha256(sent).hexdigest()}"
    assert curl.protocol == "http2" or time.monotonic() - start < 5, "curl was never told to continue"


def test_head_of_a_server(web, curl):
    answer = curl(f"{web.url}/bytes/300000", "--head")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("content-length") == "300000"


def test_head_of_what_has_no_length(web, curl):
    answer = curl(f"{web.url}/pieces/3", "--head")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("content-length") is None


@pytest.mark.parametrize("path, status", [("status/204", 204), ("204-with-length/0", 204), ("204-with-length/5", 204), ("status/304", 304)])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_statuses_without_a_body(web, curl, path, status, method):
    how = ["--head"] if method == "HEAD" else []
    answer = curl(f"{web.url}/{path}", *how)
    assert (answer.status, answer.body) == (status, b"")
    assert status == 304 or answer.header("content-length") is None, "RFC 9110, 8.6: no length in a 204"


@pytest.mark.parametrize("status", [400, 401, 404, 418, 500, 503])
def test_other_statuses(web, curl, status):
    answer = curl(f"{web.url}/status/{status}")
    assert (answer.status, answer.text) == (status, str(status))


def test_fields_of_one_name_stay_apart(web, curl):
    assert curl(f"{web.url}/cookies").header("set-cookie") == ["a=1", "b=2"]


def test_what_the_server_sees(web, curl):
    seen = curl(f"{web.url}/seen", "-H", "X-One: first", "-A", "me/1", "-b", "a=1; b=2").text
    assert f"host: {web.address}\n" in seen
    for line in "x-one: first\n", "user-agent: me/1\n", "cookie: a=1; b=2\n":
        assert line in seen
    for name in "connection: upgrade", "http2-settings:", "transfer-encoding:":
        assert name not in seen


def test_pieces_come_as_they_are_made(web, curl):
    command = ["curl", "-sSN", "--max-time", "20", *PROTOCOLS[curl.protocol], f"{web.url}/pieces/10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
        times = [(line, time.monotonic()) for line in client.stdout]
    assert client.returncode == 0
    assert [line for line, _ in times] == [b"piece %d\n" % number for number in range(10)]
    assert times[-1][1] - times[0][1] > 0.5, "they came all at once"


# Over HTTP/1.1 alone: curl 7.88 loses an HTTP/2 connection of prior knowledge, whoever serves it, when it uses it again. test_httpx.py has that.
def test_several_on_one_connection(web, tmp_path):
    urls = [word for number in range(20) for word in (f"{web.url}/bytes/{number}", "-o", str(tmp_path / f"out{number}"))]
    told = ["-w", "%{http_code} %{num_connects}\n"]
    command = ["curl", "-sS", "--max-time", "20", "--http1.1", *told, *urls]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\n")
    assert lines[:-1] == ["200 1"] + ["200 0"] * 19
    assert [(tmp_path / f"out{number}").stat().st_size for number in range(20)] == list(range(20))


# RFC 9113 has withdrawn the upgrade: who asks for it is answered over HTTP/1.1.
def test_upgrade_to_http2_is_not_taken(web):
    told = subprocess.run(["curl", "-sS", "--http2", "-w", " %{http_code} %{http_version}", f"{web.url}/status/404"], capture_output=True, check=True)
    assert told.stdout == b"404 404 1.1"


def test_no_request_was_counted_as_broken_off(web, curl):
    before = web.counted()
    assert "499" not in before
    for path in "bytes/1000", "status/204", "status/304", "pieces/2":
        curl(f"{web.url}/{path}")
        curl(f"{web.url}/{path}", "--head")
    until(5, "all counted", lambda: sum(web.counted().values()) - sum(before.values()) == 8)
    assert "499" not in web.counted()


# Mode classic has no HEAD.
@pytest.mark.parametrize("mode", FORKING)
def test_head_of_a_process(watchdog, curl, mode):
    one = watchdog(mode=mode, fprocess="echo hello", content_type="text/plain")
    get, head = curl(one.url), curl(one.url, "--head")
    assert (get.status, get.text) == (200, "hello\n")
    assert (head.status, head.body) == (405 if mode == "classic" else 200, b"")
    if mode != "classic":
        assert head.header("content-type") == "text/plain"
        assert head.header("content-length") in (None, "6")


@pytest.mark.parametrize("mode", FORKING[1:])
def test_head_of_a_process_that_fails(watchdog, curl, mode):
    one = watchdog(mode=mode, fprocess="false")
    answer = curl(one.url, "--head")
    assert (answer.status, answer.body) == (500, b"")


@pytest.mark.parametrize("mode", FORKING)
@pytest.mark.parametrize("status", [204, 304, 404])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_statuses_by_cgi(watchdog, curl, mode, status, method):
    if (mode, method) == ("classic", "HEAD"):
        status = 405
    function = f"printf 'Status: {status}\\nX-One: first\\nContent-Type: text/plain\\n\\ngone'"
    one = watchdog(mode=mode, fprocess=f'sh -c "{function}"', cgi_response="true")
    how = ["--head"] if method == "HEAD" else []
    answer = curl(one.url, *how)
    assert (answer.status, answer.text) == (status, "gone" if status == 404 and not how else "")
    assert status == 405 or answer.header("x-one") == "first"


@pytest.mark.parametrize("mode", FORKING)
def test_a_process_sees_the_whole_upload(watchdog, curl, mode):
    one = watchdog(mode=mode, fprocess="sha256sum")
    sent = os.urandom(2_000_000)
    for how in (["--data-binary", "@-"], ["-X", "POST", "-T", "-"]):
        assert curl(one.url, *how, data=sent).text == f"{hashlib.sha256(sent).hexdigest()}  -\n"


def test_too_large_a_body(watchdog, curl):
    one = watchdog(mode="streaming", fprocess="cat", max_body_bytes="10")
    assert curl(one.url, "--data-binary", "@-", data=b"x" * 1000).status == 413
    assert curl(one.url, "--data-binary", "@-", data=b"x" * 10).text == "x" * 10


def test_files(watchdog, curl, tmp_path):
    root = tmp_path / "public"
    root.mkdir()
    (root / "page.html").write_text("<h1>page</h1>")
    (root / "large").write_bytes(bytes(i % 251 for i in range(1_000_000)))
    one = watchdog(mode="static", static_path=root)
    page = curl(f"{one.url}/page.html")
    assert (page.status, page.text) == (200, "<h1>page</h1>")
    assert page.header("content-type").startswith("text/html")
    assert curl(f"{one.url}/large").body == (root / "large").read_bytes()
    part = curl(f"{one.url}/large", "-r", "500000-500099")
    assert (part.status, part.body) == (206, (root / "large").read_bytes()[500000:500100])
    head = curl(f"{one.url}/page.html", "--head")
    assert (head.status, head.body, head.header("content-length")) == (200, b"", "13")
    same = curl(f"{one.url}/page.html", "-H", f"If-None-Match: {page.header('etag')}")
    assert (same.status, same.body) == (304, b"")
    for how in [], ["--head"]:
        missing = curl(f"{one.url}/none", *how)
        assert missing.status == 404
        assert missing.body == b"" or not how


@pytest.mark.parametrize("path", ["/_/health", "/_/ready"])
def test_probes(web, curl, path):
    assert curl(f"{web.url}{path}").status == 200
    answer = curl(f"{web.url}{path}", "--head")
    assert (answer.status, answer.body) == (405, b"")
