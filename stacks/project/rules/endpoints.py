"""Rules of the VPC endpoints, and what tasks without NAT need.

Source: the ECS Developer Guide ("Amazon ECS interface VPC endpoints").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from stacks.project.models import Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.existing_vpc import creates_vpc
from stacks.project.rules.finding import Finding, Rule, containers, repeated, service_path
from stacks.project.suggest import listed
from stacks.references import ecr_repository

_TASK_ENDPOINTS = ("ecr.api", "ecr.dkr", "s3", "logs")
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
_REGION_OF_SECRET = re.compile(r"arn:[a-z-]+:(?:ssm|secretsmanager):(?P<region>[a-z0-9-]+):")
_HTTPS = 443
_ANYWHERE = "0.0.0.0/0"
_ENDPOINT = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*")


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
    if network.nat != "none" or not creates_vpc(network) or not project.services:
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
    yield from _other_regions(project)
    yield from _unreachable_endpoints(project)
    for container in containers(project):
        if ".dkr.ecr." not in container.config.image:
            image = (*container.path, "image")
            what = f"{dotted(image)} can't be pulled with nat: none, unless it is in a private ECR registry"
            fix = "copy the image to ECR, or write nat: single"
            yield Finding((image, cause), what, container.config.image, fix, severity="warning")


def _useful_endpoints(project: Project) -> Iterator[Finding]:
    """Endpoints that containers probably need."""
    for name, service in project.services.items():
        if service.queue is not None and "sqs" not in project.network.endpoints:
            path = service_path(name, "queue")
            what = f"{dotted(path)} needs the endpoint sqs, because tasks have no NAT gateway"
            fix = "add sqs to network.endpoints, or write nat: single"
            yield Finding((path, ("network", "nat")), what, None, fix, "key", "warning")


def _other_regions(project: Project) -> Iterator[Finding]:
    """Images and secrets are in the region of the endpoints: an endpoint only reaches its own region."""
    region = project.region
    for container in containers(project):
        found: list[tuple[Path, str, str]] = []
        if image := ecr_repository(container.config.image):
            found.append(((*container.path, "image"), image[0], container.config.image))
        for name, value in container.config.secrets.items():
            if match := _REGION_OF_SECRET.match(value):
                found.append(((*container.path, "secrets", name), match["region"], value))
        for path, other, got in found:
            if other != region:
                what = f"{dotted(path)} is in {other}, and without NAT tasks only reach {region}"
                fix = f"copy it to {region} and use the copy, or write nat: single"
                yield Finding((path, ("network", "nat")), what, got, fix)


def _unreachable_endpoints(project: Project) -> Iterator[Finding]:
    """Interface endpoints have addresses in the VPC. Security group rules to gateway endpoints are created."""
    vpc = _range(project.network.cidr)
    for name, service in project.services.items():
        rules = service.egress if isinstance(service.egress, tuple) else ()
        https = [rule for rule in rules if rule.port == _HTTPS]
        ranges = [_range(rule.cidr or _ANYWHERE) for rule in https if not rule.security_group]
        if vpc is None or None in ranges or not https or any(rule.security_group for rule in https):
            continue
        if not any(each.overlaps(vpc) for each in ranges if each is not None):
            path = service_path(name, "egress")
            what = f"{dotted(path)} does not allow port 443 to the VPC, where the endpoints that tasks need are"
            fix = f"add {{port: 443, cidr: {project.network.cidr}}}"
            yield Finding((path, ("network", "nat")), what, None, fix, severity="warning")


def _range(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text)
    except ValueError:
        return None


def _needed_endpoints(project: Project) -> list[str]:
    references = [value for container in containers(project) for value in container.config.secrets.values()]
    needed = list(_TASK_ENDPOINTS)
    needed += ["ssm"] if any(value.startswith("ssm:") or ":ssm:" in value for value in references) else []
    needed += ["secretsmanager"] if any("secretsmanager:" in value for value in references) else []
    # The ECS Developer Guide, "ECS Exec": the task opens the session, and decrypts it if the cluster has a key.
    if any(service.exec for service in project.services.values()):
        needed += ["ssmmessages", *(["kms"] if project.encryption == "customer" else [])]
    return needed


RULES: tuple[Rule, ...] = (endpoints, tasks_without_nat)
