"""The application load balancer that the web services share."""

from __future__ import annotations

from typing import Any

from stacks.bindings import Construct, aws
from stacks.constructs.access_logs import AccessLogs
from stacks.constructs.base import Chosen, Concept, literal
from stacks.constructs.certificate import Certificate
from stacks.constructs.environment import Environment
from stacks.constructs.network import Subnets
from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.naming import peer_identifier
from stacks.project.models import LoadBalancer as LoadBalancerSpec

HTTP_PORT = 80
HTTPS_PORT = 443


class LoadBalancer(Concept):
    """An application load balancer with its listeners; what no rule answers gets a 404.

    It drops headers that are not valid HTTP, keeps to defensive desync mitigation, and lets in the ranges of the
    project file on its listeners' ports alone.

    Attributes:
        security_group: its security group, for the rules towards the services.
        listeners: name (`http`, `https`) and ARN of each listener that routes to services.
        arn: the load balancer's ARN.
        arn_suffix: what CloudWatch and Application Auto Scaling call it.
        dns_name: its own host name.
        url: where the services are reached.
    """

    def __init__(self, scope: Construct, environment: Environment, spec: LoadBalancerSpec, subnets: Subnets) -> None:
        super().__init__(scope, "load_balancer")
        self._environment = environment
        self.security_group = self._security_group(spec, subnets)
        self._balancer = self._load_balancer(spec, subnets)
        self.arn: str = self._balancer.arn
        self.arn_suffix: str = self._balancer.arn_suffix
        self.dns_name: str = self._balancer.dns_name
        certificate_arn = self._certificate(spec)
        self.listeners: dict[str, str] = {}
        if certificate_arn:
            self.listeners["https"] = self._https_listener(spec, certificate_arn)
        if not (certificate_arn and spec.redirect_http):
            self.listeners["http"] = self._listener("http", HTTP_PORT, _not_found()).arn
        else:
            self._listener("http", HTTP_PORT, _redirect_to_https())
        self.url = self._url(spec)

    def _security_group(self, spec: LoadBalancerSpec, subnets: Subnets) -> SecurityGroup:
        group = SecurityGroup(
            self,
            "load_balancer",
            name=self._environment.names.load_balancer_security_group,
            description="Load balancer: clients in, services out",
            vpc_id=subnets.vpc_id,
        )
        ports = {"http": HTTP_PORT, **({"https": HTTPS_PORT} if spec.https else {})}
        for name, port in ports.items():
            for cidr in spec.ingress_cidrs:
                rule = f"{name}_{peer_identifier(cidr)}"
                group.allow_in(rule, Peer(cidr=cidr), port, f"{name.upper()} from {cidr}")
        return group

    def _load_balancer(self, spec: LoadBalancerSpec, subnets: Subnets) -> Any:
        environment = self._environment
        protection = environment.protected if spec.deletion_protection is None else spec.deletion_protection
        logs = AccessLogs(self, environment) if spec.access_logs else None
        access_logs = aws.lb.LbAccessLogs(bucket=logs.bucket, enabled=True) if logs else None
        way_in = () if spec.internal else subnets.way_in
        return self.make(
            aws.lb.Lb,
            "main",
            **Chosen(
                name=environment.names.load_balancer,
                load_balancer_type="application",
                internal=spec.internal,
                subnets=subnets.private if spec.internal else subnets.public,
                security_groups=[self.security_group.id],
                drop_invalid_header_fields=True,
                desync_mitigation_mode="defensive",
                enable_deletion_protection=protection,
                idle_timeout=spec.idle_timeout,
                access_logs=access_logs,
                tags={"Name": environment.names.load_balancer},
                # The load balancer tries the bucket when it is created, so the bucket's policy must stand by then.
                depends_on=[*([logs.policy] if logs else []), *way_in] or None,
            ),
        )

    def _certificate(self, spec: LoadBalancerSpec) -> str | None:
        if spec.https is None:
            return None
        if spec.https.certificate_arn:
            return literal(spec.https.certificate_arn)
        certificate = Certificate(self, (spec.https.domain or "").lower(), (spec.https.hosted_zone or "").lower())
        certificate.point_to(self.dns_name, self._balancer.zone_id)
        return certificate.arn

    def _listener(self, name: str, port: int, action: Any, **arguments: Any) -> Any:
        return self.make(
            aws.lb_listener.LbListener,
            name,
            load_balancer_arn=self.arn,
            port=port,
            protocol=name.upper(),
            **arguments,
            default_action=[action],
            tags={"Name": f"{self._environment.names.stack}-{name}"},
        )

    def _https_listener(self, spec: LoadBalancerSpec, certificate_arn: str) -> str:
        listener = self._listener(
            "https", HTTPS_PORT, _not_found(), ssl_policy=spec.ssl_policy, certificate_arn=certificate_arn
        )
        return str(listener.arn)

    def _url(self, spec: LoadBalancerSpec) -> str:
        if spec.https is None:
            return f"http://{self.dns_name}"
        domain = spec.https.domain
        # A wildcard is no host to open.
        return f"https://{domain if domain and not domain.startswith('*') else self.dns_name}"


def _not_found() -> Any:
    kind = aws.lb_listener
    answer = kind.LbListenerDefaultActionFixedResponse(
        content_type="text/plain", message_body="Not found", status_code="404"
    )
    return kind.LbListenerDefaultAction(type="fixed-response", fixed_response=answer)


def _redirect_to_https() -> Any:
    kind = aws.lb_listener
    target = kind.LbListenerDefaultActionRedirect(port=str(HTTPS_PORT), protocol="HTTPS", status_code="HTTP_301")
    return kind.LbListenerDefaultAction(type="redirect", redirect=target)
