"""An HTTP proxy on loopback that answers for the host names of ECR registries.

It terminates TLS for them, forwards requests to a local registry, and puts every manifest that is pushed into the
emulator's ECR first, whose refusals (a tag that exists, a repository that does not) it answers as ECR does. Layers and
configurations are downloaded as from ECR: by a redirect to a host of S3, which refuses an authorization. It can fail
requests. It refuses every other host.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

LAYERS = "starport-layers.s3.eu-west-1.amazonaws.com"
"""The host that blobs are downloaded from."""
_CREDENTIALS = base64.b64encode(b"AWS:123456789012-auth-token").decode()
_BLOB = re.compile(r"/v2/.+/blobs/sha256:[0-9a-f]{64}")
_MANIFEST = re.compile(r"/v2/(?P<repository>.+)/manifests/(?P<tag>.+)")
_UPLOAD = re.compile(r"/v2/(?P<repository>.+)/blobs/uploads/")
_NOT_FORWARDED = ("host", "transfer-encoding", "proxy-connection", "content-length", "connection", "accept-encoding")
_NOT_RETURNED = ("content-length", "transfer-encoding", "connection", "date", "server")


@dataclass(frozen=True)
class Request:
    """A request to a registry."""

    host: str
    method: str
    path: str


@dataclass(frozen=True)
class Fault:
    """An answer with an error; without a status the connection is closed."""

    status: int = 0
    code: str = "UNKNOWN"
    message: str = ""


@dataclass
class Front:
    """The proxy.

    Attributes:
        hosts: The ECR host names, and the emulator's ECR client for each.
        upstream: The host and port of the local registry.
        url: The proxy's URL.
        fault: The fault for a request; None to forward it.
        seen: The requests, in order.
        failed: The requests that failed on purpose.
    """

    hosts: dict[str, Any]
    upstream: str
    url: str = ""
    fault: Callable[[Request], Fault | None] = lambda request: None
    seen: list[Request] = field(default_factory=list)
    failed: list[Request] = field(default_factory=list)

    def fail(self, method: str, path: str, fault: Fault, *, after: int = 0) -> None:
        """Fail requests whose path matches the pattern `path`, after the first `after` of them."""
        matching = 0

        def selected(request: Request) -> Fault | None:
            nonlocal matching
            if request.method != method or not re.search(path, request.path):
                return None
            matching += 1
            return fault if matching > after else None

        self.fault = selected

    def reset(self) -> None:
        """Fail nothing, and forget all requests."""
        self.fault = lambda request: None
        self.seen.clear()
        self.failed.clear()


@contextmanager
def running(front: Front, certificate: Path) -> Iterator[Front]:
    """Run the proxy on a free port in this block; `certificate` has a key too."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    class Handler(_Handler):
        pass

    Handler.front, Handler.tls = front, tls
    server = _Server(("127.0.0.1", 0), Handler)
    front.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _digest(manifest: bytes) -> str:
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _has(ecr: Any, repository: str, tag: str, manifest: bytes) -> bool:
    """Whether the emulator has this manifest with this tag: ECR accepts it again."""
    name = {"imageDigest": tag} if tag.startswith("sha256:") else {"imageTag": tag}
    try:
        found = ecr.describe_images(repositoryName=repository, imageIds=[name])["imageDetails"]
    except ClientError:
        return False
    return bool(found[0]["imageDigest"] == _digest(manifest))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that close the connection early."""


class _Handler(BaseHTTPRequestHandler):
    front: Front
    tls: ssl.SSLContext
    host = ""
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self) -> None:
        self.host = self.path.removesuffix(":443")
        if self.host not in (*self.front.hosts, LAYERS):
            self.send_error(502, f"no route to {self.host}")
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.flush()
        try:
            self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        except (OSError, ssl.SSLError):  # a client that does not trust the certificate
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def handle_request(self) -> None:
        body = self._body()
        request = Request(self.host, self.command, self.path)
        self.front.seen.append(request)
        fault = self.front.fault(request)
        if fault is not None:
            self.front.failed.append(request)
        fault = fault or self._refusal(body)
        if fault is None and self.host == LAYERS:
            self._layer()
        elif fault is None:
            self._forward(body)
        elif fault.status:
            self._error(fault)
        else:
            self.close_connection = True
            self.connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_request

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _refusal(self, body: bytes) -> Fault | None:
        """What ECR refuses: the emulator decides."""
        path = self.path.partition("?")[0]
        if self.host == LAYERS:
            return Fault(400, "InvalidArgument", "Only one auth mechanism allowed") if self._is_authorized else None
        if not self._is_authorized:
            return None  # the registry asks for it
        if self.command == "POST" and (upload := _UPLOAD.fullmatch(path)):
            return self._asked(lambda ecr: ecr.describe_repositories(repositoryNames=[upload["repository"]]))
        if self.command == "PUT" and (manifest := _MANIFEST.fullmatch(path)):
            tag = {} if manifest["tag"].startswith("sha256:") else {"imageTag": manifest["tag"]}
            return self._asked(
                lambda ecr: ecr.put_image(
                    repositoryName=manifest["repository"],
                    imageManifest=body.decode(),
                    imageManifestMediaType=self.headers["Content-Type"],
                    imageDigest=_digest(body),
                    **tag,
                ),
                lambda ecr: _has(ecr, manifest["repository"], manifest["tag"], body),
            )
        return None

    def _asked(self, call: Callable[[Any], Any], done: Callable[[Any], bool] = lambda ecr: False) -> Fault | None:
        """The fault for an error of the emulator's ECR, unless what was asked for is `done` already."""
        try:
            call(self.front.hosts[self.host])
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if done(self.front.hosts[self.host]):
                return None
            if code == "RepositoryNotFoundException":
                return Fault(404, "NAME_UNKNOWN", message)
            return Fault(400, "TAG_INVALID", message)
        return None

    @property
    def _is_authorized(self) -> bool:
        return "Authorization" in self.headers

    def _layer(self) -> None:
        """Answer as S3: the URL is the authorization."""
        self.host = next(iter(self.front.hosts))
        self.headers["Authorization"] = f"Basic {_CREDENTIALS}"
        self._forward(b"", redirect=False)
        self.host = LAYERS

    def _forward(self, body: bytes, *, redirect: bool = True) -> None:
        upstream = http.client.HTTPConnection(self.front.upstream)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in (
            ("Host", self.host),
            ("X-Forwarded-Proto", "https"),
            ("Content-Length", str(len(body))),
            *((name, value) for name, value in self.headers.items() if name.lower() not in _NOT_FORWARDED),
        ):
            upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        content = answer.read()
        kept = [pair for pair in answer.getheaders() if pair[0].lower() not in _NOT_RETURNED]
        upstream.close()
        if redirect and self.command == "GET" and answer.status == 200 and _BLOB.fullmatch(self.path):
            self._respond(307, [("Location", f"https://{LAYERS}{self.path}"), ("Content-Length", "0")], b"")
            return
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self._respond(answer.status, [*kept, ("Content-Length", length or str(len(content)))], content)

    def _error(self, fault: Fault) -> None:
        body = json.dumps({"errors": [{"code": fault.code, "message": fault.message}]}).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        if fault.status == 401:
            headers.append(("Www-Authenticate", 'Basic realm="ecr"'))
        self._respond(fault.status, headers, body)

    def _respond(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""
