"""The network interfaces of an account: what is in a subnet, and what uses a security group.

moto creates interfaces for NAT gateways, endpoints and mount targets only. Those of load balancers, of the tasks of
services, of databases and of caches follow from these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from operations.rehearsal.emulator.request import Request


@dataclass(frozen=True)
class Interface:
    """A network interface: who uses it, its subnet, its security groups, and whether it has a public address."""

    owner: str
    subnet: str
    groups: frozenset[str] = frozenset()
    public: bool = False


def interfaces(request: Request) -> Iterator[Interface]:
    """Every interface in the account and region of a request."""
    yield from _own(request)
    yield from _endpoints(request)
    yield from _load_balancers(request)
    yield from _services(request)
    yield from _databases(request)
    yield from _caches(request)


def in_subnet(request: Request, subnet: str) -> list[Interface]:
    """The interfaces in a subnet."""
    return [each for each in interfaces(request) if each.subnet == subnet]


def in_vpc(request: Request, vpc: str) -> list[Interface]:
    """The interfaces in a VPC."""
    return [each for each in interfaces(request) if vpc_of_subnet(request, each.subnet) == vpc]


def with_group(request: Request, group: str) -> list[Interface]:
    """The interfaces that use a security group."""
    return [each for each in interfaces(request) if group in each.groups]


def subnet(request: Request, subnet_id: str) -> Any:
    """moto's subnet; None if it does not exist."""
    subnets = request.backend("ec2").subnets
    return next((zone[subnet_id] for zone in subnets.values() if subnet_id in zone), None)


def vpc_of_subnet(request: Request, subnet_id: str) -> str | None:
    """The VPC of a subnet; None if the subnet does not exist."""
    found = subnet(request, subnet_id)
    return None if found is None else str(found.vpc_id)


def vpc_of_group(request: Request, group_id: str) -> str | None:
    """The VPC of a security group; None if the group does not exist."""
    for vpc, groups in request.backend("ec2").groups.items():
        if group_id in groups:
            return str(vpc)
    return None


def gateway_of(request: Request, vpc: str | None) -> Any:
    """The internet gateway that is attached to a VPC; None if there is none."""
    gateways = request.backend("ec2").internet_gateways.values()
    return next((each for each in gateways if each.vpc is not None and each.vpc.id == vpc), None)


def _own(request: Request) -> Iterator[Interface]:
    ec2 = request.backend("ec2")
    mapped = {address.eni.id for address in ec2.addresses if address.eni is not None}
    for eni in ec2.enis.values():
        groups = frozenset(group.id for group in eni.group_set)
        yield Interface(f"network interface {eni.id}", eni.subnet.id, groups, eni.id in mapped)


def _endpoints(request: Request) -> Iterator[Interface]:
    for endpoint in request.backend("ec2").vpc_end_points.values():
        for subnet_id in endpoint.subnet_ids or () if endpoint.state != "deleted" else ():
            yield Interface(f"endpoint {endpoint.id}", subnet_id, frozenset(endpoint.security_group_ids))


def _load_balancers(request: Request) -> Iterator[Interface]:
    for balancer in request.backend("elbv2").load_balancers.values():
        public = balancer.scheme != "internal"  # None by default
        for each in balancer.subnets:
            groups = frozenset(balancer.security_groups or ())
            yield Interface(f"load balancer {balancer.name}", each.id, groups, public)


def _services(request: Request) -> Iterator[Interface]:
    for service in request.backend("ecs").services.values():
        network = (service.network_configuration or {}).get("awsvpcConfiguration", {})
        if service.status == "INACTIVE" or not service.running_count:
            continue
        public = network.get("assignPublicIp") == "ENABLED"
        for subnet_id in network.get("subnets", ()):
            groups = frozenset(network.get("securityGroups") or ())
            yield Interface(f"tasks of service {service.name}", subnet_id, groups, public)


def _databases(request: Request) -> Iterator[Interface]:
    """The instances of RDS; those of a cluster have the subnets and the security groups of the cluster."""
    rds = request.backend("rds")
    for instance in rds.databases.values():
        cluster = rds.clusters.get(instance.db_cluster_identifier or "")
        groups = frozenset((cluster or instance).vpc_security_group_ids or ())
        group = getattr(instance, "db_subnet_group", None)
        for each in group.subnets if group is not None else ():
            yield Interface(f"database {instance.db_instance_identifier}", each["SubnetIdentifier"], groups)


def _caches(request: Request) -> Iterator[Interface]:
    elasticache = request.backend("elasticache")
    for group in elasticache.replication_groups.values():
        subnets = elasticache.cache_subnet_groups.get(group.cache_subnet_group_name)
        for subnet_id in subnets.subnet_ids if subnets else ():
            groups = frozenset(group.security_group_ids or ())
            yield Interface(f"cache {group.replication_group_id}", subnet_id, groups)
