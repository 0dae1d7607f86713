"""How the emulator says that it can't answer."""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

MARKER = "emulator cannot answer: "
"""Begins the line of the emulator's log that tells of each refusal."""

CODE = "NotImplementedByEmulator"


class Refusal:
    """A WSGI application that turns whatever moto raises into a plain refusal.

    Moto answers an operation that it lacks with status 500, which AWS clients take for a passing fault and try
    again for minutes. Status 501 with an error code is final: Terraform fails at once and shows the message.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return self._application(environ, start_response)  # type: ignore[no-any-return]
        except Exception as error:
            traceback.print_exc()
            message = f"{operation_of(environ)}: {error or type(error).__name__}"
            print(MARKER + message.replace("\n", " "), file=sys.stderr, flush=True)
            kind, body = refusal_body(environ, message)
            headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("X-Amzn-Errortype", CODE)]
            start_response("501 Not Implemented", headers)
            return [body]


def operation_of(environ: dict[str, Any]) -> str:
    """The AWS service and, where a header or the path names it, the operation of a request."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    where = target or f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"
    return f"{scope[1] if scope else 'AWS'} {where}"


def refusal_body(environ: dict[str, Any], message: str) -> tuple[str, bytes]:
    """The media type and body of a refusal, in the protocol that the request speaks."""
    if "json" in environ.get("CONTENT_TYPE", "") or re.match(r"/20\d\d-\d\d-\d\d/", environ.get("PATH_INFO", "")):
        return "application/x-amz-json-1.1", json.dumps({"__type": CODE, "message": message}).encode()
    error = f"<Error><Code>{CODE}</Code><Message>{escape(message)}</Message></Error>"
    if "/ec2/" in environ.get("HTTP_AUTHORIZATION", ""):
        return "text/xml", f"<Response><Errors>{error}</Errors></Response>".encode()
    if "/s3/" in environ.get("HTTP_AUTHORIZATION", ""):
        return "application/xml", error.encode()
    return "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode()
