"""WebSocket (the package websockets at both ends) through mode http: messages of all kinds, pings, closing by either side, refusals."""

import asyncio
import os
import time

import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from conftest import DEADLINE, serve, until


@pytest.fixture(scope="module")
def server(standing):
    one = standing(**serve("websocket_server.py"))
    one.socket = f"ws://{one.address}"
    return one


def test_messages(server):
    with connect(f"{server.socket}/echo") as socket:
        for message in "hello", "\u00fc" * 1000, b"\x00\xff" * 500, "", b"":
            socket.send(message)
            assert socket.recv(DEADLINE) == message


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_large_messages(server, compression):
    with connect(f"{server.socket}/echo", max_size=2**24, compression=compression) as socket:
        extensions = socket.response.headers.get("Sec-WebSocket-Extensions", "")
        assert ("permessage-deflate" in extensions) == (compression == "deflate")
        for message in os.urandom(5_000_000), "again " * 500_000:
            socket.send(message)
            assert socket.recv(DEADLINE) == message


def test_fragments(server):
    with connect(f"{server.socket}/echo") as socket:
        socket.send(part for part in ("one ", "two ", "three"))
        assert socket.recv(DEADLINE) == "one two three"


def test_ping(server):
    with connect(f"{server.socket}/echo") as socket:
        assert socket.ping(b"are you there?").wait(DEADLINE)


def test_subprotocol(server):
    with connect(f"{server.socket}/echo", subprotocols=["chat.v1", "other"]) as socket:
        assert socket.subprotocol == "chat.v1"


def test_what_the_server_sees(server):
    with connect(f"{server.socket}/headers", additional_headers={"X-One": "first", "Cookie": "a=1"}, origin="http://example.org") as socket:
        seen = socket.recv(DEADLINE)
    for line in f"host: {server.address}\n", "x-one: first\n", "cookie: a=1\n", "origin: http://example.org\n", "upgrade: websocket\n":
        assert line in seen


def test_pushed_messages_come_as_they_are_made(server):
    with connect(f"{server.socket}/count") as socket:
        times = [(message, time.monotonic()) for message in socket]
    assert [message for message, _ in times] == [str(number) for number in range(10)]
    assert times[-1][1] - times[0][1] > 0.5, "they came all at once"


def test_closed_by_the_server(server):
    with connect(f"{server.socket}/close") as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(DEADLINE)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "that is all")


def test_closed_by_the_client(server):
    with connect(f"{server.socket}/echo") as socket:
        socket.close(4002, "enough")
    assert (socket.close_code, socket.close_reason) == (4002, "enough")


def test_refused(server):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{server.socket}/refused")
    assert (refused.value.response.status_code, refused.value.response.body) == (401, b"who are you?\n")


def test_fifty_at_once(server):
    async def one(number):
        async with connect_async(f"{server.socket}/echo") as socket:
            for round in range(20):
                await socket.send(f"{number} {round}")
                assert await socket.recv() == f"{number} {round}"

    async def all_of_them():
        await asyncio.wait_for(asyncio.gather(*(one(number) for number in range(50))), 2 * DEADLINE)

    asyncio.run(all_of_them())


def test_every_one_was_counted(server):
    with connect(f"{server.socket}/echo") as socket:
        socket.send("x")
        assert socket.recv(DEADLINE) == "x"
    until(5, "a count", lambda: server.counted().get("101"))
    assert set(server.counted()) <= {"101", "401", "200"}
