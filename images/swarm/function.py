"""The function of the rolling updates: waits as long as the query says, so that requests are in flight when a task is told to stop."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        time.sleep(float(self.path.partition("?")[2] or 0))
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\n")

    def log_message(self, *_):
        """The watchdog writes the access log."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128


Server(("127.0.0.1", 5000), Hello).serve_forever()
