"""Rules of the network: ranges, subnets, zones, endpoints, and an existing VPC.

Sources: the Amazon VPC User Guide ("VPC CIDR blocks", "Subnet sizing"), the ECS Developer Guide ("Amazon ECS
interface VPC endpoints").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from stacks.project.data.zones import ZONE_IDS
from stacks.project.models import Network, Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, containers, duplicates, repeated, service_path
from stacks.project.subnets import MAX_ZONES, TooSmallError, subnets_of, zone_count
from stacks.project.suggest import listed

_HTTPS = 443
ANYWHERE = "0.0.0.0/0"
_LARGEST, _SMALLEST = 16, 28
# EC2 rejects them for a VPC (Amazon VPC User Guide, "VPC CIDR blocks").
_RESERVED = tuple(map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")))
_TIERS = ("public_subnets", "private_subnets")
_IMPORT_KEYS = ("vpc_id", "public_subnet_ids", "private_subnet_ids")
_OWN_KEYS = ("cidr", "nat", *_TIERS)
_WITHOUT_EFFECT = ("availability_zones", "endpoints", "flow_logs")
_TASK_ENDPOINTS = ("ecr.api", "ecr.dkr", "s3", "logs")
_HEX = r"(?:[0-9a-f]{8}|[0-9a-f]{17})"
_VPC_ID, _SUBNET_ID, _GROUP_ID = (re.compile(rf"{kind}-{_HEX}") for kind in ("vpc", "subnet", "sg"))
# Common names of services, and the names of their endpoints.
_MISNAMED = {
    "cloudwatch": "monitoring for metrics, or logs",
    "cloudwatch-logs": "logs",
    "cloudwatchlogs": "logs",
    "ecr": "ecr.api and ecr.dkr",
    "efs": "elasticfilesystem; mounting a file system does not need it",
    "elb": "elasticloadbalancing",
    "eventbridge": "events",
    "secretmanager": "secretsmanager",
    "secrets-manager": "secretsmanager",
    "stepfunctions": "states",
}
_ENDPOINT = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*")


def range_fault(text: str, largest: int = 0, smallest: int = 32) -> tuple[str, str] | None:
    """What is invalid in an IPv4 range, as the end of a sentence, and a fix; None when it is valid.

    `largest` and `smallest` are the valid prefix lengths.
    """
    example = "10.0.0.0/16" if largest else "203.0.113.0/24"
    must = "must be an IPv4 range" + (f" from /{largest} to /{smallest}" if largest else "")
    try:
        network = IPv4Network(text, strict=False)
    except ValueError:
        return must, f"for example {example}"
    if "/" not in text or not text.partition("/")[2].isdecimal():
        return must, f"add the prefix length, for example {network.network_address}/{largest or network.prefixlen}"
    if not largest <= network.prefixlen <= smallest:
        return must, f"use a prefix length from /{largest} to /{smallest}"
    if str(network) != text:
        return "must be a network address without host bits", f"write {network}"
    return None


def _ranges(project: Project) -> Iterator[tuple[Path, str]]:
    """Every range in a security group rule or listener rule, which can have any size."""
    for index, text in enumerate(project.load_balancer.ingress_cidrs):
        yield ("load_balancer", "ingress_cidrs", index), text
    for name, service in project.services.items():
        for index, text in enumerate(service.http.allowed_cidrs):
            yield service_path(name, "http", "allowed_cidrs", index), text
        for index, rule in enumerate(service.egress if isinstance(service.egress, tuple) else ()):
            if rule.cidr is not None:
                yield service_path(name, "egress", index, "cidr"), rule.cidr


def traffic_ranges(project: Project) -> Iterator[Finding]:
    """Ranges for traffic are network addresses."""
    for path, text in _ranges(project):
        if fault := range_fault(text):
            yield Finding((path,), f"{dotted(path)} {fault[0]}", text or '""', fault[1])


def traffic_once(project: Project) -> Iterator[Finding]:
    """Security group rules are unique, because EC2 rejects duplicates."""
    given: list[tuple[Path, tuple[str, ...]]] = [
        (("load_balancer", "ingress_cidrs"), project.load_balancer.ingress_cidrs)
    ]
    for name, service in project.services.items():
        rules = service.egress if isinstance(service.egress, tuple) else ()
        peers = (f"{rule.port} to {rule.security_group or rule.cidr or ANYWHERE}" for rule in rules)
        given.append((service_path(name, "egress"), tuple(peers)))
        given.append((service_path(name, "http", "allowed_cidrs"), service.http.allowed_cidrs))
    for path, values in given:
        yield from repeated(path, values)


def _own(network: Network) -> bool:
    return all(getattr(network, key) is None for key in _IMPORT_KEYS)


def _subnet_paths(network: Network) -> Iterator[tuple[Path, str]]:
    for tier in _TIERS:
        for index, text in enumerate(getattr(network, tier) or ()):
            yield ("network", tier, index), text


def address_ranges(project: Project) -> Iterator[Finding]:
    """The VPC and its subnets have valid sizes, and the subnets are inside the VPC and do not overlap."""
    network = project.network
    if not _own(network):
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
    if not _own(network):
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
        if names > known and _own(project.network):
            what = f"{dotted(path)} must be at most {known}, the number of zones with Fargate in {project.region}"
            yield Finding((path, ("region",)), what, str(names), f"write {known} or less")
        return
    if not 2 <= len(names) <= MAX_ZONES:
        what = (
            f"network.availability_zones must list 2 to {MAX_ZONES} zones, because a load balancer needs at least two"
        )
        fix = f"for example [{project.region}a, {project.region}b], or write a count"
        yield Finding((path,), what, str(len(names)), fix)
    for first, again, name in duplicates(names):
        what = f"{dotted((*path, again))} duplicates {dotted((*path, first))}"
        yield Finding(((*path, again), (*path, first)), what, name, "list different zones")
    for index, name in enumerate(names):
        if not re.fullmatch(rf"{re.escape(project.region)}[a-z]", name):
            what = f"{dotted((*path, index))} must be an availability zone in {project.region}"
            yield Finding(((*path, index), ("region",)), what, name or '""', f"for example {project.region}a")


def endpoints(project: Project) -> Iterator[Finding]:
    """Endpoints have AWS's service names, without the prefix."""
    path = ("network", "endpoints")
    for index, name in enumerate(project.network.endpoints):
        if name.startswith("com.amazonaws.") or not _ENDPOINT.fullmatch(name):
            short = name.split(".", 3)[-1] if name.startswith("com.amazonaws.") else "ecr.api"
            what = f"{dotted((*path, index))} must be the short name of an AWS service"
            yield Finding(((*path, index),), what, name or '""', f"for example {short}")
        elif name in _MISNAMED:
            what = f"{dotted((*path, index))} is not the name of an AWS endpoint service"
            yield Finding(((*path, index),), what, name, f"write {_MISNAMED[name]}")
    # `ecr.api` and `ecr-api` have the same Terraform address.
    yield from repeated(path, tuple(name.replace(".", "-") for name in project.network.endpoints))


def tasks_without_nat(project: Project) -> Iterator[Finding]:
    """Without NAT, private tasks only reach AWS through endpoints."""
    network = project.network
    if network.nat != "none" or not _own(network) or not project.services:
        return
    path, cause = ("network",), ("network", "nat")
    missing = [name for name in _needed_endpoints(project) if name not in network.endpoints]
    if missing:
        endpoints = f"endpoint{'s' if len(missing) > 1 else ''} {listed(missing, 'and')}"
        what = f"network needs the {endpoints}, because tasks have no NAT gateway"
        names = ", ".join([*network.endpoints, *missing])
        paths = path, cause, (*path, "endpoints")
        yield Finding(paths, what, None, f"write endpoints: [{names}], or nat: single", "missing")
    yield from _useful_endpoints(project)
    for container in containers(project):
        if ".dkr.ecr." not in container.config.image:
            image = (*container.path, "image")
            what = f"{dotted(image)} can't be pulled with nat: none, unless it is in a private ECR registry"
            fix = "copy the image to ECR, or write nat: single"
            yield Finding((image, cause), what, container.config.image, fix, severity="warning")


def _useful_endpoints(project: Project) -> Iterator[Finding]:
    """Endpoints that containers or ECS Exec probably need."""
    for name, service in project.services.items():
        wanted = {"queue": ("sqs", service.queue is not None), "exec": ("ssmmessages", service.exec)}
        for key, (endpoint, used) in wanted.items():
            if used and endpoint not in project.network.endpoints:
                path = service_path(name, key)
                what = f"{dotted(path)} needs the endpoint {endpoint}, because tasks have no NAT gateway"
                fix = f"add {endpoint} to network.endpoints, or write nat: single"
                yield Finding((path, ("network", "nat")), what, None, fix, "key", "warning")


def _needed_endpoints(project: Project) -> list[str]:
    references = [value for container in containers(project) for value in container.config.secrets.values()]
    needed = list(_TASK_ENDPOINTS)
    needed += ["ssm"] if any(value.startswith("ssm:") or ":ssm:" in value for value in references) else []
    needed += ["secretsmanager"] if any("secretsmanager:" in value for value in references) else []
    return needed


def imported(project: Project) -> Iterator[Finding]:
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


def closed_egress(project: Project) -> Iterator[Finding]:
    """Images, logs and secrets need HTTPS."""
    for name, service in project.services.items():
        if isinstance(service.egress, tuple) and all(rule.port != _HTTPS for rule in service.egress):
            path = service_path(name, "egress")
            what = f"{dotted(path)} does not allow port 443, which tasks need to pull images and write logs"
            yield Finding((path,), what, None, "add {port: 443}", severity="warning")


def egress(project: Project) -> Iterator[Finding]:
    """A destination is a range or a security group."""
    for name, service in project.services.items():
        for index, rule in enumerate(service.egress if isinstance(service.egress, tuple) else ()):
            path = service_path(name, "egress", index)
            if rule.cidr is not None and rule.security_group is not None:
                what = f"{dotted(path)} takes a cidr or a security_group, not both"
                paths = (*path, "cidr"), (*path, "security_group")
                yield Finding(paths, what, "both", "split it into two rules", "key")
            if rule.security_group is not None and not _GROUP_ID.fullmatch(rule.security_group):
                what = f"{dotted((*path, 'security_group'))} must be sg- followed by 8 or 17 hex digits"
                fix = "copy the id from the VPC console"
                yield Finding(((*path, "security_group"),), what, rule.security_group or '""', fix)


RULES: tuple[Rule, ...] = (
    traffic_ranges,
    traffic_once,
    address_ranges,
    subnet_counts,
    zones,
    endpoints,
    tasks_without_nat,
    imported,
    egress,
    closed_egress,
)
