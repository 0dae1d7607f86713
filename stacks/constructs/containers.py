"""Container definitions, as ECS's RegisterTaskDefinition takes them.

Everything here is data: the values the task definition template is rendered with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.constructs.account import Account
from stacks.constructs.base import literal, literals
from stacks.project.models import ContainerHealthCheck, Service, Sidecar
from stacks.references import secret_reference

LAUNCH_TYPE = "FARGATE"
NETWORK_MODE = "awsvpc"
LEAST_MEMORY = 6
"""MiB: ECS takes no less for a container (ECS API, ContainerDefinition)."""
APPLICATION_PROTOCOLS = {"HTTP1": "http", "HTTP2": "http2", "GRPC": "grpc"}


def pairs(written: Mapping[str, str], expressions: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """Environment variables in ECS's form, sorted by name as ECS gives them back.

    `written` values reach the container as they stand; `expressions` are for Terraform to evaluate, and give way.
    """
    values = {**(expressions or {}), **{name: literal(value) for name, value in written.items()}}
    return [{"name": name, "value": value} for name, value in sorted(values.items())]


def secret_pairs(values: Mapping[str, str], account: Account) -> list[dict[str, str]]:
    """Secrets in ECS's form, each by its ARN."""
    return [
        {"name": name, "valueFrom": secret_reference(literal(value)).value_from(account.arn)}
        for name, value in sorted(values.items())
    ]


def health_check(check: ContainerHealthCheck) -> dict[str, Any]:
    """A container health check in ECS's form."""
    return {
        "command": literals(check.command),
        "interval": check.interval,
        "retries": check.retries,
        # None is ECS's default, and the one of these that the AWS provider does not know when it compares.
        **({"startPeriod": check.start_period} if check.start_period else {}),
        "timeout": check.timeout,
    }


def _dependencies(conditions: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"condition": condition, "containerName": name} for name, condition in sorted(conditions.items())]


def log_configuration(log_group: str, region: str) -> dict[str, Any]:
    """The awslogs driver of a container."""
    options = {"awslogs-group": log_group, "awslogs-region": region, "awslogs-stream-prefix": "ecs"}
    return {"logDriver": "awslogs", "options": options}


def sidecar_definition(name: str, spec: Sidecar, account: Account, log_group: str) -> dict[str, Any]:
    """The whole container definition of a sidecar, with what was left out left out."""
    optional = {
        "command": literals(spec.command),
        "cpu": spec.cpu,
        "dependsOn": _dependencies(spec.depends_on),
        "environment": pairs(spec.environment),
        "healthCheck": health_check(spec.health_check) if spec.health_check else None,
        "memory": spec.memory,
        "portMappings": [port_mapping(spec.port)] if spec.port else None,
        "secrets": secret_pairs(spec.secrets, account),
    }
    return {
        "name": name,
        "image": literal(spec.image),
        "essential": spec.essential,
        "logConfiguration": log_configuration(log_group, account.region),
        **{key: value for key, value in optional.items() if value not in (None, [])},
    }


def port_mapping(port: int, *, name: str | None = None, protocol: str | None = None) -> dict[str, Any]:
    """A port mapping; `name` and `protocol` make it known to Service Connect."""
    mapping: dict[str, Any] = {"containerPort": port, "hostPort": port, "protocol": "tcp"}
    if name is not None:
        mapping["name"] = name
    if protocol is not None:
        mapping["appProtocol"] = protocol
    return mapping


def served_port(spec: Service) -> int | None:
    """The port the service's container listens on: a web service's, or one that Service Connect offers."""
    if spec.type == "web":
        return spec.port
    return spec.connect.port if not isinstance(spec.connect, bool) else None


def container_options(spec: Service, account: Account, mounts: list[dict[str, Any]]) -> dict[str, Any]:
    """The fields of the service's own container that the template does not name, where they were asked for."""
    optional: dict[str, Any] = {
        "command": literals(spec.command),
        "dependsOn": _dependencies(spec.depends_on),
        "entryPoint": literals(spec.entrypoint),
        "environmentFiles": [{"type": "s3", "value": object_arn(file, account)} for file in spec.env_files],
        "healthCheck": health_check(spec.container_health_check) if spec.container_health_check else None,
        # ECS Exec leaves zombies behind without an init process (ECS Developer Guide, "ECS Exec").
        "linuxParameters": {"initProcessEnabled": True} if spec.exec else None,
        "mountPoints": mounts,
        "readonlyRootFilesystem": spec.readonly_root or None,
        "stopTimeout": spec.stop_timeout,
        "ulimits": [
            {"hardLimit": hard, "name": name, "softLimit": soft} for name, (soft, hard) in sorted(spec.ulimits.items())
        ],
        "user": literal(spec.user) if spec.user else None,
        "workingDirectory": literal(spec.working_directory) if spec.working_directory else None,
    }
    return {key: value for key, value in optional.items() if value not in (None, [])}


def object_arn(file: str, account: Account) -> str:
    """The ARN of an S3 object that may be written as `s3://bucket/key`."""
    if not file.startswith("s3://"):
        return literal(file)
    return account.arn("s3", literal(file.removeprefix("s3://")), region="", account="")


def memory_reservation(spec: Service) -> int:
    """MiB reserved for the service's own container: the task's, less what sidecars take; 0 where ECS takes no less."""
    rest = spec.memory - sum(sidecar.memory or 0 for sidecar in spec.sidecars.values())
    return rest if rest >= LEAST_MEMORY else 0
