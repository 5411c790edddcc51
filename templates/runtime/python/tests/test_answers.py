import pytest
from werkzeug.wrappers import Response

from function_runtime.answers import BYTES, JSON, TEXT, answer


@pytest.mark.parametrize(
    ("value", "kind", "body"),
    [
        ("text é", TEXT, "text é".encode()),
        (b"\x00\xff", BYTES, b"\x00\xff"),
        (bytearray(b"ab"), BYTES, b"ab"),
        ({"a": 1}, JSON, b'{"a": 1}'),
        ([1, "é"], JSON, '[1, "é"]'.encode()),
        (3, JSON, b"3"),
        (True, JSON, b"true"),
        (None, None, b""),
        ({"body": {"a": 1}}, JSON, b'{"a": 1}'),
        ({"statusCode": 200}, None, b""),
    ],
)
def test_each_kind_of_value_has_its_type(value, kind, body):
    reply = answer(value)
    assert (reply.status, reply.header("content-type"), reply.body) == (200, kind, body)


def test_a_type_that_is_given_counts_however_it_is_spelt():
    reply = answer({"statusCode": 201, "body": b"png", "headers": {"CONTENT-TYPE": "image/png"}})
    assert (reply.status, reply.headers) == (201, [("CONTENT-TYPE", "image/png")])


@pytest.mark.parametrize("headers", [{"Set-Cookie": ["a=1", "b=2"]}, [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]])
def test_a_field_may_repeat(headers):
    assert answer({"headers": headers, "body": None}).headers == [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]


def test_tuples_are_read_as_flask_reads_them():
    assert answer(("no", 404)).status == 404
    assert answer(("x", {"X-A": "1"})).header("x-a") == "1"
    reply = answer((b"x", 201, [("X-A", "1")]))
    assert (reply.status, reply.header("x-a"), reply.body) == (201, "1", b"x")
    with pytest.raises(TypeError, match="a tuple of 1"):
        answer(("x",))


def test_a_response_of_werkzeug_is_taken_as_it_is():
    response = Response("hi", 418, {"X-A": "1"}, content_type="text/x")
    response.set_cookie("a", "1")
    reply = answer(response)
    assert (reply.status, reply.header("content-type"), reply.header("x-a")) == (418, "text/x", "1")
    assert b"".join(reply.pieces) == b"hi"


@pytest.mark.parametrize("headers", [{"X": "a\r\nSet-Cookie: b"}, {"X": "a\nb"}, {"X Y": "a"}, {"": "a"}])
def test_a_field_that_would_break_the_message_is_an_error(headers):
    with pytest.raises(ValueError, match="header"):
        answer({"headers": headers})


def test_framing_is_not_the_handlers():
    assert answer({"headers": {"Content-Length": "99", "Connection": "close"}, "body": "x"}).headers == [("content-type", TEXT)]


@pytest.mark.parametrize("code", [99, 100, 600])
def test_a_status_that_no_answer_has_is_an_error(code):
    with pytest.raises(ValueError, match="200 to 599"):
        answer({"statusCode": code})
