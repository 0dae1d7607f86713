"""Rules of the VPC endpoints, and what tasks without NAT need.

Source: the ECS Developer Guide ("Amazon ECS interface VPC endpoints").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from stacks.image_reference import ecr_repository
from stacks.project.data.endpoint_services import ENDPOINT_SERVICES, is_endpoint_service
from stacks.project.models import Expression, Project, Service, written_texts
from stacks.project.nodes import Path, dotted
from stacks.project.rules.existing_vpc import creates_vpc
from stacks.project.rules.finding import Container, Finding, Rule, containers, repeated, service_path
from stacks.project.suggest import listed, nearest
from stacks.project.uses import DATABASES, QUEUE, read_by_ecs, used_by
from stacks.references import partition_of

_TASK_ENDPOINTS = ("ecr.api", "ecr.dkr", "s3", "logs")
# The endpoints for what services use, by its kind; s3 is one of those that every task needs.
_USED_ENDPOINTS = {"table": "dynamodb", "topic": "sns", QUEUE: "sqs"}
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
_REGION_OF_SECRET = re.compile(r"arn:[a-z-]+:(?:ssm|secretsmanager):(?P<region>[a-z0-9-]+):")
# A secret of the user's own Terraform, or one that Amazon RDS or Redshift manages.
_OWN_SECRET = re.compile(r"\baws_secretsmanager_secret(?:_version)?\.|\.master_(?:user|password)_secret\b")
_HTTPS = 443
_ANYWHERE = "0.0.0.0/0"
_FULL_NAME = re.compile(r"(?:cn\.)?com\.amazonaws\.(?:[a-z]{2,4}(?:-[a-z]+)+-\d\.)?(?P<short>.+)", re.I)


def endpoints(project: Project) -> Iterator[Finding]:
    """Endpoints have AWS's service names, without the prefix."""
    path = ("network", "endpoints")
    names = project.network.endpoints
    for index, name in enumerate(names):
        if not is_endpoint_service(name):
            what = f"{dotted((*path, index))} must be the " + (
                "short name of an AWS service"
                if _FULL_NAME.fullmatch(name)
                else "name of a service that VPC endpoints exist for"
            )
            yield Finding(((*path, index),), what, name or '""', _endpoint_fix(name))
    # `geo.maps` and `geo-maps` have the same Terraform address.
    yield from repeated(path, tuple(name.replace(".", "-") if is_endpoint_service(name) else name for name in names))


def _endpoint_fix(name: str) -> str:
    if meant := _meant(name):
        return f"write {', '.join(meant)}"
    near = nearest(_short(name), ENDPOINT_SERVICES)
    return f"did you mean {near}?" if near else "for example ecr.api"


def _meant(name: str) -> tuple[str, ...]:
    """The endpoint services that a name means, or is; empty if that is not certain."""
    plain = _short(name)
    if plain in _MISNAMED:
        return tuple(_MISNAMED[plain].split(", "))
    reversed_name = ".".join(reversed(plain.split(".")))
    return tuple(filter(is_endpoint_service, (plain, plain.replace("-", "."), reversed_name)))[:1]


def _short(name: str) -> str:
    full = _FULL_NAME.fullmatch(name)
    return (full["short"] if full else name).strip().lower().replace("_", "-")


def _listed_endpoints(names: tuple[str, ...]) -> tuple[str, ...]:
    """The endpoints in a list as they are once what is reported about them is corrected."""
    near = {name: nearest(_short(name), ENDPOINT_SERVICES) for name in names if not _meant(name)}
    corrected = [each for name in names for each in _meant(name) or filter(None, [near[name]])]
    return tuple(dict.fromkeys(corrected))


def tasks_without_nat(project: Project) -> Iterator[Finding]:
    """Without NAT, private tasks only reach AWS through endpoints."""
    network = project.network
    private = {name: service for name, service in project.services.items() if service.placement == "private"}
    if network.nat != "none" or not creates_vpc(network) or not private:
        return
    whole, project = project, project.model_copy(update={"services": private})
    path, cause = ("network",), ("network", "nat")
    given = _listed_endpoints(network.endpoints)
    missing = [name for name in _needed_endpoints(project) if name not in given]
    if missing:
        endpoints = f"endpoint{'s' if len(missing) > 1 else ''} {listed(missing, 'and')}"
        what = f"network needs the {endpoints}, because tasks have no NAT gateway"
        names = ", ".join([*given, *missing])
        paths = path, cause, (*path, "endpoints")
        yield Finding(paths, what, None, f"write endpoints: [{names}], or nat: single", "missing")
    yield from _useful_endpoints(project, whole)
    yield from _other_regions(project)
    yield from _unreachable_endpoints(project)
    for container in containers(project):
        if container.image is not None and ".dkr.ecr." not in container.image:
            image = (*container.path, "image")
            what = f"{dotted(image)} can't be pulled with nat: none, unless it is in a private ECR registry"
            fix = "copy the image to ECR, or write nat: single"
            yield Finding((image, cause), what, container.image, fix, severity="warning")
    for name, service in project.services.items():
        if service.logs.adds_router:
            logs = service_path(name, "logs")
            what = f"{dotted(logs)} adds a log router, whose image can't be pulled with nat: none"
            fix = "copy the image to ECR and set router to a sidecar with it, or write nat: single"
            yield Finding((logs, cause), what, None, fix, "key", "warning")


def _useful_endpoints(project: Project, whole: Project) -> Iterator[Finding]:
    """Endpoints that containers probably need. `whole` also has the services that are not in private subnets."""
    given = {*_listed_endpoints(project.network.endpoints), *_needed_endpoints(project)}
    for name, service in project.services.items():
        needed = {service_path(name, "queue"): "sqs"} if service.queue is not None else {}
        for used in used_by(whole, service):
            if used.kind in _USED_ENDPOINTS:
                needed[service_path(name, "uses", used.name)] = _USED_ENDPOINTS[used.kind]
            elif used.kind in DATABASES and used.use.secret_arn is not None:
                needed[service_path(name, "uses", used.name, "secret_arn")] = "secretsmanager"
        for path, endpoint in needed.items():
            if endpoint not in given:
                what = f"{dotted(path)} needs the endpoint {endpoint}, because tasks have no NAT gateway"
                fix = f"add {endpoint} to network.endpoints, or write nat: single"
                yield Finding((path, ("network", "nat")), what, None, fix, "key", "warning")


def _other_regions(project: Project) -> Iterator[Finding]:
    """Images and secrets are in the region of the endpoints: an endpoint only reaches its own region."""
    region = project.region
    for container in containers(project):
        found: list[tuple[Path, str, str]] = []
        if container.image is None:
            yield from _other_registry(project, container)
        elif image := ecr_repository(container.image):
            found.append(((*container.path, "image"), image.region, container.image))
        for path, value in _secrets(container):
            match = _REGION_OF_SECRET.match(value)
            if match and partition_of(match["region"]) == partition_of(region):  # otherwise reported as invalid
                found.append((path, match["region"], value))
        for path, other, got in found:
            if other != region:
                what = f"{dotted(path)} is in {other}, and without NAT tasks only reach {region}"
                fix = f"copy it to {region} and use the copy, or write nat: single"
                yield Finding((path, ("network", "nat")), what, got, fix)


def _secrets(container: Container) -> Iterator[tuple[Path, str]]:
    """The secrets that ECS reads for a container, with the credentials for its image."""
    yield from (
        ((*container.path, "secrets", name), value) for name, value in written_texts(container.config.secrets).items()
    )
    if isinstance(container.config, Service):
        path = (*container.path, "logs", "secret_options")
        yield from (((*path, name), value) for name, value in container.config.logs.secret_options.items())
    if container.config.image_credentials is not None:
        yield (*container.path, "image_credentials"), container.config.image_credentials


def _own_secrets(container: Container) -> Iterator[Expression]:
    """The secrets that are values of the user's own Terraform."""
    return (each for each in container.config.secrets.values() if isinstance(each, Expression))


def _other_registry(project: Project, container: Container) -> Iterator[Finding]:
    """A shared registry in another region, which a service with `build` or `repository` pulls from."""
    region = project.registry_region
    if region != project.region:
        assert isinstance(container.config, Service)
        path = (*container.path, "build" if container.config.build is not None else "repository")
        what = f"the registry of {container.name} is in {region}, and without NAT tasks only reach {project.region}"
        paths = path, ("registry", "region"), ("network", "nat"), ("region",)
        yield Finding(paths, what, region, f"set registry.region to {project.region}, or write nat: single", "key")


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
    references = [value for container in containers(project) for _, value in _secrets(container)]
    own = [each.terraform for container in containers(project) for each in _own_secrets(container)]
    in_store = any(value.startswith("ssm:") or ":ssm:" in value for value in references)
    needed = list(_TASK_ENDPOINTS)
    needed += ["ssm"] if in_store or any("aws_ssm_parameter." in text for text in own) else []
    # ECS reads the URL and the password of a database from Secrets Manager.
    of_database = any(read_by_ecs(used_by(project, service)) for service in project.services.values())
    in_manager = of_database or any("secretsmanager:" in value for value in references)
    in_manager |= any(_OWN_SECRET.search(text) for text in own)
    needed += ["secretsmanager"] if in_manager else []
    # The ECS Developer Guide, "ECS Exec": the task opens the session, and decrypts it if the cluster has a key.
    if any(service.exec for service in project.services.values()):
        needed += ["ssmmessages", *(["kms"] if project.encryption == "customer" else [])]
    return needed


RULES: tuple[Rule, ...] = (endpoints, tasks_without_nat)
