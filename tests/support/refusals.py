"""Errors that AWS answers with, for the sessions of tests."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError, EndpointConnectionError

THROTTLED = ("ThrottlingException", 400)
EXPIRED = ("ExpiredTokenException", 400)
UNAVAILABLE = ("InternalFailure", 503)
DENIED = ("AccessDeniedException", 400)


def refuse(session: boto3.Session, call: str, code: str, status: int = 400, message: str = "refused") -> None:
    """Let a call such as `ssm.DescribeParameters` of this session fail with an error code of AWS."""
    operation = call.partition(".")[2]
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "1"},
    }

    def fail(**_: Any) -> None:
        raise ClientError(answer, operation)

    session.events.register(f"before-call.{call}", fail)


def drop(session: boto3.Session, call: str) -> None:
    """Let the connection of a call fail."""

    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://aws.example.com")

    session.events.register(f"before-call.{call}", fail)
