"""Requests that the emulator can't handle: an error that AWS clients don't retry, and a line in the emulator's log."""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from xml.sax.saxutils import escape

CODE = "NotImplementedByEmulator"
_KEY = "unsupported"


@dataclass(frozen=True)
class Unsupported:
    """A request that the emulator could not handle, and why. `operation` is the AWS service and the operation, such as
    `ecs StopServiceDeployment`.
    """

    operation: str
    reason: str

    def log_line(self) -> str:
        """The line of the emulator's log that records it."""
        return json.dumps({_KEY: asdict(self)})


def read_log(text: str) -> tuple[Unsupported, ...]:
    """The unsupported requests that an emulator's log records, each once."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith(f'{{"{_KEY}": ')]
    return tuple(dict.fromkeys(Unsupported(**line[_KEY]) for line in lines))


class UnsupportedRequests:
    """WSGI middleware that responds with status 501 when moto raises.

    Moto responds to an operation that it lacks with status 500, which AWS clients treat as a temporary fault and retry
    for minutes. Status 501 with an error code is final: Terraform fails at once and shows the message.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return self._application(environ, start_response)  # type: ignore[no-any-return]
        except Exception as error:
            traceback.print_exc()
            request = Unsupported(operation_of(environ), str(error) or type(error).__name__)
            print(request.log_line(), file=sys.stderr, flush=True)
            kind, body = error_body(environ, f"{request.operation}: {request.reason}")
            headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("X-Amzn-Errortype", CODE)]
            start_response("501 Not Implemented", headers)
            return [body]


def operation_of(environ: dict[str, Any]) -> str:
    """The AWS service of a request, and its operation where a header names it, else its method and path."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    operation = target or f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"
    return f"{scope[1] if scope else 'AWS'} {operation}"


def error_body(environ: dict[str, Any], message: str) -> tuple[str, bytes]:
    """The media type and the body of an error, in the protocol of the request."""
    if "json" in environ.get("CONTENT_TYPE", "") or re.match(r"/20\d\d-\d\d-\d\d/", environ.get("PATH_INFO", "")):
        return "application/x-amz-json-1.1", json.dumps({"__type": CODE, "message": message}).encode()
    error = f"<Error><Code>{CODE}</Code><Message>{escape(message)}</Message></Error>"
    if "/ec2/" in environ.get("HTTP_AUTHORIZATION", ""):
        return "text/xml", f"<Response><Errors>{error}</Errors></Response>".encode()
    if "/s3/" in environ.get("HTTP_AUTHORIZATION", ""):
        return "application/xml", error.encode()
    return "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode()
