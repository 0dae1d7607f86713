"""What a check reports when AWS does not answer it."""

from __future__ import annotations

from operations import aws
from operations.checks.model import CheckResult, Status
from operations.clients import Requests
from stacks.errors import AwsError

_DENIED = frozenset({"403", "AuthorizationError"})
"""Codes of a missing permission besides `aws.DENIED`: the answer to a HEAD request has no other code than its status,
and SNS has one of its own (Amazon SNS API reference, "Common errors")."""


def unanswered(check: str, error: AwsError, requests: Requests) -> CheckResult:
    """The result of a check whose request failed: a warning if the credentials may not make it, else `failed`."""
    status: Status = "warning" if _is_denied(error) else "failed"
    return CheckResult.of(check, error.problems[0], status=status, calls=requests.calls)


def denied(check: str, error: AwsError, requests: Requests) -> CheckResult:
    """The warning for a part of a check that the credentials may not make. Raises any other error."""
    if not _is_denied(error):
        raise error
    return unanswered(check, error, requests)


def _is_denied(error: AwsError) -> bool:
    """Whether a permission is missing."""
    return aws.trouble(error) == "denied" or bool(error.codes & _DENIED)
