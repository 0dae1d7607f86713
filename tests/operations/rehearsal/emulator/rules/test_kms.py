"""Keys and key policies that KMS refuses."""

from __future__ import annotations

from typing import Any

import pytest

from operations.rehearsal.emulator.client import ACCOUNT_ID
from tests.operations.rehearsal.emulator.rules.conftest import MISSING_ROLE, Aws, policy, refusal

ROOT = f"arn:aws:iam::{ACCOUNT_ID}:root"


def allow(principal: Any, action: Any = "kms:*") -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}


def test_a_principal_that_does_not_exist(aws: Aws) -> None:
    document = policy(allow({"AWS": ROOT}), allow({"AWS": MISSING_ROLE}, "kms:Decrypt"))

    assert refusal(aws("kms").create_key, Policy=document) == (
        "MalformedPolicyDocumentException",
        "Policy contains a statement with one or more invalid principals.",
    )


@pytest.mark.parametrize(
    "statement",
    [
        allow({"Service": "logs.amazonaws.com"}),
        allow({"AWS": ROOT}, ["kms:Decrypt", "kms:Describe*"]),
        {**allow({"AWS": ROOT}), "Effect": "Deny"},
    ],
)
def test_a_policy_that_nobody_can_change(aws: Aws, statement: dict[str, Any]) -> None:
    refused = (
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    )
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]

    assert refusal(kms.create_key, Policy=policy(statement)) == refused
    assert refusal(kms.put_key_policy, KeyId=key, PolicyName="default", Policy=policy(statement)) == refused
    kms.create_key(Policy=policy(statement), BypassPolicyLockoutSafetyCheck=True)


@pytest.mark.parametrize("action", ["kms:*", "*", ["kms:Put*"], "kms:PutKeyPolicy"])
def test_policies_that_the_account_can_change(aws: Aws, action: Any) -> None:
    aws("kms").create_key(Policy=policy(allow({"AWS": ROOT}, action)))
