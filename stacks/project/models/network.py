"""Models of the `network` and `load_balancer` sections."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.project.models.base import Days, Model, Seconds


class FlowLogs(Model):
    """VPC flow logs, kept in CloudWatch Logs."""

    retention_days: Days = 30
    """How long flow logs are kept, in days; one of the values CloudWatch Logs allows."""


class Network(Model):
    """A VPC of the project's own, or, with `vpc_id`, one that exists."""

    cidr: str = "10.0.0.0/16"
    """The VPC's IPv4 range, /16 to /28."""
    availability_zones: Annotated[int, Field(ge=2, le=6)] | tuple[str, ...] = 2
    """How many availability zones to use (2-6, the region's first ones), or their names."""
    public_subnets: tuple[str, ...] | None = None
    """One IPv4 range per zone for the load balancer and NAT; carved from `cidr` when left out."""
    private_subnets: tuple[str, ...] | None = None
    """One IPv4 range per zone for the tasks; carved from `cidr` when left out."""
    nat: Literal["single", "per_az", "none"] = "single"
    """The tasks' way out: one NAT gateway, one per zone, or none (then the endpoints tasks need must be listed)."""
    endpoints: tuple[str, ...] = ("s3",)
    """VPC endpoints by service name: `s3` and `dynamodb` are gateways, others interfaces (`ecr.api`, `logs`, ...)."""
    flow_logs: FlowLogs | Literal[False] = FlowLogs()
    """Record the VPC's traffic in CloudWatch Logs, or `false`."""
    vpc_id: str | None = None
    """An existing VPC to use; needs `public_subnet_ids` and `private_subnet_ids` beside it."""
    public_subnet_ids: tuple[str, ...] | None = None
    """Existing subnets for the load balancer, in two zones at least."""
    private_subnet_ids: tuple[str, ...] | None = None
    """Existing subnets for the tasks, in two zones at least."""


class Https(Model):
    """Where the certificate comes from: an ARN, or a domain whose hosted zone is in Route 53."""

    certificate_arn: str | None = None
    """An ACM certificate of the same region."""
    domain: str | None = None
    """The domain to serve; a certificate is requested and validated, and alias records are written."""
    hosted_zone: str | None = None
    """The Route 53 hosted zone that holds `domain`."""


class Waf(Model):
    """A WAFv2 web ACL with the AWS managed rule groups in front of the load balancer."""

    rate_limit: Annotated[int, Field(ge=10, le=2_000_000_000)] = 2000
    """Requests that one IP address may send in five minutes before it is blocked."""


class LoadBalancer(Model):
    """The application load balancer that all `web` services share."""

    internal: bool = False
    """Reachable from inside the VPC only."""
    ingress_cidrs: tuple[str, ...] = ("0.0.0.0/0",)
    """IPv4 ranges that may reach the load balancer."""
    https: Https | None = None
    """Serve HTTPS; plain HTTP only when left out."""
    redirect_http: bool = True
    """With `https`, answer plain HTTP with a redirect (301)."""
    ssl_policy: str = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    """The TLS policy of the HTTPS listener."""
    access_logs: bool = True
    """Write access logs to a private bucket that keeps them for 90 days."""
    idle_timeout: Annotated[Seconds, Field(ge=1, le=4000)] = 60
    """Seconds a connection may be idle, 1-4000."""
    deletion_protection: bool | None = None
    """Refuse to delete the load balancer; by default what the environment's `protected` says."""
    waf: Waf | Literal[False] = False
    """A web application firewall, or `false`."""
