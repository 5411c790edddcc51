"""CloudEvents over a real socket."""

from __future__ import annotations

import json

from function_runtime import cloudevents
from function_runtime.events import Headers

SOURCE = """
    from function_runtime import CloudEvent
    def on_cloudevent(event, context):
        if event.type == "silent":
            return None
        return CloudEvent({"id": "r" + event.id, "source": "/reply", "type": "reply"}, event.data)
"""
ATTRIBUTES = {"specversion": "1.0", "id": "1", "source": "/here", "type": "made"}


def test_a_reply_goes_back_the_way_the_event_came(serve):
    served = serve(SOURCE)
    headers = {"ce-" + name: value for name, value in ATTRIBUTES.items()} | {"Content-Type": "application/json"}
    answer = served.ask("POST", "/", b'{"a": 1}', headers)
    [event] = cloudevents.decode("binary", Headers(answer.getheaders()), answer.body)
    assert (event.id, event.data) == ("r1", {"a": 1})
    answer = served.ask("POST", "/", json.dumps([ATTRIBUTES, ATTRIBUTES]).encode(), {"Content-Type": cloudevents.BATCH})
    assert [event["id"] for event in answer.value()] == ["r1", "r1"]


def test_nothing_in_return_is_a_204(serve):
    body = json.dumps(ATTRIBUTES | {"type": "silent"}).encode()
    answer = serve(SOURCE).ask("POST", "/", body, {"Content-Type": cloudevents.STRUCTURED})
    assert (answer.status, answer.body) == (204, b"")


def test_what_is_no_event_is_refused(serve):
    served = serve(SOURCE)
    assert served.ask("POST", "/", b"{}", {"Content-Type": cloudevents.STRUCTURED}).status == 400
    assert served.ask("POST", "/", b"{}").status == 415
