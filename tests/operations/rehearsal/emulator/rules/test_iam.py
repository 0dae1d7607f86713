"""Roles and policies that IAM refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.rehearsal.emulator.client import ACCOUNT_ID
from tests.operations.rehearsal.emulator.rules.conftest import MISSING_ROLE, Aws, policy, refusal, trust, unique

INLINE = ("LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role {}")


def of_size(size: int) -> str:
    """A policy of that many characters without white space, and with some."""
    empty = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::"})
    missing = size - len("".join(empty.split()))
    return json.dumps(json.loads(empty.replace(":::", f":::{'x' * missing}")), indent=4)


def test_inline_policies_of_a_role(aws: Aws, role: dict[str, Any]) -> None:
    iam, name = aws("iam"), role["RoleName"]
    refused = (INLINE[0], INLINE[1].format(name))

    assert refusal(iam.put_role_policy, RoleName=name, PolicyName="a", PolicyDocument=of_size(10_241)) == refused
    iam.put_role_policy(RoleName=name, PolicyName="a", PolicyDocument=of_size(6_000))
    assert refusal(iam.put_role_policy, RoleName=name, PolicyName="b", PolicyDocument=of_size(4_241)) == refused
    iam.put_role_policy(RoleName=name, PolicyName="b", PolicyDocument=of_size(4_240))
    iam.put_role_policy(RoleName=name, PolicyName="a", PolicyDocument=of_size(6_000))


def test_a_managed_policy(aws: Aws) -> None:
    iam, name = aws("iam"), unique("policy")
    refused = ("LimitExceeded", "Cannot exceed quota for PolicySize: 6144")

    assert refusal(iam.create_policy, PolicyName=name, PolicyDocument=of_size(6_145)) == refused
    arn = iam.create_policy(PolicyName=name, PolicyDocument=of_size(6_144))["Policy"]["Arn"]
    assert refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=of_size(6_145)) == refused


def test_a_trust_policy(aws: Aws, role: dict[str, Any]) -> None:
    principals = {"AWS": [f"arn:aws:iam::{number:012}:root" for number in range(60)]}
    large = policy({"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole"})
    refused = ("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")

    assert refusal(aws("iam").create_role, RoleName=unique("role"), AssumeRolePolicyDocument=large) == refused
    update = aws("iam").update_assume_role_policy
    assert refusal(update, RoleName=role["RoleName"], PolicyDocument=large) == refused


@pytest.mark.parametrize(
    ("kind", "name"),
    [("AWS", MISSING_ROLE), ("AWS", "web"), ("AWS", "arn:aws:iam::123456789012:group/ops"), ("Service", "ecs-tasks")],
)
def test_a_principal_that_does_not_exist(aws: Aws, kind: str, name: str) -> None:
    document = policy({"Effect": "Allow", "Principal": {kind: name}, "Action": "sts:AssumeRole"})
    shown = "SERVICE" if kind == "Service" else kind

    assert refusal(aws("iam").create_role, RoleName=unique("role"), AssumeRolePolicyDocument=document) == (
        "MalformedPolicyDocument",
        f'Invalid principal in policy: "{shown}":"{name}"',
    )


def test_principals_that_exist_or_can_not_be_known(aws: Aws, role: dict[str, Any]) -> None:
    names = [role["Arn"], ACCOUNT_ID, f"arn:aws:iam::{ACCOUNT_ID}:root", "arn:aws:iam::210987654321:role/other"]
    document = policy({"Effect": "Allow", "Principal": {"AWS": names}, "Action": "sts:AssumeRole"})

    aws("iam").create_role(RoleName=unique("role"), AssumeRolePolicyDocument=document)


def test_an_eleventh_attachment(aws: Aws, role: dict[str, Any]) -> None:
    iam, name = aws("iam"), role["RoleName"]
    arns = [iam.create_policy(PolicyName=unique("p"), PolicyDocument=of_size(100))["Policy"]["Arn"] for _ in range(11)]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)

    assert refusal(iam.attach_role_policy, RoleName=name, PolicyArn=arns[10]) == (
        "LimitExceeded",
        "Cannot exceed quota for PoliciesPerRole: 10",
    )


def test_a_boundary_that_does_not_exist(aws: Aws, role: dict[str, Any]) -> None:
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/missing"
    refused = ("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")
    new = {"RoleName": unique("role"), "AssumeRolePolicyDocument": trust(), "PermissionsBoundary": arn}

    assert refusal(aws("iam").create_role, **new) == refused
    put = aws("iam").put_role_permissions_boundary
    assert refusal(put, RoleName=role["RoleName"], PermissionsBoundary=arn) == refused


def test_a_role_with_policies_and_an_attached_policy_are_not_deleted(aws: Aws, role: dict[str, Any]) -> None:
    iam, name = aws("iam"), role["RoleName"]
    arn = iam.create_policy(PolicyName=unique("p"), PolicyDocument=of_size(100))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.put_role_policy(RoleName=name, PolicyName="a", PolicyDocument=of_size(100))
    profile = unique("profile")
    iam.create_instance_profile(InstanceProfileName=profile)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=name)
    must = "Cannot delete entity, must"

    assert refusal(iam.delete_policy, PolicyArn=arn) == (
        "DeleteConflict",
        "Cannot delete a policy attached to entities.",
    )
    assert refusal(iam.delete_role, RoleName=name) == ("DeleteConflict", f"{must} detach all policies first.")
    iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    assert refusal(iam.delete_role, RoleName=name) == ("DeleteConflict", f"{must} delete policies first.")
    iam.delete_role_policy(RoleName=name, PolicyName="a")
    assert refusal(iam.delete_role, RoleName=name) == (
        "DeleteConflict",
        f"{must} remove roles from instance profile first.",
    )
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=name)
    iam.delete_role(RoleName=name)
    iam.delete_policy(PolicyArn=arn)
