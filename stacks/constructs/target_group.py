"""A target group of a web service, and the listener rules that forward to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope, literal, literals
from stacks.constructs.environment import Environment
from stacks.constructs.existing_load_balancer import ExistingLoadBalancer
from stacks.constructs.load_balancer import LoadBalancer
from stacks.constructs.network_load_balancer import REPLACED_FIRST
from stacks.project.models import Routing
from stacks.project.targets import Target


class TargetGroup(Construct):
    """The target group of a port of a web service, with a rule on each listener.

    The port and protocol of a target group can't be changed, and it can't be deleted while a rule forwards to it. So
    both are part of its name, and the new target group is created before the old one is destroyed. `authentication`
    are the actions before the rules forward a request.

    Attributes:
        target: What it forwards to.
        arn: The target group's ARN.
        arn_suffix: The ARN suffix, which CloudWatch and Application Auto Scaling use.
        rules: The listener rules, for `depends_on`: ECS rejects a target group without a load balancer.
    """

    def __init__(
        self,
        scope: Scope,
        environment: Environment,
        balancer: LoadBalancer | ExistingLoadBalancer,
        *,
        vpc_id: str,
        target: Target,
        priority: int,
        authentication: Sequence[Any] = (),
    ) -> None:
        super().__init__(scope, "target_group" if target.further is None else f"target_group_{target.port}")
        self.target = target
        self._authentication = authentication
        self._name = target.name(environment.names)
        group = self._target_group(vpc_id, target)
        self.arn: str = group.arn
        self.arn_suffix: str = group.arn_suffix
        self.rules = [
            self._rule(listener, arn, priority, environment.names.task_definition(target.service))
            for listener, arn in balancer.listeners.items()
        ]

    def _target_group(self, vpc_id: str, target: Target) -> Any:
        routing = target.routing
        sticky = routing.stickiness is not False
        return self.make(
            aws.lb_target_group.LbTargetGroup,
            target.id,
            comment=REPLACED_FIRST,
            name=self._name,
            vpc_id=vpc_id,
            target_type="ip",
            port=target.port,
            protocol="HTTP",
            protocol_version=routing.protocol,
            deregistration_delay=str(routing.deregistration_delay),
            slow_start=routing.slow_start or None,
            health_check=_health_check(target),
            stickiness=aws.lb_target_group.LbTargetGroupStickiness(
                type="lb_cookie", enabled=sticky, cookie_duration=routing.stickiness or None
            ),
            tags={"Name": self._name},
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )

    def _rule(self, listener: str, listener_arn: str, priority: int, name: str) -> Any:
        kind, target = aws.lb_listener_rule, self.target
        return self.make(
            kind.LbListenerRule,
            f"{target.id}_{listener}",
            comment="" if target.routing.priority else _PRIORITY,
            listener_arn=listener_arn,
            priority=priority,
            action=[
                *self._authentication,
                kind.LbListenerRuleAction(type="forward", target_group_arn=self.arn),
            ],
            condition=_conditions(target.routing),
            tags={"Name": name},
        )


_PRIORITY = "The priority is derived from the conditions, so adding another service does not change it."


def _health_check(target: Target) -> Any:
    check = target.check
    return aws.lb_target_group.LbTargetGroupHealthCheck(
        enabled=True,
        path=literal(check.path),
        matcher=target.matcher,
        protocol="HTTP",
        port=str(target.checked_port or "traffic-port"),
        interval=check.interval,
        timeout=check.timeout,
        healthy_threshold=check.healthy_threshold,
        unhealthy_threshold=check.unhealthy_threshold,
    )


def _conditions(http: Routing) -> list[Any]:
    kind = aws.lb_listener_rule
    conditions = []
    if http.hosts:
        hosts = kind.LbListenerRuleConditionHostHeader(values=literals(http.hosts))
        conditions.append(kind.LbListenerRuleCondition(host_header=hosts))
    # A rule requires a condition, so the catch-all path is left out only where there are hosts.
    if http.paths and (tuple(http.paths) != ("/*",) or not http.hosts):
        paths = kind.LbListenerRuleConditionPathPattern(values=literals(http.paths))
        conditions.append(kind.LbListenerRuleCondition(path_pattern=paths))
    if http.allowed_cidrs:
        sources = kind.LbListenerRuleConditionSourceIp(values=list(http.allowed_cidrs))
        conditions.append(kind.LbListenerRuleCondition(source_ip=sources))
    return conditions
