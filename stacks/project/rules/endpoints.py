"""Rules of the VPC endpoints, and what tasks without NAT need.

Source: the ECS Developer Guide ("Amazon ECS interface VPC endpoints").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import Project
from stacks.project.nodes import dotted
from stacks.project.rules.existing_vpc import creates_vpc
from stacks.project.rules.finding import Finding, Rule, containers, repeated, service_path
from stacks.project.suggest import listed

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


RULES: tuple[Rule, ...] = (endpoints, tasks_without_nat)
