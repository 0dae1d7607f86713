"""Models of the `network` and `load_balancer` sections."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from stacks.project.models.base import Days, Model, Seconds


class FlowLogs(Model):
    """VPC flow logs in CloudWatch Logs."""

    retention_days: Days = 30
    """Retention of the flow logs in days; one of the values that CloudWatch Logs allows."""


class Network(Model):
    """A new VPC, or with `vpc_id` an existing one."""

    cidr: str = "10.0.0.0/16"
    """The VPC's IPv4 range, /16 to /28."""
    availability_zones: Annotated[int, Field(ge=2, le=6)] | tuple[str, ...] = 2
    """The number of availability zones (2-6, the first ones of the region), or their names."""
    public_subnets: tuple[str, ...] | None = None
    """One IPv4 range per zone for the load balancer and NAT; allocated from `cidr` by default."""
    private_subnets: tuple[str, ...] | None = None
    """One IPv4 range per zone for the tasks; allocated from `cidr` by default."""
    nat: Literal["single", "per_az", "none"] = "single"
    """NAT for the tasks: one gateway, one per zone, or none (the endpoints that tasks need must then be listed, unless
    all services have `placement: public`). In us-east-1, a gateway with its address costs about 37 USD a month, and
    0.045 USD a GB (2026)."""
    endpoints: tuple[str, ...] = ("s3",)
    """VPC endpoints by service name: `s3` and `dynamodb` are gateway endpoints, others (`ecr.api`, `logs`, ...)
    interface endpoints. Gateway endpoints are free; in us-east-1, an interface endpoint costs about 7 USD a month in
    each zone, and 0.01 USD a GB (2026)."""
    flow_logs: FlowLogs | Literal[False] = FlowLogs()
    """Log the VPC's traffic to CloudWatch Logs; `false` turns it off."""
    vpc_id: str | None = None
    """An existing VPC to use; needs `public_subnet_ids` and `private_subnet_ids` too."""
    public_subnet_ids: tuple[str, ...] | None = None
    """Existing subnets for the load balancer, in at least two zones."""
    private_subnet_ids: tuple[str, ...] | None = None
    """Existing subnets for the tasks, in at least two zones."""


class Https(Model):
    """The certificate: an ARN or several, or one or more domains whose hosted zone is in Route 53."""

    certificate_arn: str | None = None
    """The ARN of an ACM certificate in the same region."""
    certificate_arns: tuple[str, ...] | None = None
    """The ARNs of several certificates, for different hosts: the first is for clients that name no host, or another
    one. At most 26."""
    domain: str | None = None
    """The domain to serve; ecsforge requests and validates a certificate and creates the alias records."""
    domains: tuple[str, ...] | None = None
    """Several domains, at most ten: one certificate for all of them, and an alias record for each. `*.example.com`
    covers one more label, not `example.com` itself. Changing the list replaces the certificate without a gap; if its
    first domain changes, the records are recreated."""
    hosted_zone: str | None = None
    """The Route 53 hosted zone that contains the domains."""

    @property
    def all_certificate_arns(self) -> tuple[str, ...]:
        """The certificates that exist, the default one first."""
        return self.certificate_arns or ((self.certificate_arn,) if self.certificate_arn else ())

    @property
    def all_domains(self) -> tuple[str, ...]:
        """The domains of the certificate that ecsforge requests, in lower case."""
        given = self.domains or ((self.domain,) if self.domain else ())
        return tuple(domain.lower() for domain in given)

    @property
    def host(self) -> str | None:
        """The first domain that a browser can open, which a wildcard is not."""
        return next((domain for domain in self.all_domains if not domain.startswith("*")), None)


class _Redirect(Model):
    """A host that is redirected to another one."""

    to: str
    """The host to redirect to (301), with the path and query of the request."""

    @property
    def source(self) -> str:
        """The host to redirect, in lower case: `from`, a keyword of Python."""
        return str(getattr(self, "from")).lower()


_FROM = "The host to redirect; `*` and `?` are wildcards. With `https.domains`, list it there too."
_SOURCE: Any = {"from": (str, Field(description=_FROM))}  # the keyword can't be written in a class
Redirect = create_model("Redirect", __base__=_Redirect, __doc__=_Redirect.__doc__, **_SOURCE)


class Waf(Model):
    """A WAFv2 web ACL with the AWS managed rule groups in front of the load balancer."""

    rate_limit: Annotated[int, Field(ge=10, le=2_000_000_000)] = 2000
    """Requests from one IP address in five minutes above which it is blocked."""
    anonymous_ips: Literal["block", "count"] = "count"
    """Requests from hosting providers, VPNs, proxies and Tor (AWSManagedRulesAnonymousIpList): `block` them, or only
    `count` them. Webhooks and other servers' requests come from hosting providers."""
    body_size: Literal["block", "count"] = "count"
    """Requests with a body over 8 KB (SizeRestrictions_BODY of AWSManagedRulesCommonRuleSet), such as uploads: `block`
    them, or only `count` them."""


class LoadBalancer(Model):
    """The application load balancer that all `web` services share. In us-east-1, it costs about 16 USD a month, 4 USD
    for its public address in each zone, and 6 USD for each capacity unit in use (2026)."""

    arn: str | None = None
    """The ARN of an existing application load balancer in the VPC `network.vpc_id`, with `listener_arn` and
    `security_group`. The services then get rules on its listener and nothing else of it changes: each needs
    `http.hosts` and an `http.priority` that is free."""
    listener_arn: str | None = None
    """The listener of the existing load balancer that gets the rules, usually that of port 443."""
    security_group: str | None = None
    """The security group (sg-...) of the existing load balancer, which the tasks accept requests from. Its rules must
    let the requests out."""
    internal: bool = False
    """Make the load balancer reachable only from inside the VPC."""
    ingress_cidrs: tuple[str, ...] = ("0.0.0.0/0",)
    """IPv4 ranges that can reach the load balancer."""
    https: Https | None = None
    """Serve HTTPS; HTTP only by default."""
    redirect_http: bool = True
    """With `https`, redirect HTTP to HTTPS (301)."""
    redirects: tuple[Redirect, ...] = ()
    """Hosts to redirect to others: `[{from: www.example.com, to: example.com}]`. A redirect takes precedence over the
    services' hosts and paths."""
    ssl_policy: str = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    """The TLS policy of the HTTPS listener."""
    access_logs: bool = True
    """Write access logs to a private bucket with a retention of 90 days."""
    idle_timeout: Annotated[Seconds, Field(ge=1, le=4000)] = 60
    """Seconds after which an idle connection is closed, 1-4000."""
    deletion_protection: bool | None = None
    """Prevent the deletion of the load balancer; the default is the value of `protected`."""
    waf: Waf | Literal[False] = False
    """A web application firewall; `false` turns it off. It costs about 10 USD a month, and 0.60 USD for a million
    requests (2026)."""
