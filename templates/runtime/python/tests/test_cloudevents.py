import json

import pytest

from function_runtime import CloudEvent, HttpError
from function_runtime.cloudevents import decode, encode, mode
from function_runtime.events import Headers

ATTRIBUTES = {"specversion": "1.0", "id": "1", "source": "/here", "type": "made"}


def binary(kind="application/json", **more):
    named = {"ce-" + name: value for name, value in (ATTRIBUTES | more).items()}
    return Headers([*named.items(), ("content-type", kind)])


def test_a_mode_is_told_by_the_fields():
    assert mode(binary()) == "binary"
    assert mode(Headers([("content-type", "application/cloudevents+json; charset=utf-8")])) == "structured"
    assert mode(Headers([("content-type", "application/cloudevents-batch+json")])) == "batch"
    assert mode(Headers([("content-type", "application/json")])) == ""


def test_binary_data_is_read_by_its_type():
    [event] = decode("binary", binary(subject="caf%C3%A9"), b'{"a": 1}')
    assert (event.id, event.source, event.type, event.data) == ("1", "/here", "made", {"a": 1})
    assert event.attributes["subject"] == "café"
    assert decode("binary", binary("image/png"), b"\xff")[0].data == b"\xff"
    assert decode("binary", binary("text/plain"), b"hi")[0].data == "hi"


def test_structured_data_may_be_bytes():
    [event] = decode("structured", Headers([]), json.dumps(ATTRIBUTES | {"data_base64": "/w=="}).encode())
    assert event.data == b"\xff"


def test_a_batch_is_every_event_in_order():
    body = json.dumps([ATTRIBUTES | {"id": str(n)} for n in range(3)]).encode()
    assert [event.id for event in decode("batch", Headers([]), body)] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("how", "headers", "body"),
    [
        ("binary", binary(specversion="0.3"), b""),
        ("binary", Headers([("ce-specversion", "1.0")]), b""),
        ("binary", binary(), b"{"),
        ("structured", Headers([]), b"{"),
        ("structured", Headers([]), b"[]"),
        ("structured", Headers([]), json.dumps(ATTRIBUTES | {"data_base64": "?"}).encode()),
        ("structured", Headers([]), json.dumps(ATTRIBUTES | {"Bad-Name": "x"}).encode()),
        ("batch", Headers([]), b"{}"),
    ],
)
def test_what_is_no_event_is_the_callers_mistake(how, headers, body):
    with pytest.raises(HttpError) as caught:
        decode(how, headers, body)
    assert caught.value.status == 400


@pytest.mark.parametrize("data", [{"a": [1]}, "text", b"\xff\x00", None])
@pytest.mark.parametrize("how", ["binary", "structured", "batch"])
def test_what_goes_out_comes_in_the_same(how, data):
    sent = encode(how, [CloudEvent(ATTRIBUTES | {"subject": "café %"}, data)])
    headers = Headers(sent.headers)
    assert mode(headers) == how
    [event] = decode(how, headers, sent.body)
    assert (event.attributes["subject"], event.data) == ("café %", data)
