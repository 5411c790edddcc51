import json
import logging
import sys

from function_runtime import log


def record(message, error=None):
    return logging.LogRecord("function", logging.ERROR, "", 0, message, (), (type(error), error, None) if error else None)


def written(capsys, handler, message, error=None):
    handler.emit(record(message, error))
    return capsys.readouterr().err.splitlines()


def test_a_line_has_the_call_id(capsys):
    token = log.call_id.set("c-1")
    assert written(capsys, log.Lines(as_json=False, function=""), "hello") == ["ERROR hello [c-1]"]
    [line] = written(capsys, log.Lines(as_json=True, function="f"), "hello\nthere")
    assert json.loads(line) == {"level": "error", "msg": "hello\nthere", "callId": "c-1", "function": "f"}
    log.call_id.reset(token)


def test_a_long_line_is_split(capsys):
    for as_json in (False, True):
        lines = written(capsys, log.Lines(as_json=as_json, function=""), "x" * 100_000)
        assert len(lines) == 4
        assert all(len(line) < log.LONGEST + 100 for line in lines)


def test_an_error_that_has_been_logged_is_not_logged_again(capsys):
    assert written(capsys, log.Lines(as_json=False, function=""), "again", log.Broken()) == []
    assert "ValueError: x" in "\n".join(written(capsys, log.Lines(as_json=False, function=""), "first", ValueError("x")))
    assert sys.stderr is not None
