"""The size of a task definition, counted over all that is registered.

Sources: the service quotas of Amazon ECS (64 KiB), the ECS API reference (RegisterTaskDefinition). The IDs and the
account are those of examples, because they have a fixed length.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stacks.naming import Names, ephemeral_names
from stacks.project.models import ContainerHealthCheck, Expression, Mount, Project, Service, Sidecar
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Container, Finding, Rule, containers_of, service_path
from stacks.references import partition_of, secret_reference

MAX_TASK_DEFINITION = 64 * 1024
_ACCOUNT = "123456789012"
_ID = "0123456789abcdef0"
# An image that is only known when it is deployed: a repository of at most 256 characters in ECR, and a digest.
_SPACE_FOR_IMAGE = "x" * 400
_REVISION = 100  # bytes: the keys and the braces around the containers
_ROUTER = 500  # bytes of the log router that ecsforge adds
# The most bytes of a character in JSON, and of what is around an item.
_PER_CHARACTER, _PER_ITEM, _PER_CONTAINER = 6, 200, 1000


def task_definition_size(project: Project) -> Iterator[Finding]:
    """A task definition has at most 64 KiB."""
    for name, service in project.services.items():
        if _most(name, service) <= MAX_TASK_DEFINITION:
            continue
        sizes = dict(_sizes(project, name, service))
        if (total := sum(sizes.values())) > MAX_TASK_DEFINITION:
            largest = max(sizes, key=lambda path: sizes[path])
            what = f"the task definition of {name} must be at most {MAX_TASK_DEFINITION // 1024} KiB"
            got = f"{-(-total // 1024)} KiB, most of it in {dotted(largest)}"
            fix = "keep large values in SSM, Secrets Manager, env_files or the image"
            yield Finding((largest,), what, got, fix, "key")


def _most(name: str, service: Service) -> int:
    """More bytes than the definition can have, without writing it."""
    total = _PER_CONTAINER * (2 if service.logs.adds_router else 1)
    options = [
        name + value for each in (service.logs.options, service.logs.secret_options) for name, value in each.items()
    ]
    for container in containers_of(name, service):
        texts = [*_texts(container), *options]
        total += _PER_CONTAINER + _PER_CHARACTER * sum(map(len, texts)) + _PER_ITEM * len(texts)
    return total


def _texts(container: Container) -> Iterator[str]:
    config = container.config
    yield from (config.image, config.image_credentials or "", _SPACE_FOR_IMAGE)
    for values in (config.environment, config.secrets, config.depends_on):
        yield from (f"{name}{value}" for name, value in values.items())
    yield from (*config.command, *config.entrypoint, *config.env_files, config.user or "")
    yield from container.health_check.command if container.health_check else ()
    if isinstance(config, Service):
        yield from (*config.writable_paths, *config.ulimits, *config.tmpfs, config.working_directory or "")
        yield from (name + value for name, value in config.system_controls.items())
    yield from (key + path for key, path in _mounts(config).items())


def _mounts(config: Service | Sidecar) -> dict[str, str]:
    """The paths at which a container mounts volumes, by their names."""
    if isinstance(config, Sidecar):
        return {key: each.path if isinstance(each, Mount) else each for key, each in config.volumes.items()}
    writable = dict(zip(ephemeral_names(config.writable_paths), config.writable_paths, strict=True))
    return {**{key: volume.path for key, volume in config.volumes.items()}, **writable}


def _sizes(project: Project, name: str, service: Service) -> Iterator[tuple[Path, int]]:
    """The bytes of each part, at the key of the project file that it comes from."""
    names = Names(project.project_id, project.env)
    for container in containers_of(name, service):
        for key, value in _container(project, names, name, container).items():
            yield (*container.path, key), len(_compact({_NAMES.get(key, key): value})) - 1
    roles = [_arn(project, "iam", f"role/{names.role(name, use)}", region="") for use in ("execution", "task")]
    whole = {
        "family": names.task_definition(name),
        "roles": roles,
        "cpu": str(service.cpu),
        "memory": str(service.memory),
        "volumes": _volumes(service),
        "tags": {**project.tags, "Name": names.task_definition(name)},
    }
    router = _ROUTER if service.logs.adds_router else 0
    yield service_path(name), len(_compact(whole)) + _REVISION + router


# The names of ECS for keys of the project file.
_NAMES = {
    "container_health_check": "healthCheck",
    "depends_on": "dependsOn",
    "entrypoint": "entryPoint",
    "env_files": "environmentFiles",
    "health_check": "healthCheck",
    "image_credentials": "repositoryCredentials",
    "logs": "logConfiguration",
    "port": "portMappings",
    "readonly_root": "readonlyRootFilesystem",
    "stop_timeout": "stopTimeout",
    "system_controls": "systemControls",
    "tmpfs": "tmpfs",
    "volumes": "mountPoints",
    "working_directory": "workingDirectory",
}


def _container(project: Project, names: Names, service: str, container: Container) -> dict[str, Any]:
    """A container definition, by the keys of the project file."""
    config = container.config
    logs = project.services[service].logs
    options = {"awslogs-group": names.log_group(service), "awslogs-region": project.region, **logs.options}
    secrets = [{"name": key, "valueFrom": _value_from(project, text)} for key, text in logs.secret_options.items()]
    found: dict[str, Any] = {
        "name": container.name,
        "image": container.image or _SPACE_FOR_IMAGE,
        "image_credentials": config.image_credentials and {"credentialsParameter": config.image_credentials},
        "essential": True,
        "logs": {
            "logDriver": "awslogs",
            "options": {**options, "awslogs-stream-prefix": "ecs"},
            **({"secretOptions": secrets} if secrets else {}),
        },
        "command": list(config.command),
        "environment": [{"name": key, "value": str(value)} for key, value in config.environment.items()],
        "secrets": [{"name": key, "valueFrom": _value_from(project, text)} for key, text in config.secrets.items()],
        "depends_on": [{"containerName": key, "condition": value} for key, value in config.depends_on.items()],
        str(container.health_check_path[-1]): _health_check(container.health_check),
        "entrypoint": list(config.entrypoint),
        "env_files": [{"type": "s3", "value": f"arn:aws:s3:::{file[len('s3://') :]}"} for file in config.env_files],
        "volumes": [
            {"sourceVolume": key, "containerPath": path, "readOnly": False} for key, path in _mounts(config).items()
        ],
        "readonly_root": config.readonly_root,
        "user": config.user,
    }
    found |= _own(config) if isinstance(config, Service) else _sidecar(config)
    return {key: value for key, value in found.items() if value not in (None, [], "", False)}


def _own(service: Service) -> dict[str, Any]:
    """The keys that only the service's own container has."""
    port = service.served_port
    return {
        "port": [{"containerPort": port, "hostPort": port, "protocol": "tcp"}] if port else [],
        "memory": {"memoryReservation": service.memory},
        "stop_timeout": service.stop_timeout,
        "ulimits": [
            {"name": key, "softLimit": soft, "hardLimit": hard} for key, (soft, hard) in service.ulimits.items()
        ],
        "tmpfs": [{"containerPath": path, "size": size} for path, size in service.tmpfs.items()],
        "system_controls": [{"namespace": key, "value": value} for key, value in service.system_controls.items()],
        "working_directory": service.working_directory,
    }


def _sidecar(sidecar: Sidecar) -> dict[str, Any]:
    port = sidecar.port
    return {
        "port": [{"containerPort": port, "hostPort": port, "protocol": "tcp"}] if port else [],
        "cpu": sidecar.cpu,
        "memory": sidecar.memory,
    }


def _health_check(check: ContainerHealthCheck | None) -> dict[str, Any] | None:
    if check is None:
        return None
    numbers = {"interval": check.interval, "timeout": check.timeout, "retries": check.retries}
    return {"command": list(check.command), **numbers, "startPeriod": check.start_period}


def _volumes(service: Service) -> list[dict[str, Any]]:
    configuration = {
        "fileSystemId": f"fs-{_ID}",
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": f"fsap-{_ID}", "iam": "ENABLED"},
    }
    own = [
        {"name": key, **({} if volume.is_ephemeral else {"efsVolumeConfiguration": configuration})}
        for key, volume in service.volumes.items()
    ]
    return [*own, *({"name": key} for key in ephemeral_names(service.writable_paths))]


def _value_from(project: Project, text: str | Expression) -> str:
    if isinstance(text, Expression):
        return _arn(project, "secretsmanager", f"secret:{text}")
    return secret_reference(text).value_from(lambda service, resource: _arn(project, service, resource))


def _arn(project: Project, service: str, resource: str, *, region: str | None = None) -> str:
    where = project.region if region is None else region
    return f"arn:{partition_of(project.region)}:{service}:{where}:{_ACCOUNT}:{resource}"


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


RULES: tuple[Rule, ...] = (task_definition_size,)
