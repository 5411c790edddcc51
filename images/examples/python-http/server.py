"""A function as an HTTP server, with nothing but the standard library: it counts the words of what it is sent."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Words(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(errors="replace")
        self.answer(200, {"words": len(text.split()), "letters": len(text.strip())})

    def do_GET(self):
        self.answer(200, {"usage": "POST a text"})

    def answer(self, status, document):
        body = json.dumps(document).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """The watchdog writes the access log."""


class Server(ThreadingHTTPServer):
    # The watchdog keeps connections open and opens many at once; the default backlog of 5 is too short for that.
    request_queue_size = 128


Server(("127.0.0.1", 5000), Words).serve_forever()
