"""A web service's target group, and the listener rules that lead to it."""

from __future__ import annotations

from typing import Any

from stacks.bindings import Construct, TerraformResourceLifecycle, aws
from stacks.constructs.base import Chosen, Concept, literal, literals
from stacks.constructs.environment import Environment
from stacks.constructs.load_balancer import LoadBalancer
from stacks.naming import identifier
from stacks.project.models import Service


class TargetGroup(Concept):
    """The tasks of a web service as the load balancer sees them.

    The port and the protocol can't be changed on a target group, nor can one be deleted while a rule leads to it; so
    both are part of its name, and a new one is made before the old one goes.

    Attributes:
        arn: the target group's ARN.
        arn_suffix: what CloudWatch and Application Auto Scaling call it.
        rules: the listener rules; a service has to wait for them, as ECS refuses a target group of no load balancer.
    """

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        balancer: LoadBalancer,
        *,
        vpc_id: str,
        name: str,
        spec: Service,
        priority: int,
    ) -> None:
        super().__init__(scope, "target_group")
        self._id = identifier(name)
        self._name = environment.names.target_group(name, spec.port, spec.http.protocol)
        group = self._target_group(vpc_id, spec)
        self.arn: str = group.arn
        self.arn_suffix: str = group.arn_suffix
        self.rules = [
            self._rule(listener, arn, spec, priority, environment.names.task_definition(name))
            for listener, arn in balancer.listeners.items()
        ]

    def _target_group(self, vpc_id: str, spec: Service) -> Any:
        http = spec.http
        sticky = http.stickiness is not False
        return self.make(
            aws.lb_target_group.LbTargetGroup,
            self._id,
            comment=(
                "Neither port nor protocol can be changed in place. With both in the name, another group is there "
                "before this one goes."
            ),
            **Chosen(
                name=self._name,
                vpc_id=vpc_id,
                target_type="ip",
                port=spec.port,
                protocol="HTTP",
                protocol_version=http.protocol,
                deregistration_delay=str(http.deregistration_delay),
                slow_start=http.slow_start or None,
                health_check=_health_check(spec),
                stickiness=aws.lb_target_group.LbTargetGroupStickiness(
                    type="lb_cookie", enabled=sticky, **Chosen(cookie_duration=http.stickiness or None)
                ),
                tags={"Name": self._name},
                lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            ),
        )

    def _rule(self, listener: str, listener_arn: str, spec: Service, priority: int, name: str) -> Any:
        kind = aws.lb_listener_rule
        return self.make(
            kind.LbListenerRule,
            f"{self._id}_{listener}",
            comment="" if spec.http.priority else _PRIORITY,
            listener_arn=listener_arn,
            priority=priority,
            action=[kind.LbListenerRuleAction(type="forward", target_group_arn=self.arn)],
            condition=_conditions(spec),
            tags={"Name": name},
        )


_PRIORITY = "The priority follows from what the rule matches, so that another service does not move it."


def _health_check(spec: Service) -> Any:
    check = spec.health_check
    return aws.lb_target_group.LbTargetGroupHealthCheck(
        enabled=True,
        path=literal(check.path),
        matcher=spec.matcher,
        protocol="HTTP",
        port="traffic-port",
        interval=check.interval,
        timeout=check.timeout,
        healthy_threshold=check.healthy_threshold,
        unhealthy_threshold=check.unhealthy_threshold,
    )


def _conditions(spec: Service) -> list[Any]:
    kind = aws.lb_listener_rule
    http = spec.http
    conditions = []
    if http.hosts:
        hosts = kind.LbListenerRuleConditionHostHeader(values=literals(http.hosts))
        conditions.append(kind.LbListenerRuleCondition(host_header=hosts))
    # A rule needs a condition; the catch-all path stands only where nothing narrower does.
    if http.paths and (tuple(http.paths) != ("/*",) or not http.hosts):
        paths = kind.LbListenerRuleConditionPathPattern(values=literals(http.paths))
        conditions.append(kind.LbListenerRuleCondition(path_pattern=paths))
    if http.allowed_cidrs:
        sources = kind.LbListenerRuleConditionSourceIp(values=list(http.allowed_cidrs))
        conditions.append(kind.LbListenerRuleCondition(source_ip=sources))
    return conditions
