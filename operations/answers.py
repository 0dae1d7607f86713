"""Watches the requests of a session: refuses answers that do not come from AWS, and reports a slow endpoint.

Imported when a session is created: botocore takes a while to load. The events are botocore's, see
https://docs.aws.amazon.com/boto3/latest/guide/events.html: `before-send` and `response-received` surround each attempt,
`before-parse` has the raw answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError
from botocore.parsers import create_parser

SLOW_SECONDS = 5.0
"""How long an endpoint may take before it is reported."""
AUTHENTICATION_REQUIRED = 511
"""The status of a network's sign-in page, RFC 6585."""
HOST = "EcsforgeHost"
"""The key in the metadata of an answer with the scheme and host that sent it."""
_HTML = (b"<!doctype html", b"<html")


class ForeignAnswer(BotoCoreError):
    """An answer that AWS does not give: a sign-in page of a network, a proxy's error, another server.

    Attributes:
        got: What the answer was, and where it came from.
    """

    fmt = "{got}"

    def __init__(self, got: str) -> None:
        super().__init__(got=got)
        self.got = got


@dataclass
class Requests:
    """The requests of one session.

    Attributes:
        on_slow: Called once for each host that does not answer within `SLOW_SECONDS`; from another thread.
        slow_seconds: How long it may take.
    """

    on_slow: Callable[[str], None] | None = None
    slow_seconds: float = SLOW_SECONDS
    _reported: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _current: threading.local = field(default_factory=threading.local)

    def watch(self, session: Any) -> None:
        """Watch the clients that this boto3 or botocore session creates from now on."""
        events = session.get_component("event_emitter") if hasattr(session, "get_component") else session.events
        events.register("before-send", self._sending)
        events.register("before-parse", self._received)
        events.register("response-received", self._ended)

    def _sending(self, request: Any, **_: Any) -> None:
        address = urlsplit(request.url)
        self._current.host = f"{address.scheme}://{address.netloc}"
        if self.on_slow is not None and self._current.host not in self._reported:
            timer = threading.Timer(self.slow_seconds, self._report, [self._current.host])
            timer.daemon = True  # an interrupted request must not delay the exit
            timer.start()
            self._current.timer = timer

    def _received(self, operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
        problem = what_is_wrong(operation_model, response_dict)
        if problem is not None:
            self._ended()
            raise ForeignAnswer(f"{problem} from {getattr(self._current, 'host', 'the endpoint')}")

    def _ended(self, parsed_response: Any = None, **_: Any) -> None:
        timer = getattr(self._current, "timer", None)
        if timer is not None:
            timer.cancel()
        if isinstance(parsed_response, dict):  # for the messages of `operations.aws.errors`
            parsed_response.setdefault("ResponseMetadata", {})[HOST] = getattr(self._current, "host", "")

    def _report(self, host: str) -> None:
        with self._lock:  # several requests wait at once
            first = host not in self._reported
            self._reported.add(host)
        if self.on_slow is not None and first:
            self.on_slow(f"{host} has not answered for {self.slow_seconds:g} s; still waiting")


def what_is_wrong(operation: Any, response: Mapping[str, Any]) -> str | None:
    """What an answer is when it can't be AWS's; None for one that AWS may give, be it an error.

    Server errors are left to botocore, which retries them: AWS's own front ends answer those with HTML too.
    """
    status, body = response["status_code"], response["body"]
    if not isinstance(body, bytes):  # a stream
        return None
    text = f"(status {status} for {operation.name})"
    if 300 <= status < 400 and not _from_s3(response["headers"]):
        return f"a redirect to {response['headers'].get('location', 'another address')} {text}"
    if (status < 500 or status == AUTHENTICATION_REQUIRED) and body.lstrip()[:15].lower().startswith(_HTML):
        return f"an HTML page {text}"
    return f"{_kind(operation, body)} {text}" if _unreadable(operation, response) else None


def _kind(operation: Any, body: bytes) -> str:
    if body.strip() in (b"", b"{}"):
        return "an empty answer"
    return f"an answer that is not one of {operation.service_model.service_id}"


def _unreadable(operation: Any, response: Mapping[str, Any]) -> bool:
    """Whether an answer has none of the members of its API model, or of other types; or is an error without a code.

    AWS's answers without members have at least a request ID, and only the errors of HEAD requests have no code.
    """
    status, shape = response["status_code"], operation.output_shape
    try:
        parsed = create_parser(operation.service_model.resolved_protocol).parse(response, shape)
    except Exception:  # botocore's parsers raise whatever a wrong type leads to
        return True
    if not isinstance(parsed, dict):
        return True
    if parsed.pop("ResponseMetadata", {}).get("RequestId") or operation.http.get("method") == "HEAD" or status >= 500:
        return False
    if status >= 300:
        return has_no_code(parsed, status)
    return (
        shape is not None
        and not parsed
        and any("location" not in each.serialization for each in shape.members.values())
    )


def has_no_code(response: Mapping[str, Any], status: int | None) -> bool:
    """Whether a parsed error has no code of AWS, only what botocore puts there."""
    return response.get("Error", {}).get("Code") in (None, "", str(status))


def _from_s3(headers: Mapping[str, str]) -> bool:
    """S3 redirects to the region of a bucket, which botocore follows."""
    return any(name.lower().startswith("x-amz-") for name in headers)
