"""Whether an existing VPC has what a deploy needs, checked before anything is planned.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer
(one subnet per zone, at least two zones, at least /27 and 8 free addresses) and
https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html (one mount target per zone).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from operations import aws
from stacks.errors import AwsError, Position, Problem
from stacks.project.targets import creates_balancer

if TYPE_CHECKING:
    import boto3

    from stacks.project.models import Project

BALANCER_ADDRESSES = 8
"""The free addresses that a load balancer needs in each of its subnets."""
BALANCER_PREFIX = 27
"""The longest prefix of a load balancer's subnet."""
_MISSING = frozenset({"InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed"})


def network_problems(project: Project, session: boto3.Session, *, deployed: bool) -> tuple[Problem, ...]:
    """What makes the existing VPC of a project unusable; empty if nothing does, or if the stack has its own VPC.

    `deployed` is whether the stack exists: its load balancer then uses some of the addresses.

    Raises:
        AwsError: AWS refused DescribeSubnets.
    """
    network = project.network
    if network.vpc_id is None:
        return ()
    public, private = tuple(network.public_subnet_ids or ()), tuple(network.private_subnet_ids or ())
    try:
        with aws.errors("network"):
            answer = aws.client(session, "ec2").describe_subnets(SubnetIds=list(dict.fromkeys((*public, *private))))
    except AwsError as error:
        if not error.codes & _MISSING:
            raise
        (problem,) = error.problems
        fix = f"write the IDs of subnets of {network.vpc_id} in {project.region}"
        return (Problem(_place("subnet_ids"), "a subnet does not exist", problem.got, fix, code=problem.code),)
    found = {each["SubnetId"]: each for each in answer["Subnets"]}
    elsewhere = tuple(_of_other_vpcs(found, network.vpc_id))
    if elsewhere:
        return elsewhere
    addresses = () if deployed else tuple(_address_problems(project, found))
    return (*_zone_problems(project, found), *addresses)


def _of_other_vpcs(subnets: Mapping[str, Mapping[str, Any]], vpc_id: str) -> Iterator[Problem]:
    for subnet_id, subnet in subnets.items():
        if subnet["VpcId"] != vpc_id:
            got = f"{subnet_id} in {subnet['VpcId']}"
            yield Problem(_place("subnet_ids"), f"the subnet is not in {vpc_id}", got, f"write a subnet of {vpc_id}")


def _zone_problems(project: Project, subnets: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    field, ids = _balancer_subnets(project)
    if ids:
        yield from _one_per_zone(field, "a load balancer", ids, subnets)
        zones = {subnets[each]["AvailabilityZone"] for each in ids}
        if len(zones) == 1:
            fix = f"add a subnet in another zone to `{field}`"
            yield Problem(_place(field), "a load balancer needs subnets in two zones", ", ".join(zones), fix)
    volumes = [volume for service in project.services.values() for volume in service.volumes.values()]
    if any(volume.is_managed for volume in volumes):
        private = project.network.private_subnet_ids or ()
        yield from _one_per_zone("private_subnet_ids", "a file system", private, subnets)


def _address_problems(project: Project, subnets: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    field, ids = _balancer_subnets(project)
    for each in ids:
        free, cidr = subnets[each]["AvailableIpAddressCount"], subnets[each]["CidrBlock"]
        if ip_network(cidr).prefixlen > BALANCER_PREFIX:
            what = f"a load balancer needs subnets of /{BALANCER_PREFIX} or larger"
            yield Problem(_place(field), what, f"{each} with {cidr}", "write a larger subnet")
        elif free < BALANCER_ADDRESSES:
            what = f"a load balancer needs {BALANCER_ADDRESSES} free addresses in each subnet"
            yield Problem(_place(field), what, f"{each} with {free}", "write another subnet, or free addresses in it")


def _balancer_subnets(project: Project) -> tuple[str, tuple[str, ...]]:
    """The field with the subnets of the load balancer, and their IDs; none if there is no load balancer."""
    network, internal = project.network, project.load_balancer.internal
    field, ids = (
        ("private_subnet_ids", network.private_subnet_ids)
        if internal
        else ("public_subnet_ids", network.public_subnet_ids)
    )
    return field, tuple(ids or ()) if creates_balancer(project) else ()


def _one_per_zone(
    field: str, what: str, ids: Sequence[str], subnets: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for each in ids:
        zone = subnets[each]["AvailabilityZone"]
        if zone in first:
            got = f"{first[zone]} and {each} in {zone}"
            yield Problem(_place(field), f"{what} takes one subnet per zone", got, f"keep one of them in `{field}`")
        first.setdefault(zone, each)


def _place(field: str) -> Position:
    return Position(f"network.{field}")
