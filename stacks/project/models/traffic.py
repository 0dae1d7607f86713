"""Models of a service's traffic: requests from the load balancer and from other services, and egress."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.project.models.auth import Auth
from stacks.project.models.base import Model, Port, Seconds, Text
from stacks.project.models.expression import Expression


class TargetCheck(Model):
    """The load balancer's health check of a target group."""

    path: str = "/"
    """The path to request; for GRPC the method, `/package.service/method`."""
    port: Port | None = None
    """The port to check, for images that answer health checks on another port than requests (9000 in Keycloak); by
    default the port of the requests."""
    matcher: Text = "200-399"
    """HTTP codes (or gRPC codes) of a healthy target: a code, a list or a range."""
    interval: Annotated[Seconds, Field(ge=5, le=300)] = 30
    """Seconds between checks, 5-300."""
    timeout: Annotated[Seconds, Field(ge=2, le=120)] = 5
    """Seconds before a check fails, 2-120, less than `interval`."""
    healthy_threshold: Annotated[int, Field(ge=2, le=10)] = 2
    """Consecutive successful checks before a target is healthy, 2-10."""
    unhealthy_threshold: Annotated[int, Field(ge=2, le=10)] = 3
    """Consecutive failed checks before a target is unhealthy, 2-10."""


class HealthCheck(TargetCheck):
    """The load balancer's health check of the service's target group."""

    grace_period: Annotated[Seconds, Field(ge=0, le=2_147_483_647)] = 60
    """Seconds after a task starts during which ECS ignores failed checks."""


class Routing(Model):
    """How the load balancer routes requests to a port."""

    hosts: tuple[str, ...] = ()
    """Host names to match; any host by default. `*` and `?` are wildcards: `*.example.com` matches subdomains."""
    paths: tuple[str, ...] = ("/*",)
    """Path patterns to match."""
    priority: Annotated[int, Field(ge=1, le=50_000)] | None = None
    """The listener rule's priority; assigned by default, with specific paths before general ones."""
    stickiness: Annotated[Seconds, Field(ge=1, le=604_800)] | Literal[False] = False
    """Seconds to route a client to the same task; `false` turns stickiness off."""
    deregistration_delay: Annotated[Seconds, Field(ge=0, le=3600)] = 60
    """Seconds a deregistering task has to complete its requests, 0-3600."""
    slow_start: Annotated[Seconds, Field(ge=0, le=900)] = 0
    """Seconds over which a new task ramps up to its full share of requests: 0, or 30-900."""
    protocol: Literal["HTTP1", "HTTP2", "GRPC"] = "HTTP1"
    """The protocol version of the requests to the tasks."""
    allowed_cidrs: tuple[str, ...] = ()
    """IPv4 ranges that can reach the service; by default every client of the load balancer."""


class FurtherPort(Routing):
    """A further port of the service's containers that the load balancer routes requests to."""

    port: Port
    """The port; that of the service's container, or of the sidecar that has it as its `port`."""
    health_check: TargetCheck | None = None
    """The health check of the port; by default that of the service, on the port of its requests."""


class Http(Routing):
    """How the load balancer routes requests to the service."""

    auth: Auth | None = None
    """Let the load balancer sign users in before it forwards requests, also those to the further ports. It passes the
    user on in the headers `x-amzn-oidc-*`. HTTPS only."""
    also: tuple[FurtherPort, ...] = ()
    """Further ports behind the load balancer, at most four, each with hosts or paths of its own. Scaling by requests
    and `http_5xx_percent` count the requests to `port` only."""


class Tcp(Model):
    """A TCP port on the environment's network load balancer, in place of `http`."""

    port: Port | None = None
    """The port the container listens on; by default the service's `port`, or that of its `target_container`."""
    listener: Port | None = None
    """The port that clients connect to, another one for each service; the container's port by default."""
    tls: bool = False
    """Terminate TLS at the load balancer, with the certificate of `load_balancer.https`."""


class Connect(Model):
    """The service's endpoint in ECS Service Connect."""

    alias: str | None = None
    """The host name for other services; the service's name by default."""
    port: Port | None = None
    """The port for other services; the service's `port` by default."""


class EgressRule(Model):
    """A destination that the tasks can reach."""

    port: Port
    """The TCP port."""
    cidr: str | None = None
    """The IPv4 range; 0.0.0.0/0 by default, unless `security_group` is set."""
    security_group: str | Expression | None = None
    """The security group (sg-...) of the destination, or `{terraform: EXPRESSION}` with the ID of one of your own
    Terraform."""
