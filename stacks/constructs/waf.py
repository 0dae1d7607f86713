"""The AWS WAF web ACL of the load balancer."""

from __future__ import annotations

from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.constructs.log_group import LogGroup
from stacks.project.models import Waf as WafConfig

LOG_RETENTION_DAYS = 365
ANONYMOUS_IPS = "AWSManagedRulesAnonymousIpList"
COMMON_RULES = "AWSManagedRulesCommonRuleSet"
BODY_SIZE = "SizeRestrictions_BODY"
"""The rule of `COMMON_RULES` that matches bodies over 8 KB (WAF Developer Guide, "Baseline rule groups")."""
MANAGED_GROUPS = (
    "AWSManagedRulesAmazonIpReputationList",
    ANONYMOUS_IPS,
    "AWSManagedRulesKnownBadInputsRuleSet",
    COMMON_RULES,
)
"""AWS managed rule groups, in the order they are evaluated: cheap ones first."""


class Waf(Construct):
    """A web ACL with a rate limit per IP address and AWS managed rule groups, and its log.

    The project file sets whether requests from anonymous addresses and those with large bodies are blocked or counted.
    The `authorization` and `cookie` headers are redacted in the log.
    """

    def __init__(self, scope: Scope, environment: Environment, config: WafConfig, load_balancer_arn: str) -> None:
        super().__init__(scope, "waf")
        kind = aws.wafv2_web_acl
        name = environment.names.waf
        allow = kind.Wafv2WebAclDefaultActionAllow()
        acl = self.make(
            kind.Wafv2WebAcl,
            "main",
            name=name,
            description=f"In front of the load balancer of {name}",
            scope="REGIONAL",
            default_action=kind.Wafv2WebAclDefaultAction(allow=allow),
            visibility_config=kind.Wafv2WebAclVisibilityConfig(**_metrics(name)),
            rule=[_rate_rule(config), *_group_rules(config)],
            tags={"Name": name},
        )
        self.make(
            aws.wafv2_web_acl_association.Wafv2WebAclAssociation,
            "main",
            resource_arn=load_balancer_arn,
            web_acl_arn=acl.arn,
        )
        self._log(environment, acl.arn)

    def _log(self, environment: Environment, acl_arn: str) -> None:
        name = environment.names.waf_log_group
        group = LogGroup(self, "waf", environment=environment, name=name, retention_days=LOG_RETENTION_DAYS)
        kind = aws.wafv2_web_acl_logging_configuration
        header = kind.Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader
        redacted = [
            kind.Wafv2WebAclLoggingConfigurationRedactedFields(single_header=header(name=name))
            for name in ("authorization", "cookie")
        ]
        self.make(
            kind.Wafv2WebAclLoggingConfiguration,
            "main",
            resource_arn=acl_arn,
            log_destination_configs=[group.arn],
            redacted_fields=redacted,
        )


def _metrics(name: str) -> dict[str, Any]:
    return {"cloudwatch_metrics_enabled": True, "metric_name": name, "sampled_requests_enabled": True}


def _rate_rule(config: WafConfig) -> Any:
    kind = aws.wafv2_web_acl
    block = kind.Wafv2WebAclRuleAction(block=kind.Wafv2WebAclRuleActionBlock())
    return kind.Wafv2WebAclRule(
        name="rate-limit",
        priority=0,
        action=block,
        # The bindings don't type `statement`, so it is in Terraform's form.
        statement={"rate_based_statement": {"limit": config.rate_limit, "aggregate_key_type": "IP"}},
        visibility_config=kind.Wafv2WebAclRuleVisibilityConfig(**_metrics("rate-limit")),
    )


def _group_rules(config: WafConfig) -> list[Any]:
    counted_groups = {ANONYMOUS_IPS} if config.anonymous_ips == "count" else set()
    counted_rules = {COMMON_RULES: BODY_SIZE} if config.body_size == "count" else {}
    return [
        _group_rule(group, number, counted=group in counted_groups, counted_rule=counted_rules.get(group))
        for number, group in enumerate(MANAGED_GROUPS, start=1)
    ]


def _group_rule(group: str, priority: int, *, counted: bool, counted_rule: str | None) -> Any:
    """A managed rule group. `counted` only counts what it matches, and `counted_rule` what this rule of it matches."""
    kind = aws.wafv2_web_acl
    override = (
        kind.Wafv2WebAclRuleOverrideAction(count=kind.Wafv2WebAclRuleOverrideActionCount())
        if counted
        else kind.Wafv2WebAclRuleOverrideAction(none=kind.Wafv2WebAclRuleOverrideActionNone())
    )
    statement: dict[str, Any] = {"name": group, "vendor_name": "AWS"}
    if counted_rule:
        statement["rule_action_override"] = [{"name": counted_rule, "action_to_use": {"count": {}}}]
    return kind.Wafv2WebAclRule(
        name=group,
        priority=priority,
        override_action=override,
        statement={"managed_rule_group_statement": statement},
        visibility_config=kind.Wafv2WebAclRuleVisibilityConfig(**_metrics(group)),
    )
