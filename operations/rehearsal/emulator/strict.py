"""Refuses what AWS refuses and moto accepts, before moto handles the request.

Each request is compared with the model of the API (`models.py`), then with the rules of its service (`rules/`), and
recorded (`recorder.py`). A refusal is serialized in the protocol of the request, so that clients can't distinguish it
from an error of AWS.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from moto.core.serialize import get_serializer_class

from operations.rehearsal.emulator import rules
from operations.rehearsal.emulator.models import violations
from operations.rehearsal.emulator.recorder import Recorder
from operations.rehearsal.emulator.request import Request, read_request
from operations.rehearsal.emulator.rules import Refused, tags

OWN_PATHS = ("/ecsforge/", "/moto-api")
"""Paths that are not AWS's."""
MODELS, TAGS = "models", "tags"
"""The names with which the comparison with the models and the rules for tags are disabled."""

INVALID = {
    "acm": "ValidationException",
    "cloudwatch": "ValidationError",
    "ec2": "InvalidParameterValue",
    "ecr": "InvalidParameterException",
    "ecs": "InvalidParameterException",
    "efs": "BadRequest",
    "elbv2": "ValidationError",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
    "resourcegroupstaggingapi": "InvalidParameterException",
    "route53": "InvalidInput",
    "s3": "InvalidArgument",
    "servicediscovery": "InvalidInput",
    "sns": "InvalidParameter",
    "sqs": "InvalidParameterValue",
    "wafv2": "WAFInvalidParameterException",
}
"""The code of a request that does not match the model of its service, where it is not ValidationException.

Source: the page "Common Errors" and the errors of the operations in the API reference of each service.
"""


class StrictRequests:
    """WSGI middleware that answers the requests that AWS refuses, and passes all others on.

    Args:
        application: moto.
        recorder: Records every request.
        account: The account that the emulator emulates.
        disabled: Names of rules, or `models`, that are not applied, for tests of what they refuse.
    """

    def __init__(
        self, application: Any, recorder: Recorder, account: str, disabled: frozenset[str] = frozenset()
    ) -> None:
        self._application, self._recorder = application, recorder
        self._account, self._disabled = account, disabled

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        own = environ.get("PATH_INFO", "").startswith(OWN_PATHS)
        request = None if own else read_request(environ, self._account)
        if request is not None:
            try:
                self._check(request)
            except Refused as refusal:
                self._recorder.record(request, refusal.code)
                return respond(request, refusal, environ, start_response)
            self._recorder.record(request)
        # Untouched: a list made of moto's response loses the answer of requests that Terraform then repeats.
        return self._application(environ, start_response)  # type: ignore[no-any-return]

    def _check(self, request: Request) -> None:
        code = INVALID.get(request.service, "ValidationException")
        if MODELS not in self._disabled:
            found = list(violations(request.model.input_shape, request.parameters))
            if found:
                errors = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"
                raise Refused(code, errors)
        if TAGS not in self._disabled:
            problem = tags.problem(request)
            rules.refused_unless(not problem, code, problem)
        rules.check(request, self._disabled)


def respond(request: Request, refusal: Refused, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a request with a refusal, in its own protocol."""
    serializer = get_serializer_class(request.service, request.protocol)(request.model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the models of some services lack errors that their documentation lists
        answer = serializer.serialize(refusal)
    status = HTTPStatus(refusal.status or answer["status_code"])
    content = answer["body"]
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else content.encode() if isinstance(content, str) else content
    headers = [(name, value) for name, value in answer["headers"].items() if name.lower() != "content-length"]
    start_response(f"{status.value} {status.phrase}", [*headers, ("Content-Length", str(len(body)))])
    return [body]
