"""Rules of the VPC endpoints, and what tasks without NAT need.

Source: the ECS Developer Guide ("Amazon ECS interface VPC endpoints").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.data.endpoint_services import ENDPOINT_SERVICES, is_endpoint_service
from stacks.project.models import Project
from stacks.project.nodes import dotted
from stacks.project.rules.existing_vpc import creates_vpc
from stacks.project.rules.finding import Finding, Rule, containers, repeated, service_path
from stacks.project.suggest import listed, nearest

_TASK_ENDPOINTS = ("ecr.api", "ecr.dkr", "s3", "logs")
# Common names of services, and how to write their endpoints.
_MISNAMED = {
    "certificatemanager": "acm",
    "cloudwatch": "monitoring",
    "cloudwatch-logs": "logs",
    "cloudwatchlogs": "logs",
    "cognito": "cognito-idp",
    "dynamo": "dynamodb",
    "ecr": "ecr.api, ecr.dkr",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "eventbridge": "events",
    "firehose": "kinesis-firehose",
    "kinesis": "kinesis-streams",
    "metrics": "monitoring",
    "parameter-store": "ssm",
    "sagemaker": "sagemaker.api, sagemaker.runtime",
    "secretmanager": "secretsmanager",
    "secrets": "secretsmanager",
    "secrets-manager": "secretsmanager",
    "ses": "email-smtp",
    "stepfunctions": "states",
    "step-functions": "states",
}
_FULL_NAME = re.compile(r"(?:cn\.)?com\.amazonaws\.(?:[a-z]{2,4}(?:-[a-z]+)+-\d\.)?(?P<short>.+)", re.I)


def endpoints(project: Project) -> Iterator[Finding]:
    """Endpoints have AWS's service names, without the prefix."""
    path = ("network", "endpoints")
    for index, name in enumerate(project.network.endpoints):
        if not is_endpoint_service(name):
            full = _FULL_NAME.fullmatch(name)
            what = f"{dotted((*path, index))} must be the " + (
                "short name of an AWS service" if full else "name of a service that VPC endpoints exist for"
            )
            fix = _endpoint_fix(full["short"] if full else name)
            yield Finding(((*path, index),), what, name or '""', fix)
    yield from repeated(path, project.network.endpoints)


def _endpoint_fix(name: str) -> str:
    """The name of an endpoint service that a name probably means."""
    plain = name.strip().lower().replace("_", "-")
    reversed_name = ".".join(reversed(plain.split(".")))
    known = next(filter(is_endpoint_service, (plain, plain.replace("-", "."), reversed_name)), None)
    meant = _MISNAMED.get(plain) or known
    if meant:
        return f"write {meant}"
    near = nearest(plain, ENDPOINT_SERVICES)
    return f"did you mean {near}?" if near else "for example ecr.api"


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
