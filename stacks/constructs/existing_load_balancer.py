"""An existing load balancer, on whose listener the web services get rules."""

from __future__ import annotations

from collections.abc import Iterable

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope, literal
from stacks.project.models import LoadBalancer as LoadBalancerConfig
from stacks.project.targets import Target, first_host

LISTENER = "listener"
"""The name of its listener in the addresses of rules."""


class ExistingLoadBalancer(Construct):
    """An existing load balancer; nothing of it changes but the rules of one listener.

    Attributes:
        security_group_id: The ID of its security group.
        listeners: The ARN of the listener that routes to services.
        arn: The load balancer's ARN.
        arn_suffix: The ARN suffix, which CloudWatch and Application Auto Scaling use.
        url: The URL of the first service; None where every host is a wildcard.
        certificates: None: the listener has its own.
    """

    certificates = None

    def __init__(self, scope: Scope, config: LoadBalancerConfig, targets: Iterable[Target]) -> None:
        super().__init__(scope, "load_balancer")
        self.security_group_id = config.security_group or ""
        self.arn = literal(config.arn or "")
        self.arn_suffix = self.arn.partition(":loadbalancer/")[2]
        self.listeners = {LISTENER: literal(config.listener_arn or "")}
        listener = self.make(
            aws.data_aws_lb_listener.DataAwsLbListener, "existing", arn=literal(config.listener_arn or "")
        )
        source = f"data.aws_lb_listener.{listener.friendly_unique_id}"
        host = first_host(targets)
        self.url = f"${{lower({source}.protocol)}}://{host}:${{{source}.port}}" if host else None

    def alias(self) -> tuple[str, str]:
        """The DNS name of the load balancer and the ID of its hosted zone, for alias records; looked up by its ARN."""
        found = self.make(aws.data_aws_lb.DataAwsLb, "existing", arn=self.arn)
        return str(found.dns_name), str(found.zone_id)

    def allow_to_tasks(self, service: str, security_group_id: str, port: int) -> None:
        """Its security group is not changed."""

    def allow_to_port(self, service: str, security_group_id: str, port: int, purpose: str) -> None:
        """Its security group is not changed."""

    def allow_to_identity_provider(self) -> None:
        """Its security group is not changed."""
