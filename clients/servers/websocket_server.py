"""A WebSocket server that does what its path says. It knows nothing of what is before it."""

import asyncio
import http
import sys

from websockets.asyncio.server import serve


async def answer(socket):
    path = socket.request.path
    if path == "/close":
        await socket.close(4001, "that is all")
    elif path == "/count":
        for number in range(10):
            await socket.send(str(number))
            await asyncio.sleep(0.1)
    elif path == "/headers":
        await socket.send("".join(f"{name.lower()}: {value}\n" for name, value in socket.request.headers.raw_items()))
    else:
        async for message in socket:
            await socket.send(message)


async def guard(socket, request):
    if request.path == "/refused":
        return socket.respond(http.HTTPStatus.UNAUTHORIZED, "who are you?\n")
    return None


def choose(socket, offered):
    return next((name for name in ("chat.v2", "chat.v1") if name in offered), None)


async def main():
    async with serve(answer, "127.0.0.1", int(sys.argv[1]), process_request=guard, select_subprotocol=choose, max_size=2**24) as server:
        await server.serve_forever()


asyncio.run(main())
