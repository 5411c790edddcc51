import pytest

from function_runtime import HttpError
from function_runtime.events import Event, Headers


def event(body=b"", query=b"", **headers):
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Event("POST", b"/a%20b//%2f", query, Headers(pairs), body)


def test_the_path_is_as_it_came():
    assert event().path == "/a%20b//%2f"
    assert event().decoded_path == "/a b///"


def test_parameters_repeat_and_may_be_empty():
    query = event(query=b"a=1&a=2&b=&c=x+y&d[]=%C3%A9").query
    assert query.getlist("a") == ["1", "2"]
    assert dict(query) == {"a": "1", "b": "", "c": "x y", "d[]": "é"}
    assert event(query=b"a=1&a").raw_query == "a=1&a"


def test_fields_are_the_same_in_any_case_and_repeat():
    headers = Headers([("content-type", "a"), ("x-one", "1"), ("X-One", "2")])
    assert headers["Content-Type"] == headers["content-type"] == "a"
    assert headers.getlist("x-ONE") == ["1", "2"]
    assert "X-ONE" in headers
    assert headers.get("none") is None
    assert list(headers) == ["Content-Type", "X-One"]


def test_text_is_a_view_by_the_charset():
    assert event("é".encode("latin-1"), content_type="text/plain; charset=latin-1").text == "é"
    assert event("é".encode()).text == "é"
    assert event(b"\xff", content_type="text/plain; charset=none-such").text == "�"


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000])
def test_what_is_no_json_is_the_callers_mistake(body):
    with pytest.raises(HttpError) as caught:
        _ = event(body).json
    assert caught.value.status == 400


def test_json_is_any_value():
    assert event(b'{"a": [1, null]}').json == {"a": [1, None]}
    assert event(b"3").json == 3
