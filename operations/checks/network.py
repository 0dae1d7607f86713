"""Whether the subnets of an existing VPC reach what the tasks need to start: their images, logs and secrets.

Sources: ECS Developer Guide, "Amazon ECS interface VPC endpoints" and "Fargate task networking"; VPC User Guide,
"Route tables"; AWS PrivateLink guide, "Private DNS". For a VPC that the stack creates, the rules of the project file
ensure it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.checks.model import CheckResult
from operations.checks.target import Target
from operations.clients import Requests
from operations.secret_stores.names import secret_uses
from operations.text import counted
from stacks.errors import Position, Problem
from stacks.image_reference import ecr_repository
from stacks.project.data.endpoint_services import endpoint_service
from stacks.project.targets import creates_balancer
from stacks.shared_registry import example_image

ANYWHERE = "0.0.0.0/0"
_TARGETS = (
    *("NatGatewayId", "TransitGatewayId", "GatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId"),
    *("CoreNetworkArn", "LocalGatewayId", "CarrierGatewayId", "InstanceId"),
)
_CHECK = "subnets"


def subnets(target: Target, requests: Requests) -> Iterator[CheckResult]:
    """The checks of the routes; none if the stack creates its VPC."""
    network = target.project.network
    if network.vpc_id is None or not target.project.services:
        return
    vpc = _Vpc.read(requests, network.vpc_id)
    placements = {service.placement for service in target.project.services.values()}
    private = (network.private_subnet_ids or ()) if "private" in placements else ()
    public = (network.public_subnet_ids or ()) if "public" in placements else ()
    problems = [
        *(problem for each in private for problem in _private(target, vpc, each)),
        *(problem for each in public for problem in _public_tasks(vpc, each)),
        *_dns(target, vpc, requests),
    ]
    unreachable = list(_public(target, vpc))
    yield from (CheckResult.of(_CHECK, each, calls=requests.calls) for each in problems)
    yield from (CheckResult.of(_CHECK, each, status="warning", calls=requests.calls) for each in unreachable)
    if not problems and not unreachable:
        counts = [
            counted(len(ids), f"{kind} subnet") for kind, ids in (("private", private), ("public", public)) if ids
        ]
        count = " and ".join(counts)
        yield CheckResult(_CHECK, "ok", f"{count} with a way to images, logs and secrets", calls=tuple(requests.calls))


@dataclass(frozen=True)
class _Vpc:
    """The route tables, NAT gateways and endpoints of a VPC."""

    id: str
    tables: Sequence[Mapping[str, Any]]
    nats: Mapping[str, str]
    endpoints: Sequence[Mapping[str, Any]]

    @classmethod
    def read(cls, requests: Requests, vpc_id: str) -> _Vpc:
        own = [{"Name": "vpc-id", "Values": [vpc_id]}]
        tables = requests.items("ec2", "describe_route_tables", "RouteTables", Filters=own)
        nats = requests.items("ec2", "describe_nat_gateways", "NatGateways", Filters=own)
        endpoints = requests.items("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=own)
        states = {each["NatGatewayId"]: each.get("State", "") for each in nats}
        return cls(vpc_id, tables, states, [each for each in endpoints if each.get("State", "").lower() == "available"])

    def table(self, subnet_id: str) -> Mapping[str, Any]:
        """The route table of a subnet: its own, or the main one."""
        main: Mapping[str, Any] = {}
        for table in self.tables:
            for association in table.get("Associations") or ():
                if association.get("SubnetId") == subnet_id:
                    return table
                if association.get("Main"):
                    main = table
        return main

    def default_route(self, subnet_id: str) -> Mapping[str, Any] | None:
        """The route of a subnet to the internet; None without one."""
        routes = self.table(subnet_id).get("Routes") or ()
        return next((each for each in routes if each.get("DestinationCidrBlock") == ANYWHERE), None)

    def has_endpoint(self, service: str, region: str, subnet_id: str) -> bool:
        """Whether tasks in a subnet reach a service through an endpoint."""
        table = self.table(subnet_id).get("RouteTableId")
        for each in self.endpoints:
            if each.get("ServiceName") != endpoint_service(region, service):
                continue
            if each.get("VpcEndpointType") == "Gateway":
                if table in (each.get("RouteTableIds") or ()):
                    return True
            elif each.get("PrivateDnsEnabled"):
                return True
        return False


def _private(target: Target, vpc: _Vpc, subnet_id: str) -> Iterator[Problem]:
    """What keeps tasks in a subnet from starting."""
    where = Position("network.private_subnet_ids")
    route = vpc.default_route(subnet_id)
    blocked = None if route is None else _blocked(vpc, route)
    if route is not None and blocked is None:
        return
    way = f"{subnet_id}, {blocked}" if blocked else f"{subnet_id}, without a route to {ANYWHERE}"
    missing = [each for each in needed_endpoints(target) if not vpc.has_endpoint(each, target.region, subnet_id)]
    if missing:
        what = "tasks in the subnet can't reach what they need to start"
        fix = f"add a route to a NAT gateway, or endpoints for {', '.join(missing)}"
        yield Problem(where, what, way, fix)
        return
    for image in dict.fromkeys(each for each in _container_images(target) if ecr_repository(each) is None):
        what = "tasks in the subnet can't pull an image from the internet"
        yield Problem(where, what, f"{image} from {way}", "add a route to a NAT gateway, or copy the image to ECR")


def _blocked(vpc: _Vpc, route: Mapping[str, Any]) -> str | None:
    """Why a route to the internet does not work for tasks without a public address; None if it does.

    What is behind a transit gateway, a firewall or an instance is not known.
    """
    gateway, nat = route.get("GatewayId") or "", route.get("NatGatewayId")
    if route.get("State") == "blackhole":
        name = next((str(route[each]) for each in _TARGETS if route.get(each)), "its target")
        return f"whose route to {ANYWHERE} leads nowhere: {name} was deleted"
    if gateway.startswith("igw-"):
        return f"whose route to {ANYWHERE} is the internet gateway {gateway}, and tasks have no public address"
    if nat and vpc.nats.get(nat, "available") not in ("available", "pending"):
        return f"whose NAT gateway {nat} is {vpc.nats[nat]}"
    return None


def _public_tasks(vpc: _Vpc, subnet_id: str) -> Iterator[Problem]:
    """What keeps tasks with public addresses in a subnet from reaching the internet."""
    route = vpc.default_route(subnet_id)
    if route is None or not (route.get("GatewayId") or "").startswith("igw-") or route.get("State") == "blackhole":
        what = "tasks with placement: public need a route to an internet gateway"
        got = f"{subnet_id}, without one"
        yield Problem(Position("network.public_subnet_ids"), what, got, "add the route, or write another subnet")


def _public(target: Target, vpc: _Vpc) -> Iterator[Problem]:
    """The public subnets in which a load balancer on the internet is not reachable."""
    project = target.project
    if project.load_balancer.internal or not creates_balancer(project):
        return
    for subnet_id in project.network.public_subnet_ids or ():
        route = vpc.default_route(subnet_id)
        if route is None or route.get("NatGatewayId"):
            got = f"{subnet_id}, whose route to {ANYWHERE} is a NAT gateway" if route else f"{subnet_id}, without one"
            what = "the load balancer can't be reached in a subnet without a route to an internet gateway"
            fix = "add the route, write another subnet, or set load_balancer.internal"
            yield Problem(Position("network.public_subnet_ids"), what, got, fix)


def _dns(target: Target, vpc: _Vpc, requests: Requests) -> Iterator[Problem]:
    """The DNS settings that private DNS names of endpoints and the names of file systems need."""
    volumes = any(
        not volume.is_ephemeral for service in target.project.services.values() for volume in service.volumes.values()
    )
    private = any(each.get("PrivateDnsEnabled") for each in vpc.endpoints)
    if not volumes and not private:
        return
    for attribute, member in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
        answer = requests.call("ec2", "describe_vpc_attribute", VpcId=vpc.id, Attribute=attribute)
        if not answer[member].get("Value"):
            need = "file systems" if volumes else "endpoints"
            fix = f"aws ec2 modify-vpc-attribute --vpc-id {vpc.id} --{_dashed(attribute)}"
            yield Problem(Position("network.vpc_id"), f"{need} need {attribute} in the VPC", vpc.id, fix)


def _dashed(attribute: str) -> str:
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in attribute)


def needed_endpoints(target: Target) -> list[str]:
    """The endpoints that the tasks need to start without another way out."""
    services, needed = target.project.services.values(), ["logs"]
    stores = {use.reference.service for use in secret_uses(target.project)}
    needed += ["ecr.api", "ecr.dkr", "s3"] if any(map(ecr_repository, _container_images(target))) else []
    needed += ["s3"] if any(service.all_env_files for service in services) else []
    needed += [each for each in ("ssm", "secretsmanager") if each in stores]
    needed += ["ssmmessages"] if any(service.exec for service in services) else []
    return list(dict.fromkeys(needed))


def _container_images(target: Target) -> Iterator[str]:
    """The image of each container; one in ECR for a service with `build` or `repository`."""
    for name, service in target.project.services.items():
        yield example_image(target.project, name, service)
        yield from (sidecar.image for sidecar in service.sidecars.values())
