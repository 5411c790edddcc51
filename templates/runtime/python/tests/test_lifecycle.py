"""From before the port is open to after the last answer."""

from __future__ import annotations

import json
import threading

import pytest
from conftest import PATIENCE, until


def test_init_is_over_before_the_port_opens_and_shutdown_runs_last(serve, tmp_path):
    source = """
        import asyncio
        state = []
        async def init():
            await asyncio.sleep(0.05)
            state.append("ready")
        def shutdown():
            print("shut down after", state, flush=True)
        def handle(event, context):
            state.append("called")
            return state
    """
    served = serve(source)
    assert served.ask("GET", "/").value() == ["ready", "called"]
    assert served.stop() == 0
    assert "shut down after ['ready', 'called']" in served.text()


def test_an_init_that_fails_ends_the_start(serve):
    served = serve("def init():\n    raise ValueError('no database')\ndef handle(event, context):\n    pass\n", waits=False)
    assert served.process.wait(PATIENCE) == 1
    assert "no database" in served.text()


@pytest.mark.parametrize("source", ["def other():\n    pass\n", "import none_such\n", "def handle(:\n"])
def test_a_function_that_cannot_be_loaded_ends_the_start(serve, source):
    served = serve(source, waits=False)
    assert served.process.wait(PATIENCE) == 1
    assert "the function cannot be started" in served.text()


def test_a_bad_setting_ends_the_start_in_one_line(serve):
    served = serve("def handle(event, context):\n    pass\n", waits=False, exec_timeout="soon")
    assert served.process.wait(PATIENCE) == 64
    assert served.text().startswith("exec_timeout='soon': ")
    assert served.text().count("\n") == 1


def test_ready_is_what_the_function_says(serve):
    source = """
        well = True
        def ready():
            return well
        def handle(event, context):
            global well
            well = False
    """
    served = serve(source)
    assert served.ask("GET", "/_/ready").status == 200
    served.ask("GET", "/")
    assert served.ask("GET", "/_/ready").status == 503
    assert served.ask("GET", "/_/health").status == 200


HELD = """
    import threading, time
    from pathlib import Path
    gate = threading.Event()
    def handle(event, context):
        if event.path == "/open":
            gate.set()
        elif event.path == "/held":
            print("held", flush=True)
            while not gate.is_set() and not Path("gate").exists():
                time.sleep(0.005)
        return "whole"
"""


def test_what_came_is_answered_after_the_watchdog_has_drained(serve, tmp_path):
    served = serve(HELD)
    statuses = []
    caller = threading.Thread(target=lambda: statuses.append(served.ask("GET", "/held").status))
    caller.start()
    until(lambda: "held" in served.text(), "a request in flight")
    served.process.terminate()
    until(lambda: not served.connects(), "a port that is closed")
    (tmp_path / "gate").touch()
    caller.join(PATIENCE)
    assert served.process.wait(PATIENCE) == 0
    assert statuses == [200]


def test_a_watchdog_that_passes_the_signal_on_at_once_is_served_on(serve):
    served = serve(HELD, term_signal_timing="immediate", healthcheck_interval="1500ms")
    statuses = []
    caller = threading.Thread(target=lambda: statuses.append(served.ask("GET", "/held").status))
    caller.start()
    until(lambda: "held" in served.text(), "a request in flight")
    served.process.terminate()
    until(lambda: served.ask("GET", "/_/ready").status == 503, "a function that is not ready")
    assert served.ask("GET", "/open").body == b"whole"
    caller.join(PATIENCE)
    assert served.process.wait(PATIENCE) == 0
    assert statuses == [200]


def test_what_fails_in_the_background_is_told_and_costs_nothing(serve):
    source = """
        import asyncio
        async def fail():
            raise ValueError("behind the scenes")
        kept = []
        async def handle(event, context):
            asyncio.create_task(fail())
            return "ok"
    """
    served = serve(source)
    assert served.ask("GET", "/").status == 200
    until(lambda: served.ask("GET", "/").status == 200 and "behind the scenes" in served.text(), "the failure in the log")


def test_log_lines_are_json_where_that_is_asked_for(serve):
    source = """
        import logging
        def handle(event, context):
            context.log.info("said %s", 1)
            logging.getLogger("mine").warning("more")
    """
    served = serve(source, log_format="json", OPENFAAS_NAME="f")
    served.ask("GET", "/", headers={"X-Call-Id": "c-1"})
    lines = [json.loads(line) for line in served.text().splitlines()]
    assert {"level": "info", "msg": "said 1", "callId": "c-1", "function": "f"} in lines
    assert {"level": "warning", "msg": "more", "callId": "c-1", "function": "f"} in lines
