"""Rules of a VPC that ecsforge creates: address ranges, subnets and availability zones.

Source: the Amazon VPC User Guide ("VPC CIDR blocks", "Subnet sizing").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network
from string import ascii_lowercase

from stacks.project.data.regions import REGIONS
from stacks.project.data.zones import ZONE_IDS, zones_of
from stacks.project.models import Network, Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.existing_vpc import creates_vpc
from stacks.project.rules.finding import Finding, Rule, duplicates
from stacks.project.rules.ranges import range_fault
from stacks.project.subnets import MAX_ZONES, TooSmallError, subnets_of, zone_count

_LARGEST, _SMALLEST = 16, 28
# EC2 rejects them for a VPC (Amazon VPC User Guide, "VPC CIDR blocks").
_RESERVED = tuple(map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")))
_TIERS = ("public_subnets", "private_subnets")


def _subnet_paths(network: Network) -> Iterator[tuple[Path, str]]:
    for tier in _TIERS:
        for index, text in enumerate(getattr(network, tier) or ()):
            yield ("network", tier, index), text


def address_ranges(project: Project) -> Iterator[Finding]:
    """The VPC and its subnets have valid sizes, and the subnets are inside the VPC and do not overlap."""
    network = project.network
    if not creates_vpc(network):
        return
    legal: list[tuple[Path, IPv4Network]] = []
    for path, text in [(("network", "cidr"), network.cidr), *_subnet_paths(network)]:
        if fault := range_fault(text, _LARGEST, _SMALLEST):
            yield Finding((path,), f"{dotted(path)} {fault[0]}", text or '""', fault[1])
        else:
            legal.append((path, IPv4Network(text)))
    if legal and (reserved := next((r for r in _RESERVED if r.overlaps(legal[0][1])), None)):
        what = f"{dotted(legal[0][0])} must not be in {reserved}, which AWS rejects for a VPC"
        yield Finding((legal[0][0],), what, str(legal[0][1]), "use a private range, for example 10.0.0.0/16")
    if legal and legal[0][0] == ("network", "cidr"):
        yield from _outside(*legal[0], legal[1:])
        legal = legal[1:]
    yield from _overlaps(legal)


def _outside(vpc_path: Path, vpc: IPv4Network, subnets: list[tuple[Path, IPv4Network]]) -> Iterator[Finding]:
    for path, subnet in subnets:
        if not subnet.subnet_of(vpc):
            what = f"{dotted(path)} must be inside network.cidr {vpc}"
            yield Finding((path, vpc_path), what, str(subnet), "choose a range inside it, or widen network.cidr")


def _overlaps(subnets: list[tuple[Path, IPv4Network]]) -> Iterator[Finding]:
    for index, (path, subnet) in enumerate(subnets):
        for other_path, other in subnets[:index]:
            if subnet.overlaps(other):
                what = f"{dotted(path)} overlaps {dotted(other_path)} {other}"
                yield Finding((path, other_path), what, str(subnet), "choose ranges that do not overlap")
                break


def subnet_counts(project: Project) -> Iterator[Finding]:
    """There is one subnet of each kind per zone, and enough space for those that are allocated."""
    network = project.network
    if not creates_vpc(network):
        return
    zones, zones_path = zone_count(network), ("network", "availability_zones")
    counts_fit = True
    for tier in _TIERS:
        subnets = getattr(network, tier)
        if subnets is not None and len(subnets) != zones:
            counts_fit = False
            what = f"network.{tier} must have one range for each of the {zones} availability zones"
            yield Finding(
                (("network", tier), zones_path), what, f"{len(subnets)}", "list one per zone, or leave it out"
            )
    ranges = [network.cidr, *(text for _, text in _subnet_paths(network))]
    if counts_fit and 1 < zones <= MAX_ZONES and not any(range_fault(text, _LARGEST, _SMALLEST) for text in ranges):
        yield from _space(network)


def _space(network: Network) -> Iterator[Finding]:
    try:
        subnets_of(network)
    except TooSmallError as error:
        what = f"network.cidr is too small for subnets in {zone_count(network)} availability zones"
        fits = f"it fits {error.fits}" if error.fits else "it fits none"
        fix = f"{fits}: use a larger range, for example 10.0.0.0/16, or set public_subnets and private_subnets"
        paths: tuple[Path, ...] = ("network", "cidr"), ("network", "availability_zones")
        yield Finding(paths, what, network.cidr, fix)


def zones(project: Project) -> Iterator[Finding]:
    """Zones are two to six different zones of the region, or a count that the region has."""
    names = project.network.availability_zones
    path = ("network", "availability_zones")
    if isinstance(names, int):
        known = len(ZONE_IDS.get(project.region, ())) or MAX_ZONES
        if names > known and creates_vpc(project.network):
            what = f"{dotted(path)} must be at most {known}, the number of zones with Fargate in {project.region}"
            yield Finding((path, ("region",)), what, str(names), f"write {known} or less")
        return
    yield from _named_zones(project.region, names)


def _named_zones(region: str, names: tuple[str, ...]) -> Iterator[Finding]:
    path = ("network", "availability_zones")
    if region not in REGIONS:  # reported as invalid
        return
    most = zones_of(region)
    free = [name for name in (f"{region}{letter}" for letter in ascii_lowercase[:most]) if name not in names]
    if not 2 <= len(names) <= most:
        what = f"network.availability_zones must list 2 to {most} zones, because a load balancer needs at least two"
        fix = f"for example [{region}a, {region}b], or write a count"
        yield Finding((path,), what, str(len(names)), fix)
    for first, again, name in duplicates(names):
        what = f"{dotted((*path, again))} duplicates {dotted((*path, first))}"
        yield Finding(((*path, again), (*path, first)), what, name, "list different zones")
    for index, name in enumerate(names):
        if not re.fullmatch(rf"{re.escape(region)}[a-f]", name):
            what = f"{dotted((*path, index))} must be an availability zone in {region}"
            fix = f"for example {free[0]}" if free else "remove it"
            yield Finding(((*path, index), ("region",)), what, name or '""', fix)


RULES: tuple[Rule, ...] = (address_ranges, subnet_counts, zones)
