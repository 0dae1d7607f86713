"""Security groups that an interrupted apply left open are closed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.stub import Stubber

from operations.deploy.security_groups import close_open_groups
from tests.support.stacks import synthesized

TAGS = {"Project": "shop", "Environment": "dev", "ManagedBy": "ecsforge"}


def rule(id_: str, *, is_egress: bool = True, protocol: str = "-1", **more: str) -> dict[str, Any]:
    return {"GroupId": "sg-1", "SecurityGroupRuleId": id_, "IsEgress": is_egress, "IpProtocol": protocol, **more}


def test_the_rule_of_new_security_groups_is_revoked_in_those_of_the_stack() -> None:
    """AWS adds the rule to every group; Terraform revokes it last, and only in a group that it creates."""
    groups = {"web_tasks": {"tags": {"Name": "web-shop-dev"}}, "lb": {"tags": {"Name": "alb-shop-dev"}}}
    content = {"provider": {"aws": [{"default_tags": [{"tags": TAGS}]}]}, "resource": {"aws_security_group": groups}}
    stack = synthesized("shop-dev", "dev", Path(), content)
    ec2 = boto3.client("ec2", region_name="eu-west-1")
    stub = Stubber(ec2)
    stub.add_response(
        "describe_security_groups",
        {
            "SecurityGroups": [
                {"GroupId": "sg-1", "GroupName": "web-shop-dev"},
                {"GroupId": "sg-2", "GroupName": "alb-shop-dev"},
                {"GroupId": "sg-3", "GroupName": "made-by-hand"},
            ]
        },
        {"Filters": [{"Name": f"tag:{key}", "Values": [TAGS[key]]} for key in ("Project", "Environment", "ManagedBy")]},
    )
    rules = [
        rule("sgr-1", CidrIpv4="0.0.0.0/0"),
        rule("sgr-2", CidrIpv6="::/0"),
        rule("sgr-3", CidrIpv4="0.0.0.0/0", Description="Everything: egress is open"),
        rule("sgr-4", CidrIpv4="10.0.0.0/8"),
        rule("sgr-5", CidrIpv4="0.0.0.0/0", is_egress=False),
        rule("sgr-6", CidrIpv4="0.0.0.0/0", protocol="tcp"),
    ]
    ask = "describe_security_group_rules"
    stub.add_response(ask, {"SecurityGroupRules": rules}, {"Filters": [{"Name": "group-id", "Values": ["sg-1"]}]})
    stub.add_response(
        "revoke_security_group_egress", {}, {"GroupId": "sg-1", "SecurityGroupRuleIds": ["sgr-1", "sgr-2"]}
    )
    stub.add_response(ask, {"SecurityGroupRules": []}, {"Filters": [{"Name": "group-id", "Values": ["sg-2"]}]})
    stub.activate()
    session: Any = SimpleNamespace(client=lambda service: ec2)

    assert close_open_groups(stack, session) == ("web-shop-dev",)
    stub.assert_no_pending_responses()
