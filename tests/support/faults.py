"""A proxy in front of the emulator that fails, or does not answer, selected requests."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.retries.standard import ExponentialBackoff

HOP_BY_HOP = ("connection", "content-length", "transfer-encoding", "keep-alive")


@dataclass(frozen=True)
class Request:
    """A request to AWS.

    Attributes:
        service: The name that it is signed for, such as `ecs` or `s3`.
        operation: The operation; for REST protocols the method and path, such as `PUT /bucket`.
    """

    service: str
    operation: str


@dataclass(frozen=True)
class Fault:
    """An error in AWS's response.

    Attributes:
        status: The HTTP status.
        code: The error code.
        message: The message.
        hang: Do not answer at all.
        drop: Close the connection without an answer.
    """

    status: int = 500
    code: str = "ServerException"
    message: str = "Internal error"
    hang: bool = False
    drop: bool = False


@dataclass
class Faults:
    """The address of the proxy, the fault for a request, and every request that failed."""

    endpoint: str
    fault: Callable[[Request], Fault | None] = lambda request: None
    failed: list[Request] = field(default_factory=list)
    seen: list[Request] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def fail(self, *operations: str, fault: Fault | None = None) -> None:
        """Fail every request for one of these operations."""
        self.fault = lambda request: (fault or Fault()) if request.operation in operations else None

    def succeed(self) -> None:
        """Fail no more requests."""
        self.fault = lambda request: None


def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3 try again at once."""
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda self, context: 0)


class _Handler(BaseHTTPRequestHandler):
    faults: Faults
    target: str
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 20  # headers and body in one piece, as in operations/rehearsal/emulator/server.py

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = _request(self, body)
        self.faults.seen.append(request)
        fault = self.faults.fault(request)
        if fault is None:
            self._forward(body)
            return
        self.faults.failed.append(request)
        self._fail(request, fault)

    do_GET = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_POST

    def _fail(self, request: Request, fault: Fault) -> None:
        if fault.hang:
            self.faults.over.wait()
        if fault.hang or fault.drop:
            self.close_connection = True
            return
        content_type, text = _error(self, request.service, fault)
        self._respond(fault.status, [("Content-Type", content_type), ("X-Amzn-ErrorType", fault.code)], text)

    def _forward(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection(urlsplit(self.target).netloc, timeout=60)
        upstream.request(self.command, self.path, body, dict(self.headers.items()))
        response = upstream.getresponse()
        kept = [pair for pair in response.getheaders() if pair[0].lower() not in HOP_BY_HOP]
        self._respond(response.status, kept, response.read())
        upstream.close()

    def _respond(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # Terraform opens many connections at once
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that close the connection early."""


@contextmanager
def faulty(endpoint: str) -> Iterator[Faults]:
    """A proxy that responds to requests with `fault`, and forwards the rest to `endpoint`."""
    faults = Faults("")
    handler = type("Handler", (_Handler,), {"faults": faults, "target": endpoint})
    server = _Server(("127.0.0.1", 0), handler)
    faults.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield faults
    finally:
        faults.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _request(handler: BaseHTTPRequestHandler, body: bytes) -> Request:
    scope = re.search(r"Credential=[^/]+/\d+/[^/]*/([^/]+)/", handler.headers.get("Authorization", ""))
    target = handler.headers.get("X-Amz-Target", "").rpartition(".")[2]
    action = parse_qs(body.decode(errors="replace")).get("Action", [""])[0] if _is_form(handler) else ""
    return Request(scope[1] if scope else "", target or action or f"{handler.command} {handler.path}")


def _is_form(handler: BaseHTTPRequestHandler) -> bool:
    return handler.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")


def _error(handler: BaseHTTPRequestHandler, service: str, fault: Fault) -> tuple[str, bytes]:
    """The content type and body of an error, in the protocol of the request."""
    error = f"<Error><Code>{fault.code}</Code><Message>{fault.message}</Message></Error>"
    if service == "s3":
        return "application/xml", error.encode()
    if service == "ec2":
        return "text/xml", f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>".encode()
    if _is_form(handler) or service == "route53":
        return "text/xml", f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>".encode()
    return "application/x-amz-json-1.1", json.dumps({"__type": fault.code, "message": fault.message}).encode()
