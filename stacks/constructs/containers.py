"""Container definitions in the form of ECS's RegisterTaskDefinition.

Everything here is data: the values that the task definition template is rendered with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stacks.constructs.account import Account
from stacks.constructs.base import literal, literals
from stacks.constructs.logging import ROUTER_USER, ContainerLogs
from stacks.grants import inserted, object_arn
from stacks.project.models import ContainerHealthCheck, Expression, Service, Sidecar
from stacks.references import secret_reference

LAUNCH_TYPE = "FARGATE"
NETWORK_MODE = "awsvpc"
LEAST_MEMORY = 6
"""MiB: the minimum of a container (ECS API, ContainerDefinition)."""
APPLICATION_PROTOCOLS = {"HTTP1": "http", "HTTP2": "http2", "GRPC": "grpc"}


def pairs(values: Mapping[str, str | Expression], expressions: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """Environment variables in ECS's form, sorted by name as ECS returns them.

    Text reaches the container unchanged. Terraform evaluates `expressions`; a value of the same name takes precedence.
    A value of the user's own Terraform becomes text, as ECS requires: a port is a number.
    """
    given = {
        name: literal(value) if isinstance(value, str) else inserted(f"tostring({value.terraform})")
        for name, value in values.items()
    }
    found = sorted({**(expressions or {}), **given}.items())
    return [{"name": literal(name), "value": value} for name, value in found]


def secret_pairs(
    values: Mapping[str, str | Expression], account: Account, expressions: Mapping[str, str] | None = None
) -> list[dict[str, str]]:
    """Secrets in ECS's form, each by its ARN; `expressions` have that form already."""
    given = {name: _value_from(value, account) for name, value in values.items()}
    found = sorted({**(expressions or {}), **given}.items())
    return [{"name": literal(name), "valueFrom": value} for name, value in found]


def _value_from(value: str | Expression, account: Account) -> str:
    if isinstance(value, Expression):
        return inserted(value.terraform)
    return secret_reference(literal(value)).value_from(account.arn)


def health_check(check: ContainerHealthCheck) -> dict[str, Any]:
    """A container health check in ECS's form."""
    return {
        "command": literals(check.command),
        "interval": check.interval,
        "retries": check.retries,
        # The AWS provider knows the other defaults of ECS when it compares, but not that this one is none.
        **({"startPeriod": check.start_period} if check.start_period else {}),
        "timeout": check.timeout,
    }


def _dependencies(conditions: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"condition": condition, "containerName": name} for name, condition in sorted(conditions.items())]


def sidecar_definition(
    name: str,
    sidecar: Sidecar,
    account: Account,
    *,
    logs: ContainerLogs,
    ports: list[dict[str, Any]],
    mounts: list[dict[str, Any]],
) -> dict[str, Any]:
    """The whole container definition of a sidecar, without fields that the project file does not set."""
    user = sidecar.user or (ROUTER_USER if name == logs.config.router else None)
    optional = {
        "command": literals(sidecar.command),
        "cpu": sidecar.cpu,
        "dependsOn": _dependencies(sidecar.depends_on),
        "entryPoint": literals(sidecar.entrypoint),
        "environment": pairs(sidecar.environment),
        "environmentFiles": env_files(sidecar.env_files, account),
        "healthCheck": health_check(sidecar.health_check) if sidecar.health_check else None,
        "memory": sidecar.memory,
        "mountPoints": mounts,
        "portMappings": ports,
        "readonlyRootFilesystem": sidecar.readonly_root or None,
        "repositoryCredentials": repository_credentials(sidecar.image_credentials),
        "secrets": secret_pairs(sidecar.secrets, account),
        "user": literal(user) if user else None,
    }
    return {
        "name": name,
        "image": literal(sidecar.image),
        "essential": sidecar.essential,
        **logs.of_sidecar(name),
        **{key: value for key, value in optional.items() if value not in (None, [])},
    }


def repository_credentials(secret: str | None) -> dict[str, str] | None:
    """The secret for a private registry, by its name or its full ARN: ECS reads no shortened ARN here."""
    return {"credentialsParameter": literal(secret.removeprefix("secretsmanager:"))} if secret else None


def env_files(files: Sequence[str], account: Account) -> list[dict[str, str]]:
    """Environment files in ECS's form."""
    return [{"type": "s3", "value": object_arn(file, account)} for file in files]


def port_mapping(
    port: int, *, name: str | None = None, protocol: str | None = None, transport: str = "tcp"
) -> dict[str, Any]:
    """A port mapping; Service Connect uses `name` and `protocol`."""
    mapping: dict[str, Any] = {"containerPort": port, "hostPort": port, "protocol": transport}
    if name is not None:
        mapping["name"] = name
    if protocol is not None:
        mapping["appProtocol"] = protocol
    return mapping


def container_options(
    service: Service, account: Account, mounts: list[dict[str, Any]], logs: ContainerLogs
) -> dict[str, Any]:
    """The fields of the service's own container that are not in the template, where the project file sets them.

    The template itself sends the logs to the log group.
    """
    optional: dict[str, Any] = {
        "command": literals(service.command),
        "dependsOn": _dependencies(service.depends_on),
        "entryPoint": literals(service.entrypoint),
        "environmentFiles": env_files(service.env_files, account),
        "healthCheck": health_check(service.container_health_check) if service.container_health_check else None,
        "linuxParameters": _linux_parameters(service),
        "logConfiguration": logs.routed,
        "mountPoints": mounts,
        "readonlyRootFilesystem": service.readonly_root or None,
        "repositoryCredentials": repository_credentials(service.image_credentials),
        "stopTimeout": service.stop_timeout,
        "systemControls": [
            {"namespace": name, "value": literal(value)} for name, value in sorted(service.system_controls.items())
        ],
        "ulimits": [
            {"hardLimit": hard, "name": name, "softLimit": soft}
            for name, (soft, hard) in sorted(service.ulimits.items())
        ],
        "user": literal(service.user) if service.user else None,
        "workingDirectory": literal(service.working_directory) if service.working_directory else None,
    }
    return {key: value for key, value in optional.items() if value not in (None, [], {})}


def _linux_parameters(service: Service) -> dict[str, Any]:
    """The init process, without which ECS Exec leaves zombie processes (ECS Developer Guide, "ECS Exec"), and tmpfs."""
    tmpfs = [{"containerPath": literal(path), "size": size} for path, size in sorted(service.tmpfs.items())]
    return {
        **({"initProcessEnabled": True} if service.exec or service.init_process else {}),
        **({"tmpfs": tmpfs} if tmpfs else {}),
    }


def memory_reservation(service: Service) -> int:
    """MiB for the service's own container: the task's memory less that of the sidecars; 0 below the minimum of ECS."""
    rest = service.memory - sum(sidecar.memory or 0 for sidecar in service.sidecars.values())
    return rest if rest >= LEAST_MEMORY else 0
