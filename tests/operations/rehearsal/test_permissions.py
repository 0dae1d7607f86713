"""What a role may do, and what the web ACL does, as the checks of a rehearsal read them."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from operations.rehearsal.checks import web_acl_actions
from operations.rehearsal.permissions import other_policies, statements_of

ROLE = "shop-dev-web-task"


def document(action: str) -> str:
    statement = {"Sid": action.title(), "Effect": "Allow", "Action": f"s3:{action}", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def iam(account: boto3.Session) -> Any:
    """An account with a role that has an inline policy, two managed ones of its stack and two others."""
    iam: Any = account.client("iam")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document("x"))
    iam.put_role_policy(RoleName=ROLE, PolicyName="permissions", PolicyDocument=document("inline"))
    for name in (f"{ROLE}-1", f"{ROLE}-2", "team"):
        arn = iam.create_policy(PolicyName=name, PolicyDocument=document(name))["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
    return iam


def test_the_statements_of_a_role_are_those_of_all_its_own_policies(iam: Any) -> None:
    actions = [each["Action"] for each in statements_of(iam, ROLE)]

    assert actions == ["s3:inline", f"s3:{ROLE}-1", f"s3:{ROLE}-2"]


def test_its_own_policies_are_not_those_of_the_project_file(iam: Any) -> None:
    assert other_policies(iam, ROLE) == ["arn:aws:iam::123456789012:policy/team"]


@pytest.mark.parametrize(
    ("anonymous", "override", "actions"),
    [
        ({"Count": {}}, [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}], ("count", "count")),
        ({"None": {}}, [], ("block", "block")),
        ({"None": {}}, [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Block": {}}}], ("block", "block")),
    ],
)
def test_the_actions_of_a_web_acl(anonymous: dict[str, Any], override: list[Any], actions: tuple[str, str]) -> None:
    common = {"ManagedRuleGroupStatement": {"RuleActionOverrides": override}}
    rules = [
        {"Name": "AWSManagedRulesAnonymousIpList", "OverrideAction": anonymous},
        {"Name": "AWSManagedRulesCommonRuleSet", "Statement": common},
    ]

    assert web_acl_actions(rules) == actions
