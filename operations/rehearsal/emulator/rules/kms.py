"""Keys and key policies that KMS refuses.

Source: https://docs.aws.amazon.com/kms/latest/APIReference/, pages API_CreateKey and API_PutKeyPolicy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.principals import as_list, invalid_principals, principals, statements

MALFORMED = "MalformedPolicyDocumentException"
OPERATIONS = ("CreateKey", "PutKeyPolicy")


@rule("kms", *OPERATIONS)
def policy_principals(request: Request) -> None:
    """A key policy with a principal that does not exist."""
    if invalid_principals(request, request.parameters.get("Policy") or "{}"):
        raise Refused(MALFORMED, "Policy contains a statement with one or more invalid principals.")


@rule("kms", *OPERATIONS)
def lockout(request: Request) -> None:
    """A key policy that lets nobody change it: the caller would need PutKeyPolicy, which the account grants here."""
    policy = request.parameters.get("Policy")
    if policy and not request.parameters.get("BypassPolicyLockoutSafetyCheck"):
        text = "The new key policy will not allow you to update the key policy in the future."
        allowed = any(_lets_account_change(request, each) for each in statements(policy))
        refused_unless(allowed, MALFORMED, text)


def _lets_account_change(request: Request, statement: Mapping[str, Any]) -> bool:
    everyone = {"*", request.account, f"arn:aws:iam::{request.account}:root"}
    names = {re.sub(r"^arn:[^:]+:", "arn:aws:", name) for kind, name in principals(statement) if kind == "AWS"}
    actions = as_list(statement.get("Action"))
    return (
        statement.get("Effect") == "Allow"
        and bool(names & everyone)
        and any(re.fullmatch(action.replace("*", ".*"), "kms:PutKeyPolicy", re.IGNORECASE) for action in actions)
    )
