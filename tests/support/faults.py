"""A proxy in front of the emulator that fails selected AWS operations."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

BODY = b'{"__type": "ServerException", "message": "Internal error"}'


@dataclass
class Faults:
    """The address of the proxy, the operations to fail, and every operation that failed."""

    endpoint: str
    failing: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)


@contextmanager
def faulty(endpoint: str) -> Iterator[Faults]:
    """A proxy that responds with status 500 to every operation in `failing`, and forwards the rest to `endpoint`.

    Only operations of JSON protocols can fail: a header contains their name.
    """
    faults = Faults("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            if operation in faults.failing:
                faults.failed.append(operation)
                self._respond(500, [("Content-Type", "application/x-amz-json-1.1")], BODY)
                return
            upstream = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=60)
            upstream.request(self.command, self.path, body, dict(self.headers.items()))
            response = upstream.getresponse()
            kept = [pair for pair in response.getheaders() if pair[0].lower() not in HOP_BY_HOP]
            self._respond(response.status, kept, response.read())
            upstream.close()

        do_GET = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_POST

        def _respond(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in [*headers, ("Content-Length", str(len(body)))]:
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

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
