"""Creates resources that exist in an account before a deploy, under specific IDs.

A project file can name a VPC or a certificate. AWS chooses their IDs, so its API can't create them under the IDs that
the file names. The emulator has an endpoint of its own for that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Network
from itertools import cycle
from types import ModuleType
from typing import Any

from moto.acm.models import acm_backends
from moto.ec2.models import ec2_backends, security_groups, subnets, vpcs
from moto.elbv2.models import FakeAction, FakeListener, elbv2_backends
from moto.sns.models import sns_backends

PATH = "/ecsforge/existing"
CIDR = "10.0.0.0/16"
ANYWHERE = "0.0.0.0/0"

reachable_groups: set[str] = set()
"""Security groups that rules and tasks of other VPCs may use.

For rules, as if a peering connection existed; for tasks, as if the group had been made in the VPC of the stack."""


class ExistingResources:
    """WSGI middleware that creates the resource that a POST to `PATH` names, and passes every other request on."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return self._application(environ, start_response)  # type: ignore[no-any-return]
        arguments = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        CREATE[arguments.pop("kind")](os.environ["MOTO_ACCOUNT_ID"], **arguments)
        start_response("204 No Content", [])
        return []


def create_network(
    account: str, region: str, vpc_id: str, subnet_ids: list[str], public_subnet_ids: Sequence[str] = ()
) -> None:
    """Create a VPC with subnets, spread over the zones of the region, and DNS host names.

    The public subnets have a route to an internet gateway, the others to a NAT gateway.
    """
    ec2 = ec2_backends[account][region]
    with _next_id(vpcs, "random_vpc_id", vpc_id):
        ec2.create_vpc(CIDR)
    ec2.modify_vpc_attribute(vpc_id, "enable_dns_hostnames", True)
    gateway = ec2.create_internet_gateway().id
    ec2.attach_internet_gateway(gateway, vpc_id)
    zones = cycle(zone.name for zone in ec2.describe_availability_zones())
    for subnet_id, cidr in zip(subnet_ids, IPv4Network(CIDR).subnets(new_prefix=24), strict=False):
        with _next_id(subnets, "random_subnet_id", subnet_id):
            ec2.create_subnet(vpc_id, str(cidr), availability_zone=next(zones))
    (main,) = ec2.describe_route_tables(filters={"vpc-id": [vpc_id], "association.main": ["true"]})
    ec2.create_route(main.id, ANYWHERE, nat_gateway_id=ec2.create_nat_gateway(subnet_ids[0], "").id)
    public = ec2.create_route_table(vpc_id)
    ec2.create_route(public.id, ANYWHERE, gateway_id=gateway)
    for subnet_id in public_subnet_ids:
        ec2.associate_route_table(public.id, subnet_id=subnet_id)


def create_security_group(account: str, region: str, group_id: str, vpc_id: str | None = None) -> None:
    """Create a security group in a VPC, by default the default one. Rules and tasks of every VPC may use it."""
    ec2 = ec2_backends[account][region]  # created on first use, with a default security group that needs another ID
    with _next_id(security_groups, "random_security_group_id", group_id):
        ec2.create_security_group(group_id, "Created for a rehearsal", vpc_id=vpc_id)
    reachable_groups.add(group_id)


def create_certificate(account: str, region: str, arn: str) -> None:
    """Create an issued certificate."""
    acm = acm_backends[account][region]
    requested = acm.request_certificate("example.com", None, [], [])
    certificate = acm._certificates.pop(requested)
    certificate.arn, certificate.status = arn, "ISSUED"
    acm._certificates[arn] = certificate


def create_load_balancer(
    account: str, region: str, arn: str, listener_arn: str, group_id: str, subnet_ids: list[str]
) -> None:
    """Create an application load balancer with a security group, and a listener for HTTPS on port 443."""
    ec2, elb = ec2_backends[account][region], elbv2_backends[account][region]
    vpc = ec2.get_subnet(subnet_ids[0]).vpc_id
    with _next_id(security_groups, "random_security_group_id", group_id):
        ec2.create_security_group(group_id, "Created for a rehearsal", vpc_id=vpc)
    made = elb.create_load_balancer(arn.split("/")[2], [group_id], subnet_ids, loadbalancer_type="application")
    balancer = elb.load_balancers.pop(made.arn)
    balancer.arn = arn
    elb.load_balancers[arn] = balancer
    answer = {"type": "fixed-response", "fixed_response_config": {"status_code": "404"}}
    listener = FakeListener(arn, listener_arn, "HTTPS", "443", "ELBSecurityPolicy-TLS13-1-2-2021-06", None, [], [])
    listener.default_actions = [FakeAction(answer)]
    balancer.listeners[listener_arn] = listener


def create_topic(account: str, region: str, arn: str) -> None:
    """Create a topic, in the account of its ARN."""
    parts = arn.split(":")
    sns_backends[parts[4]][region].create_topic(parts[5], {"FifoTopic": "true"} if arn.endswith(".fifo") else {})


CREATE: dict[str, Callable[..., None]] = {
    "network": create_network,
    "security_group": create_security_group,
    "certificate": create_certificate,
    "load_balancer": create_load_balancer,
    "topic": create_topic,
}


@contextmanager
def _next_id(module: ModuleType, function: str, value: str) -> Iterator[None]:
    """Make moto use `value` as the next id."""
    original = getattr(module, function)
    setattr(module, function, lambda: value)
    try:
        yield
    finally:
        setattr(module, function, original)
