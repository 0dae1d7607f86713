"""The network load balancer that the services with `tcp` share."""

from __future__ import annotations

from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope, literal
from stacks.constructs.certificate import Certificates, certificates, further_certificates
from stacks.constructs.environment import Environment
from stacks.constructs.network import Subnets
from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.naming import peer_identifier
from stacks.project.models import LoadBalancer as LoadBalancerConfig
from stacks.project.targets import TcpTarget

DEREGISTRATION_DELAY = 60
REPLACED_FIRST = (
    "Port and protocol can't be changed in place. Both are part of the name, so the new target group can be created "
    "before this one is destroyed."
)
"""The comment of every target group in HCL."""


class NetworkLoadBalancer(Construct):
    """A network load balancer with a listener for each service with `tcp`.

    It has a security group from the beginning, because one can't be added later. `shared` are the certificates of the
    application load balancer; without one, the certificate is requested here.

    Attributes:
        security_group_id: The ID of its security group.
        arn: The load balancer's ARN.
        dns_name: The load balancer's DNS name.
    """

    def __init__(
        self,
        scope: Scope,
        environment: Environment,
        config: LoadBalancerConfig,
        subnets: Subnets,
        shared: Certificates | None,
        targets: tuple[TcpTarget, ...],
    ) -> None:
        super().__init__(scope, "network_load_balancer")
        self._environment, self._config, self._vpc_id = environment, config, subnets.vpc_id
        self._security_group = SecurityGroup(
            self,
            "network_load_balancer",
            name=environment.names.network_load_balancer_security_group,
            description="Network load balancer: clients in, services out",
            vpc_id=subnets.vpc_id,
        )
        self.security_group_id = self._security_group.id
        balancer = self._balancer(subnets)
        self.arn: str = balancer.arn
        self.dns_name: str = balancer.dns_name
        self._certificates = shared
        if shared is None and config.https and any(target.tls for target in targets):
            self._certificates = certificates(self, config.https)
            if self._certificates.requested:
                self._certificates.requested.point_to(self.dns_name, balancer.zone_id)

    def _balancer(self, subnets: Subnets) -> Any:
        environment, config = self._environment, self._config
        protection = environment.protected if config.deletion_protection is None else config.deletion_protection
        return self.make(
            aws.lb.Lb,
            "network",
            name=environment.names.network_load_balancer,
            load_balancer_type="network",
            internal=config.internal,
            subnets=subnets.private if config.internal else subnets.public,
            security_groups=[self.security_group_id],
            enable_deletion_protection=protection,
            enable_cross_zone_load_balancing=True,
            tags={"Name": environment.names.network_load_balancer},
            depends_on=list(() if config.internal else subnets.internet_routes) or None,
        )

    def forward_to(self, scope: Scope, target: TcpTarget, tasks: SecurityGroup) -> TcpTargetGroup:
        """A listener for a service, and its target group in `scope`; the tasks accept only the load balancer."""
        group = self._security_group
        for cidr in self._config.ingress_cidrs:
            rule = f"{target.id}_{peer_identifier(cidr)}"
            group.allow_in(rule, Peer(cidr=cidr), target.listener, f"{target.service} from {cidr}")
        group.allow_out(
            f"{target.id}_tasks", Peer(security_group_id=tasks.id), target.port, f"Tasks of {target.service}"
        )
        balancer = Peer(security_group_id=self.security_group_id)
        tasks.allow_in("load_balancer", balancer, target.port, "The network load balancer")
        if target.checked_port:
            what = f"Health checks of {target.service}"
            group.allow_out(
                f"{target.id}_{target.checked_port}", Peer(security_group_id=tasks.id), target.checked_port, what
            )
            what = "The network load balancer: health checks"
            tasks.allow_in(f"load_balancer_{target.checked_port}", balancer, target.checked_port, what)
        return TcpTargetGroup(scope, self._environment, self._vpc_id, target, self._listener)

    def _listener(self, scope: Construct, target: TcpTarget, target_group_arn: str) -> Any:
        kind = aws.lb_listener
        found = self._certificates if target.tls else None
        listener = scope.make(
            kind.LbListener,
            f"{target.id}_tcp",
            load_balancer_arn=self.arn,
            port=target.listener,
            protocol="TLS" if target.tls else "TCP",
            ssl_policy=self._config.ssl_policy if target.tls else None,
            certificate_arn=found.arns[0] if found else None,
            default_action=[kind.LbListenerDefaultAction(type="forward", target_group_arn=target_group_arn)],
            tags={"Name": f"{self._environment.names.stack}-{target.service}"},
        )
        if found:
            further_certificates(scope, f"{target.id}_tcp", listener.arn, found)
        return listener


class TcpTargetGroup(Construct):
    """The target group of a service with `tcp`, with its listener.

    Attributes:
        target: What it forwards to.
        arn: The target group's ARN.
        rules: The listener, for `depends_on`: ECS rejects a target group without a load balancer.
    """

    def __init__(
        self, scope: Scope, environment: Environment, vpc_id: str, target: TcpTarget, make_listener: Any
    ) -> None:
        super().__init__(scope, "target_group")
        self.target = target
        name = target.name(environment.names)
        group = self.make(
            aws.lb_target_group.LbTargetGroup,
            target.id,
            comment=REPLACED_FIRST,
            name=name,
            vpc_id=vpc_id,
            target_type="ip",
            port=target.port,
            protocol="TCP",
            preserve_client_ip="true",
            deregistration_delay=str(DEREGISTRATION_DELAY),
            health_check=_health_check(target),
            tags={"Name": name},
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.arn: str = group.arn
        self.rules = [make_listener(self, target, self.arn)]


def _health_check(target: TcpTarget) -> Any:
    check, http = target.config.health_check, target.checks_http
    return aws.lb_target_group.LbTargetGroupHealthCheck(
        enabled=True,
        path=literal(check.path) if http else None,
        matcher=check.matcher if http else None,
        protocol="HTTP" if http else "TCP",
        port=str(target.checked_port or "traffic-port"),
        interval=check.interval,
        timeout=check.timeout,
        healthy_threshold=check.healthy_threshold,
        unhealthy_threshold=check.unhealthy_threshold,
    )
