"""A gRPC service without a .proto file: messages are bytes, the calls are of all four kinds.
It knows where to note that a call was cancelled. It refuses to know about the watchdog before it."""

import sys
import time
from concurrent import futures
from pathlib import Path

import grpc

NOTES = Path(sys.argv[2])


def echo(request, context):
    sent = dict(context.invocation_metadata())
    context.send_initial_metadata([("x-first", sent.get("x-asked", "none"))])
    context.set_trailing_metadata([("x-last", "one"), ("x-last-bin", b"\x00\xff")])
    return request


def count(request, context):
    for number in range(int(request)):
        yield b"%d" % number
        time.sleep(0.01)


def total(requests, context):
    return b"%d" % sum(int(request) for request in requests)


def pingpong(requests, context):
    for request in requests:
        yield b"pong " + request


def refuse(request, context):
    context.set_trailing_metadata([("x-why", "because")])
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no such luck: \u00fc 100%\nnext line")


def half(request, context):
    yield b"first"
    yield b"second"
    context.abort(grpc.StatusCode.DATA_LOSS, "the rest is lost")


def left(request, context):
    return b"%f" % (context.time_remaining() or -1)


def stay(request, context):
    context.add_callback(lambda: (NOTES / request.decode()).touch())
    while context.is_active():
        time.sleep(0.02)
    return b""


def endless(request, context):
    context.add_callback(lambda: (NOTES / request.decode()).touch())
    while context.is_active():
        yield b"x" * 10000


calls = {
    "Echo": grpc.unary_unary_rpc_method_handler(echo),
    "Count": grpc.unary_stream_rpc_method_handler(count),
    "Total": grpc.stream_unary_rpc_method_handler(total),
    "PingPong": grpc.stream_stream_rpc_method_handler(pingpong),
    "Refuse": grpc.unary_unary_rpc_method_handler(refuse),
    "Half": grpc.unary_stream_rpc_method_handler(half),
    "Left": grpc.unary_unary_rpc_method_handler(left),
    "Stay": grpc.unary_unary_rpc_method_handler(stay),
    "Endless": grpc.unary_stream_rpc_method_handler(endless),
}
server = grpc.server(futures.ThreadPoolExecutor(64), options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)])
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("clients.Test", calls)])
if not server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}"):
    sys.exit("the port is taken")
server.start()
server.wait_for_termination()
