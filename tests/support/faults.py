"""An AWS that answers with errors: a proxy before the emulator that fails the operations it is told to."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

BODY = b'{"__type": "ServerException", "message": "These aren\'t the droids you\'re looking for"}'


@dataclass
class Faults:
    """The proxy's address, the operations that fail by name, and how often each did."""

    endpoint: str
    failing: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)


@contextmanager
def faulty(endpoint: str) -> Iterator[Faults]:
    """A proxy before `endpoint` that answers with status 500 for every operation in `failing`, and passes on the rest.

    It knows the operations of JSON protocols alone: their name stands in a header.
    """
    faults = Faults("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            if operation in faults.failing:
                faults.failed.append(operation)
                self._answer(500, [("Content-Type", "application/x-amz-json-1.1")], BODY)
                return
            upstream = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=60)
            upstream.request(self.command, self.path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            kept = [pair for pair in answer.getheaders() if pair[0].lower() not in HOP_BY_HOP]
            self._answer(answer.status, kept, answer.read())
            upstream.close()

        do_GET = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_POST

        def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in [*headers, ("Content-Length", str(len(body)))]:
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # Terraform opens many connections at once

    server = Server(("127.0.0.1", 0), Handler)
    faults.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield faults
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


HOP_BY_HOP = ("connection", "content-length", "transfer-encoding", "keep-alive")
