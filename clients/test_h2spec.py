"""h2spec, strict: every test of it, on an upload that is read and an answer that is long.
What is known to fail has its reason here, and is an error once it passes."""

import os
import subprocess
import xml.etree.ElementTree as ElementTree

from conftest import serve

KNOWN = {
    # The port speaks HTTP/1.1 as well: what is no preface of HTTP/2 is a bad request of HTTP/1.1, answered 400, and the connection is closed.
    "http2/3.5: Sends invalid connection preface",
}


def test_h2spec(watchdog, tmp_path):
    one = watchdog(**serve("web.py"))
    report = tmp_path / "report.xml"
    command = [os.environ["H2SPEC"], "--strict", "--host", "127.0.0.1", "--port", str(one.port), "--path", "/bytes/100000", "--timeout", "3", "--junit-report", report]
    told = subprocess.run(command, capture_output=True, text=True, timeout=280).stdout
    cases = list(ElementTree.parse(report).iter("testcase"))
    assert len(cases) > 140, told
    told = told[told.find("Failures:") :]
    failed = {f"{case.get('package')}: {case.get('classname')}": case for case in cases if case.find("failure") is not None or case.find("error") is not None}
    skipped = [case.get("classname") for case in cases if case.find("skipped") is not None]
    assert not skipped, told
    assert sorted(failed) == sorted(KNOWN), told
