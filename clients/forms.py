"""What a page that reads forms must see, whatever language it is in: the checks that test_php.py and test_cgi_pm.py share.
It knows the answers of functions/form.*. A body whose length is unknown is collected, or refused with 411 (RFC 3875, 4.1.2): never empty."""

import hashlib
import json
import os

FORKING = ["classic", "serializing", "streaming"]
TYPE = "Content-Type: application/x-www-form-urlencoded"


class Forms:
    def test_query(self, page, curl):
        seen = json.loads(curl(f"{page.url}/form?name=A%20B&sign=%26&empty=").text)
        assert seen["get"] == {"name": "A B", "sign": "&", "empty": ""}
        assert seen["server"]["QUERY_STRING"] == "name=A%20B&sign=%26&empty="

    def test_meta_variables(self, page, curl):
        seen = json.loads(curl(f"{page.url}/form", "-H", "X-One: first", "-H", "Proxy: evil", "-b", "a=1; b=2").text)
        server = seen["server"]
        assert server["REQUEST_METHOD"] == "GET"
        assert server["GATEWAY_INTERFACE"] == "CGI/1.1"
        assert server["SERVER_PROTOCOL"] == {"http1": "HTTP/1.1", "http2": "HTTP/2.0"}[curl.protocol]
        assert (server["SERVER_NAME"], server["SERVER_PORT"]) == ("127.0.0.1", str(page.port))
        assert server["HTTP_HOST"] == page.address
        assert server["REMOTE_ADDR"] in ("127.0.0.1", "::ffff:127.0.0.1")
        assert server["HTTP_X_ONE"] == "first"
        assert server["HTTP_PROXY"] is None
        assert seen["cookie"] == {"a": "1", "b": "2"}

    def test_address_of_version_6(self, page, curl):
        for host, port in ("[::1]:1234", "1234"), ("[::1]", str(page.port)):
            server = json.loads(curl(f"{page.url}/form", "-H", f"Host: {host}").text)["server"]
            assert (server["SERVER_NAME"], server["SERVER_PORT"], server["HTTP_HOST"]) == ("[::1]", port, host)

    def test_form(self, page, curl):
        form = b"name=A+B&sign=%26&long=" + b"x" * 100_000
        seen = json.loads(curl(f"{page.url}/form", "-H", TYPE, "--data-binary", "@-", data=form).text)
        assert seen["post"] == {"name": "A B", "sign": "&", "long": "x" * 100_000}
        assert seen["server"]["CONTENT_LENGTH"] == str(len(form))

    # -T sends a body whose length it does not tell: in chunks, or in DATA frames.
    def test_form_of_no_length(self, page, curl):
        form = b"name=A+B&long=" + b"x" * 100_000
        answer = curl(f"{page.url}/form", "-X", "POST", "-H", TYPE, "-T", "-", data=form)
        if answer.status == 411:
            return
        seen = json.loads(answer.text)
        assert seen["post"] == {"name": "A B", "long": "x" * 100_000}
        assert seen["server"]["CONTENT_LENGTH"] == str(len(form))
        assert seen["server"]["HTTP_TRANSFER_ENCODING"] is None

    def test_upload(self, page, curl, tmp_path):
        content = os.urandom(500_000)
        (tmp_path / "sent.bin").write_bytes(content)
        seen = json.loads(curl(f"{page.url}/form", "-F", f"file=@{tmp_path}/sent.bin", "-F", "name=A B").text)
        assert seen["files"] == {"file": ["sent.bin", len(content), hashlib.sha256(content).hexdigest()]}
        assert seen["post"] == {"name": "A B"}

    def test_json(self, page, curl):
        sent = json.dumps({"numbers": list(range(10_000))}).encode()
        seen = json.loads(curl(f"{page.url}/form", "-H", "Content-Type: application/json", "--data-binary", "@-", data=sent).text)
        assert (seen["length"], seen["sum"]) == (len(sent), hashlib.sha256(sent).hexdigest())

    def test_empty_body(self, page, curl):
        seen = json.loads(curl(f"{page.url}/form", "-X", "POST", "-H", TYPE, "-H", "Content-Length: 0").text)
        assert seen["post"] in ({}, [])  # PHP writes what is empty as a list
        assert seen["server"]["CONTENT_LENGTH"] in (None, "", "0")

    def test_statuses(self, page, curl):
        missing = curl(f"{page.url}/form?do=missing")
        assert (missing.status, missing.text) == (404, "not here\n")
        moved = curl(f"{page.url}/form?do=moved")
        assert (moved.status, moved.header("location")) == (303, "http://example.org/elsewhere")
        nothing = curl(f"{page.url}/form?do=nothing")
        assert (nothing.status, nothing.body) == (204, b"")

    def test_cookies(self, page, curl):
        cookies = curl(f"{page.url}/form?do=cookies").header("set-cookie")
        assert [cookie.split(";")[0] for cookie in cookies] == ["a=1", "b=2"]

    def test_large_answer(self, page, curl):
        answer = curl(f"{page.url}/form?do=large")
        assert (answer.status, answer.body) == (200, b"x" * 1_000_000)
        assert answer.header("content-type").startswith("text/")


def settings(mode):
    return {"mode": mode, "cgi_env": "rfc3875", "cgi_response": "true", "combine_output": "false"}
