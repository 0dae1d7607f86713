"""A web service's target group, and the listener rules that forward to it."""

from __future__ import annotations

from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope, literal, literals
from stacks.constructs.environment import Environment
from stacks.constructs.load_balancer import LoadBalancer
from stacks.naming import identifier
from stacks.project.models import Service


class TargetGroup(Construct):
    """The target group of a web service, with a rule on each listener.

    The port and protocol of a target group can't be changed, and it can't be deleted while a rule forwards to it. So
    both are part of its name, and the new target group is created before the old one is destroyed.

    Attributes:
        arn: The target group's ARN.
        arn_suffix: The ARN suffix, which CloudWatch and Application Auto Scaling use.
        rules: The listener rules, for `depends_on`: ECS rejects a target group without a load balancer.
    """

    def __init__(
        self,
        scope: Scope,
        environment: Environment,
        balancer: LoadBalancer,
        *,
        vpc_id: str,
        name: str,
        config: Service,
        priority: int,
    ) -> None:
        super().__init__(scope, "target_group")
        self._id = identifier(name)
        self._port = config.reached_port or config.port
        self._name = environment.names.target_group(name, self._port, config.http.protocol)
        group = self._target_group(vpc_id, config)
        self.arn: str = group.arn
        self.arn_suffix: str = group.arn_suffix
        self.rules = [
            self._rule(listener, arn, config, priority, environment.names.task_definition(name))
            for listener, arn in balancer.listeners.items()
        ]

    def _target_group(self, vpc_id: str, config: Service) -> Any:
        http = config.http
        sticky = http.stickiness is not False
        return self.make(
            aws.lb_target_group.LbTargetGroup,
            self._id,
            comment=(
                "Port and protocol can't be changed in place. Both are part of the name, so the new target group can "
                "be created before this one is destroyed."
            ),
            name=self._name,
            vpc_id=vpc_id,
            target_type="ip",
            port=self._port,
            protocol="HTTP",
            protocol_version=http.protocol,
            deregistration_delay=str(http.deregistration_delay),
            slow_start=http.slow_start or None,
            health_check=_health_check(config),
            stickiness=aws.lb_target_group.LbTargetGroupStickiness(
                type="lb_cookie", enabled=sticky, cookie_duration=http.stickiness or None
            ),
            tags={"Name": self._name},
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )

    def _rule(self, listener: str, listener_arn: str, config: Service, priority: int, name: str) -> Any:
        kind = aws.lb_listener_rule
        return self.make(
            kind.LbListenerRule,
            f"{self._id}_{listener}",
            comment="" if config.http.priority else _PRIORITY,
            listener_arn=listener_arn,
            priority=priority,
            action=[kind.LbListenerRuleAction(type="forward", target_group_arn=self.arn)],
            condition=_conditions(config),
            tags={"Name": name},
        )


_PRIORITY = "The priority is derived from the conditions, so adding another service does not change it."


def _health_check(config: Service) -> Any:
    check = config.health_check
    return aws.lb_target_group.LbTargetGroupHealthCheck(
        enabled=True,
        path=literal(check.path),
        matcher=config.matcher,
        protocol="HTTP",
        port="traffic-port",
        interval=check.interval,
        timeout=check.timeout,
        healthy_threshold=check.healthy_threshold,
        unhealthy_threshold=check.unhealthy_threshold,
    )


def _conditions(config: Service) -> list[Any]:
    kind = aws.lb_listener_rule
    http = config.http
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
