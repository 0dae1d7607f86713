"""Web ACLs that WAF refuses."""

from __future__ import annotations

from typing import Any

from operations.rehearsal.emulator.client import ACCOUNT_ID
from tests.operations.rehearsal.emulator.rules.conftest import REGION, Aws, Network, refusal, unique

VISIBILITY = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "web"}


def rule(name: str, priority: int) -> dict[str, Any]:
    limit = {"RateBasedStatement": {"Limit": 500, "AggregateKeyType": "IP"}}
    return {
        "Name": name,
        "Priority": priority,
        "Statement": limit,
        "Action": {"Block": {}},
        "VisibilityConfig": VISIBILITY,
    }


def web_acl(*rules: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": unique("acl"),
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": VISIBILITY,
        "Rules": list(rules),
    }


def test_two_rules_of_one_priority_or_name(aws: Aws) -> None:
    same = "Error reason: You have used the same"

    assert refusal(aws("wafv2").create_web_acl, **web_acl(rule("a", 1), rule("b", 1))) == (
        "WAFInvalidParameterException",
        f"{same} priority for multiple rules, field: RULE, parameter: [1]",
    )
    assert refusal(aws("wafv2").create_web_acl, **web_acl(rule("a", 1), rule("a", 2))) == (
        "WAFInvalidParameterException",
        f"{same} name for multiple rules, field: RULE, parameter: ['a']",
    )


def test_the_web_acl_of_a_load_balancer(network: Network) -> None:
    waf, arguments, balancer = network.aws("wafv2"), web_acl(rule("a", 1)), network.balancer()
    acl = waf.create_web_acl(**arguments)["Summary"]
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer)
    delete = {"Name": arguments["Name"], "Scope": "REGIONAL", "Id": acl["Id"], "LockToken": acl["LockToken"]}

    assert refusal(waf.delete_web_acl, **delete) == (
        "WAFAssociatedItemException",
        "AWS WAF couldn't perform the operation because your resource is being used by another resource or it's "
        "associated with another resource.",
    )
    waf.disassociate_web_acl(ResourceArn=balancer)
    waf.delete_web_acl(**delete)


def test_a_load_balancer_that_does_not_exist(aws: Aws) -> None:
    acl = aws("wafv2").create_web_acl(**web_acl(rule("a", 1)))["Summary"]
    missing = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT_ID}:loadbalancer/app/missing/0123456789abcdef"

    assert refusal(aws("wafv2").associate_web_acl, WebACLArn=acl["ARN"], ResourceArn=missing) == (
        "WAFNonexistentItemException",
        "AWS WAF couldn't perform the operation because your resource doesn't exist.",
    )


def test_log_groups(aws: Aws) -> None:
    acl = aws("wafv2").create_web_acl(**web_acl(rule("a", 1)))["Summary"]["ARN"]
    prefix, name = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:", unique("aws-waf-logs-shop")

    def logging(group: str) -> dict[str, Any]:
        return {"LoggingConfiguration": {"ResourceArn": acl, "LogDestinationConfigs": [f"{prefix}{group}"]}}

    assert refusal(aws("wafv2").put_logging_configuration, **logging("waf-shop"))[0] == "WAFInvalidParameterException"
    assert refusal(aws("wafv2").put_logging_configuration, **logging(name)) == (
        "WAFNonexistentItemException",
        f"The log destination {prefix}{name} doesn't exist.",
    )
    aws("logs").create_log_group(logGroupName=name)
    aws("wafv2").put_logging_configuration(**logging(name))
