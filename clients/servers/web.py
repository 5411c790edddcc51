"""A function's own web server, on Python's http.server: answers of every kind that a client may find hard.
It knows its routes. It refuses to be clever: where it says a length, it is the one it was told to say."""

import hashlib
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            whole = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return whole
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, body=b"", **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def route(self):
        sent = self.body()
        kind, _, rest = self.path.lstrip("/").partition("/")
        if kind == "sum":
            body = f"{len(sent)} {hashlib.sha256(sent).hexdigest()}".encode()
            self.answer(200, body, Content_Length=len(body), X_Method=self.command)
        elif kind == "bytes":
            body = bytes(i % 251 for i in range(int(rest)))
            self.answer(200, body, Content_Length=len(body))
        elif kind == "status":
            body = b"" if rest in ("204", "304") else rest.encode()
            fields = {} if rest == "204" else {"Content_Length": len(body) or 11}
            self.answer(int(rest), body, ETag='"one"', **fields)
        elif kind == "204-with-length":
            self.answer(204, Content_Length=rest)
        elif kind == "cookies":
            self.send_response(200)
            for value in "a=1", "b=2":
                self.send_header("Set-Cookie", value)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif kind == "pieces":
            self.pieces(int(rest))
        elif kind == "seen":
            body = "".join(f"{name.lower()}: {value}\n" for name, value in self.headers.items()).encode()
            self.answer(200, body, Content_Length=len(body))
        else:
            self.answer(404, b"nothing", Content_Length=7)

    # One piece every 100 ms, of no length that was told.
    def pieces(self, count):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        if self.command == "HEAD":
            return
        for number in range(count):
            text = f"piece {number}\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
            time.sleep(0.1)
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = route

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
