"""The web ACL of the load balancer."""

from __future__ import annotations

from tests.stacks.conftest import Synth


def test_a_web_acl_is_associated_with_the_load_balancer(stack: Synth) -> None:
    made = stack("load_balancer: {waf: {rate_limit: 100}}")

    assert made["aws_wafv2_web_acl.main"]["name"] == "shop-prod"
    assert made["aws_wafv2_web_acl_association.main"]["resource_arn"] == "${aws_lb.main.arn}"
    assert made["aws_cloudwatch_log_group.waf"]["name"] == "aws-waf-logs-shop-prod"
    priorities = [rule["priority"] for rule in made["aws_wafv2_web_acl.main"]["rule"]]
    assert priorities == sorted(set(priorities))


def test_there_is_no_web_acl_by_default(stack: Synth) -> None:
    assert not [address for address in stack().addresses if "wafv2" in address]
