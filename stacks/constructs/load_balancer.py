"""The Application Load Balancer that the web services share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.bindings import aws
from stacks.constructs.access_logs import AccessLogs
from stacks.constructs.base import Construct, Scope, literal
from stacks.constructs.certificate import Certificates, certificates, further_certificates
from stacks.constructs.environment import Environment
from stacks.constructs.network import ANYWHERE, Subnets
from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.naming import identifier, identifier_of, peer_identifier
from stacks.project.models import LoadBalancer as LoadBalancerConfig

HTTP_PORT = 80
HTTPS_PORT = 443


class LoadBalancer(Construct):
    """An Application Load Balancer with its listeners; a request that no rule matches gets a 404.

    It drops invalid header fields, uses defensive desync mitigation, and accepts traffic only on its listeners' ports
    from the CIDR ranges of the project file. `redirects` are the priorities of the redirected hosts.

    Attributes:
        security_group_id: The ID of its security group.
        listeners: The name (`http`, `https`) and ARN of each listener that routes to services.
        arn: The load balancer's ARN.
        arn_suffix: The ARN suffix, which CloudWatch and Application Auto Scaling use.
        dns_name: The load balancer's DNS name.
        zone_id: The ID of the hosted zone for alias records to it.
        url: The URL of the web services.
        certificates: The certificates of the HTTPS listener; None without HTTPS.
    """

    def __init__(
        self,
        scope: Scope,
        environment: Environment,
        config: LoadBalancerConfig,
        subnets: Subnets,
        redirects: Mapping[str, int],
    ) -> None:
        super().__init__(scope, "load_balancer")
        self._environment, self._reaches_providers = environment, False
        self._security_group = self._make_security_group(config, subnets)
        self.security_group_id = self._security_group.id
        self._balancer = self._load_balancer(config, subnets)
        self.arn: str = self._balancer.arn
        self.arn_suffix: str = self._balancer.arn_suffix
        self.dns_name: str = self._balancer.dns_name
        self.zone_id: str = self._balancer.zone_id
        self.certificates = self._certificates(config)
        self.listeners: dict[str, str] = {}
        if self.certificates:
            self.listeners["https"] = self._https_listener(config, self.certificates)
        if not (self.certificates and config.redirect_http):
            self.listeners["http"] = self._listener("http", HTTP_PORT, _not_found()).arn
        else:
            self._listener("http", HTTP_PORT, _redirect_to_https())
        for redirect in config.redirects:
            for listener, arn in self.listeners.items():
                self._redirect(listener, arn, redirect.source, redirect.to, redirects[redirect.source])
        self.url = self._url(config)

    def allow_to_tasks(self, service: str, security_group_id: str, port: int) -> None:
        """Let the load balancer reach the tasks of a service, which are in that security group."""
        peer = Peer(security_group_id=security_group_id)
        self._security_group.allow_out(f"{identifier(service)}_tasks", peer, port, f"Tasks of {service}")

    def allow_to_port(self, service: str, security_group_id: str, port: int, purpose: str) -> None:
        """Let the load balancer reach the tasks of a service on a further port."""
        peer = Peer(security_group_id=security_group_id)
        self._security_group.allow_out(f"{identifier(service)}_{port}", peer, port, f"{purpose} of {service}")

    def allow_to_identity_provider(self) -> None:
        """Let the load balancer reach the endpoints of identity providers; once for all services."""
        if not self._reaches_providers:
            self._reaches_providers = True
            anywhere = Peer(cidr=ANYWHERE)
            self._security_group.allow_out("identity_provider", anywhere, HTTPS_PORT, "Endpoints of identity providers")

    def _make_security_group(self, config: LoadBalancerConfig, subnets: Subnets) -> SecurityGroup:
        group = SecurityGroup(
            self,
            "load_balancer",
            name=self._environment.names.load_balancer_security_group,
            description="Load balancer: clients in, services out",
            vpc_id=subnets.vpc_id,
        )
        ports = {"http": HTTP_PORT, **({"https": HTTPS_PORT} if config.https else {})}
        for name, port in ports.items():
            for cidr in config.ingress_cidrs:
                rule = f"{name}_{peer_identifier(cidr)}"
                group.allow_in(rule, Peer(cidr=cidr), port, f"{name.upper()} from {cidr}")
        return group

    def _load_balancer(self, config: LoadBalancerConfig, subnets: Subnets) -> Any:
        environment = self._environment
        protection = environment.protected if config.deletion_protection is None else config.deletion_protection
        logs = AccessLogs(self, environment) if config.access_logs else None
        access_logs = aws.lb.LbAccessLogs(bucket=logs.bucket, enabled=True) if logs else None
        internet_routes = () if config.internal else subnets.internet_routes
        return self.make(
            aws.lb.Lb,
            "main",
            name=environment.names.load_balancer,
            load_balancer_type="application",
            internal=config.internal,
            subnets=subnets.private if config.internal else subnets.public,
            security_groups=[self.security_group_id],
            drop_invalid_header_fields=True,
            desync_mitigation_mode="defensive",
            enable_deletion_protection=protection,
            idle_timeout=config.idle_timeout,
            access_logs=access_logs,
            tags={"Name": environment.names.load_balancer},
            # ELB writes a test object to the bucket when the load balancer is created.
            depends_on=[*([logs.policy] if logs else []), *internet_routes] or None,
        )

    def _certificates(self, config: LoadBalancerConfig) -> Certificates | None:
        if config.https is None:
            return None
        found = certificates(self, config.https)
        if found.requested:
            found.requested.point_to(self.dns_name, self._balancer.zone_id)
        return found

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

    def _https_listener(self, config: LoadBalancerConfig, found: Certificates) -> str:
        listener = self._listener(
            "https", HTTPS_PORT, _not_found(), ssl_policy=config.ssl_policy, certificate_arn=found.arns[0]
        )
        further_certificates(self, "https", listener.arn, found)
        return str(listener.arn)

    def _redirect(self, listener: str, listener_arn: str, source: str, target: str, priority: int) -> None:
        kind = aws.lb_listener_rule
        redirect = kind.LbListenerRuleActionRedirect(host=literal(target), status_code="HTTP_301")
        hosts = kind.LbListenerRuleConditionHostHeader(values=[literal(source)])
        self.make(
            kind.LbListenerRule,
            f"redirect_{identifier_of(source)}_{listener}",
            listener_arn=listener_arn,
            priority=priority,
            action=[kind.LbListenerRuleAction(type="redirect", redirect=redirect)],
            condition=[kind.LbListenerRuleCondition(host_header=hosts)],
            tags={"Name": f"{self._environment.names.stack}-redirect"},
        )

    def _url(self, config: LoadBalancerConfig) -> str:
        if config.https is None:
            return f"http://{self.dns_name}"
        return f"https://{config.https.host or self.dns_name}"


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
