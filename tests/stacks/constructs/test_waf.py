"""The web ACL of the load balancer."""

from __future__ import annotations

from typing import Any

from tests.stacks.conftest import Synth
from tests.support.synthesized import Stack


def test_a_web_acl_is_associated_with_the_load_balancer(stack: Synth) -> None:
    made = stack("load_balancer: {waf: {rate_limit: 100}}")

    assert made["aws_wafv2_web_acl.main"]["name"] == "shop-prod"
    assert made["aws_wafv2_web_acl_association.main"]["resource_arn"] == "${aws_lb.main.arn}"
    assert made["aws_cloudwatch_log_group.waf"]["name"] == "aws-waf-logs-shop-prod"
    priorities = [rule["priority"] for rule in made["aws_wafv2_web_acl.main"]["rule"]]
    assert priorities == sorted(set(priorities))


def test_there_is_no_web_acl_by_default(stack: Synth) -> None:
    assert not [address for address in stack().addresses if "wafv2" in address]


def overrides(made: Stack) -> dict[str, Any]:
    """What each rule with an override does, by the name of the rule."""
    rules = made["aws_wafv2_web_acl.main"]["rule"]
    return {rule["name"]: rule["override_action"] for rule in rules if "override_action" in rule}


def common_rules(made: Stack) -> Any:
    """The statement of the common rule set."""
    rules = made["aws_wafv2_web_acl.main"]["rule"]
    return next(
        rule["statement"]["managed_rule_group_statement"] for rule in rules if rule["name"].endswith("CommonRuleSet")
    )


def test_hosting_providers_and_large_bodies_are_counted_by_default(stack: Synth) -> None:
    made = stack("load_balancer: {waf: {}}")

    assert {name: [*override] for name, override in overrides(made).items()} == {
        "AWSManagedRulesAmazonIpReputationList": ["none"],
        "AWSManagedRulesAnonymousIpList": ["count"],
        "AWSManagedRulesKnownBadInputsRuleSet": ["none"],
        "AWSManagedRulesCommonRuleSet": ["none"],
    }
    assert common_rules(made)["rule_action_override"] == [
        {"name": "SizeRestrictions_BODY", "action_to_use": {"count": {}}}
    ]


def test_they_are_blocked_where_the_project_file_says_so(stack: Synth) -> None:
    made = stack("load_balancer: {waf: {anonymous_ips: block, body_size: block}}")

    assert {next(iter(override)) for override in overrides(made).values()} == {"none"}
    assert common_rules(made) == {"name": "AWSManagedRulesCommonRuleSet", "vendor_name": "AWS"}
