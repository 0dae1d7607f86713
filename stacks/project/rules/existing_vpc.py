"""Rules of an existing VPC, which needs its subnets and to which ecsforge adds nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.data.zones import zones_of
from stacks.project.models import Network, Project
from stacks.project.nodes import dotted
from stacks.project.rules.finding import Finding, Rule, duplicates
from stacks.project.suggest import listed
from stacks.project.targets import creates_balancer

_IMPORT_KEYS = ("vpc_id", "public_subnet_ids", "private_subnet_ids")
_OWN_KEYS = ("cidr", "nat", "public_subnets", "private_subnets")
_WITHOUT_EFFECT = ("availability_zones", "endpoints", "flow_logs")
_TASK_SUBNETS = 16
_HEX = r"(?:[0-9a-f]{8}|[0-9a-f]{17})"
_VPC_ID, _SUBNET_ID = (re.compile(rf"{kind}-{_HEX}") for kind in ("vpc", "subnet"))


def creates_vpc(network: Network) -> bool:
    """Whether ecsforge creates the VPC."""
    return all(getattr(network, key) is None for key in _IMPORT_KEYS)


def existing_vpc(project: Project) -> Iterator[Finding]:
    """An existing VPC needs its subnets, and ecsforge adds nothing to it."""
    network = project.network
    given = [key for key in _IMPORT_KEYS if getattr(network, key) is not None]
    if not given:
        return
    causes = tuple(("network", key) for key in given)
    missing = listed((key for key in _IMPORT_KEYS if key not in given), "and")
    if missing:
        what = f"network has {listed(given, 'and')}, so it also needs {missing}"
        paths = ("network",), *(("network", key) for key in _IMPORT_KEYS)
        yield Finding(paths, what, None, f"add {missing}, or remove all three", "missing")
    for key in _OWN_KEYS:
        if key in network.model_fields_set:
            what = f"network.{key} can't be combined with {given[0]}, because ecsforge adds nothing to an existing VPC"
            yield Finding(
                (("network", key), causes[0]), what, key, f"remove it, or write {key}: null in the environment", "key"
            )
    yield from _ids(network)
    for key in _WITHOUT_EFFECT:
        if key in network.model_fields_set and getattr(network, key):
            what = f"network.{key} has no effect with {given[0]}, because ecsforge adds nothing to an existing VPC"
            fix = f"remove it, or write {key}: null in the environment"
            yield Finding((("network", key), causes[0]), what, key, fix, "key", "warning")


def _ids(network: Network) -> Iterator[Finding]:
    if network.vpc_id is not None and not _VPC_ID.fullmatch(network.vpc_id):
        what = "network.vpc_id must be vpc- followed by 8 or 17 hex digits"
        yield Finding((("network", "vpc_id"),), what, network.vpc_id or '""', "copy the id from the VPC console")
    for key in _IMPORT_KEYS[1:]:
        subnets = getattr(network, key)
        path = ("network", key)
        if subnets is not None and len(subnets) < 2:
            what = f"{dotted(path)} must list at least two subnets, in different availability zones"
            yield Finding((path,), what, str(len(subnets)), "add another one")
        for index, subnet in enumerate(subnets or ()):
            if not _SUBNET_ID.fullmatch(subnet):
                what = f"{dotted((*path, index))} must be subnet- followed by 8 or 17 hex digits"
                yield Finding(((*path, index),), what, subnet or '""', "copy the id from the VPC console")
        for first, again, subnet in duplicates(subnets or ()):
            what = f"{dotted((*path, again))} duplicates {dotted((*path, first))}"
            yield Finding(((*path, again), (*path, first)), what, subnet, "list different subnets")


def subnets_per_zone(project: Project) -> Iterator[Finding]:
    """ELB and EFS take one subnet per zone, and ECS at most sixteen for the tasks (ECS API, AwsVpcConfiguration)."""
    found: set[str] = set()
    for key, most, why in _subnet_limits(project):
        count = len(getattr(project.network, key) or ())
        if count > most and key not in found:
            found.add(key)
            what = f"network.{key} must list at most {most} subnets: {why}"
            yield Finding((("network", key), ("region",)), what, str(count), "remove some")


def _subnet_limits(project: Project) -> Iterator[tuple[str, int, str]]:
    """The keys of subnets, the most that each may have, and why; the lowest limit of a key first."""
    services, zones = project.services.values(), zones_of(project.region)
    per_zone = f"one in each of the {zones} zones of {project.region}"
    if creates_balancer(project):
        key = "private_subnet_ids" if project.load_balancer.internal else "public_subnet_ids"
        yield key, zones, f"a load balancer has {per_zone}"
    if any(volume.is_managed for service in services for volume in service.volumes.values()):
        yield "private_subnet_ids", zones, f"a file system has {per_zone}"
    for placement in dict.fromkeys(service.placement for service in services):
        yield f"{placement}_subnet_ids", _TASK_SUBNETS, f"ECS accepts {_TASK_SUBNETS} for the tasks of a service"


RULES: tuple[Rule, ...] = (existing_vpc, subnets_per_zone)
