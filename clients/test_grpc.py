"""gRPC (grpcio at both ends) through mode http with upstream_protocol=h2c: the four kinds of calls, statuses, metadata, deadlines, cancelling."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from conftest import DEADLINE, serve, until


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    return tmp_path_factory.mktemp("notes")


@pytest.fixture(scope="module")
def service(standing, notes):
    return standing(**serve("grpc_server.py", notes), upstream_protocol="h2c", exec_timeout="60s", write_timeout="60s", read_timeout="60s")


@pytest.fixture
def channel(service):
    with grpc.insecure_channel(service.address, options=[("grpc.max_receive_message_length", -1), ("grpc.enable_retries", 0)]) as channel:
        yield channel


@pytest.fixture
def counted(service):
    """Every call of a test is counted as 200: gRPC's status is in the trailers, HTTP's is not 499."""
    before = service.counted()

    def check(calls):
        until(5, "all counted", lambda: sum(service.counted().values()) - sum(before.values()) >= calls)
        after = service.counted()
        assert {code: after[code] - before.get(code, 0) for code in after if after[code] != before.get(code, 0)} == {"200": calls}

    return check


def call(channel, kind, name):
    return getattr(channel, kind)(f"/clients.Test/{name}")


def test_unary(channel, counted):
    answer, done = call(channel, "unary_unary", "Echo").with_call(b"hello", metadata=[("x-asked", "this")], timeout=DEADLINE)
    assert answer == b"hello"
    assert done.code() == grpc.StatusCode.OK
    assert ("x-first", "this") in done.initial_metadata()
    assert set(done.trailing_metadata()) >= {("x-last", "one"), ("x-last-bin", b"\x00\xff")}
    counted(1)


@pytest.mark.parametrize("size", [0, 1, 16384, 100_000, 8_000_000])
def test_sizes(channel, counted, size):
    sent = os.urandom(size)
    assert call(channel, "unary_unary", "Echo")(sent, timeout=DEADLINE) == sent
    counted(1)


def test_compressed(channel, counted):
    sent = b"again and again " * 50_000
    assert call(channel, "unary_unary", "Echo")(sent, compression=grpc.Compression.Gzip, timeout=DEADLINE) == sent
    counted(1)


def test_server_streaming(channel, counted):
    times = [(answer, time.monotonic()) for answer in call(channel, "unary_stream", "Count")(b"100", timeout=DEADLINE)]
    assert [answer for answer, _ in times] == [b"%d" % number for number in range(100)]
    assert times[-1][1] - times[0][1] > 0.5, "they came all at once"
    counted(1)


def test_client_streaming(channel, counted):
    assert call(channel, "stream_unary", "Total")((b"%d" % number for number in range(1000)), timeout=DEADLINE) == b"499500"
    counted(1)


# Each question is asked once the answer before it is there.
def test_both_streaming(channel, counted):
    heard = []

    def questions():
        for number in range(50):
            until(DEADLINE, "the answer before", lambda number=number: len(heard) == number)
            yield b"%d" % number

    for answer in call(channel, "stream_stream", "PingPong")(questions(), timeout=2 * DEADLINE):
        heard.append(answer)
    assert heard == [b"pong %d" % number for number in range(50)]
    counted(1)


def test_error_status(channel, counted):
    with pytest.raises(grpc.RpcError) as error:
        call(channel, "unary_unary", "Refuse")(b"", timeout=DEADLINE)
    assert error.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert error.value.details() == "no such luck: \u00fc 100%\nnext line"
    assert ("x-why", "because") in error.value.trailing_metadata()
    counted(1)


def test_error_after_messages(channel, counted):
    answers = call(channel, "unary_stream", "Half")(b"", timeout=DEADLINE)
    heard = []
    with pytest.raises(grpc.RpcError) as error:
        for answer in answers:
            heard.append(answer)
    assert heard == [b"first", b"second"]
    assert (error.value.code(), error.value.details()) == (grpc.StatusCode.DATA_LOSS, "the rest is lost")
    counted(1)


def test_unknown_method(channel, counted):
    with pytest.raises(grpc.RpcError) as error:
        call(channel, "unary_unary", "Nonesuch")(b"", timeout=DEADLINE)
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
    counted(1)


def test_the_deadline_reaches_the_server(channel, counted):
    assert 5 < float(call(channel, "unary_unary", "Left")(b"", timeout=10)) < 11
    counted(1)


def test_deadline(channel, notes):
    start = time.monotonic()
    with pytest.raises(grpc.RpcError) as error:
        call(channel, "unary_unary", "Stay")(b"deadline", timeout=0.5)
    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert 0.4 < time.monotonic() - start < 5
    until(DEADLINE, "the server's word that the call is over", (notes / "deadline").exists)


def test_cancelled_by_the_client(channel, notes):
    answers = call(channel, "unary_stream", "Endless")(b"cancelled")
    assert next(answers) == b"x" * 10000
    answers.cancel()
    until(DEADLINE, "the server's word that the call is over", (notes / "cancelled").exists)
    assert call(channel, "unary_unary", "Echo")(b"still here", timeout=DEADLINE) == b"still here"


def test_many_at_once(channel, counted):
    echo = call(channel, "unary_unary", "Echo")
    with ThreadPoolExecutor(20) as pool:
        sent = [b"%d" % number * 1000 for number in range(400)]
        assert list(pool.map(lambda one: echo(one, timeout=DEADLINE), sent)) == sent
    counted(400)


# Calls that nobody reads fill their own windows and no more: others go on, from the same client and from others.
def test_unread_streams_do_not_hold_up_others(service, channel, notes):
    unread = [call(channel, "unary_stream", "Endless")(b"unread%d" % number) for number in range(4)]
    for answers in unread:
        next(answers)
    until(DEADLINE, "an answer beside them", lambda: call(channel, "unary_unary", "Echo")(b"x", timeout=5) == b"x")
    with grpc.insecure_channel(service.address) as other:
        assert call(other, "unary_unary", "Echo")(b"x", timeout=5) == b"x"
    for answers in unread:
        answers.cancel()
    for number in range(4):
        until(DEADLINE, "the server's word that the call is over", (notes / f"unread{number}").exists)
