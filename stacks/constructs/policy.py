"""IAM policy documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stacks.jsonencode import terraform_json


def policy(statements: Iterable[Mapping[str, Any]]) -> str:
    """A policy document with `statements`, which may contain Terraform expressions."""
    return terraform_json({"Version": "2012-10-17", "Statement": list(statements)})


def tls_only(action: str | list[str], resources: list[str]) -> dict[str, Any]:
    """A statement of a resource policy that denies requests without TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": action,
        "Resource": resources,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
