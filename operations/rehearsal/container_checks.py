"""Checks of a container of a task definition, as ECS describes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from operations.plan.redact import MASK, looks_secret
from operations.rehearsal.check import Check
from stacks.project.models import Expression, Service, Sidecar


def container_checks(
    subject: str,
    spec: Service | Sidecar,
    container: dict[str, Any],
    image: str | None = None,
    further_secrets: Sequence[str] = (),
) -> Iterator[Check]:
    """A container's image, and its variables with exactly the values of the project file.

    A value of the user's own Terraform is only checked not to be empty. `image` is the one that was deployed; None if
    the project file names it. `further_secrets` are the variables with secrets that are not in `secrets`. Other
    settings are only checked where the project file has them.
    """
    yield Check(subject, "image", image or spec.image, container.get("image"))
    variables = {variable["name"]: variable["value"] for variable in container.get("environment", [])}
    for variable, value in spec.environment.items():
        found = variables.get(variable)
        if isinstance(value, Expression):
            yield Check(subject, f"environment variable {variable}", True, bool(found))
            continue
        shown = (MASK, MASK if found == value else "another value") if looks_secret(variable, value) else (value, found)
        yield Check(subject, f"environment variable {variable}", *shown)
    secrets = sorted(secret["name"] for secret in container.get("secrets", []))
    yield Check(subject, "names of secrets", sorted([*spec.secrets, *further_secrets]), secrets)
    yield from _common(subject, spec, container)
    yield from _own(subject, spec, container) if isinstance(spec, Service) else _sidecar(subject, spec, container)


def _common(subject: str, spec: Service | Sidecar, container: dict[str, Any]) -> Iterator[Check]:
    """The settings that every container can have."""
    if spec.entrypoint:
        yield Check(subject, "entry point", list(spec.entrypoint), container.get("entryPoint"))
    if spec.user is not None:
        yield Check(subject, "user", spec.user, container.get("user"))
    if spec.env_files:
        files = [f"s3://{file['value'].rpartition(':')[2]}" for file in container.get("environmentFiles", [])]
        yield Check(subject, "environment files", list(spec.env_files), files)
    if spec.volumes:
        mounted = {mount["sourceVolume"]: mount["containerPath"] for mount in container.get("mountPoints", [])}
        paths = {name: each if isinstance(each, str) else each.path for name, each in spec.volumes.items()}
        yield Check(subject, "mount paths of volumes", paths, {name: mounted.get(name) for name in paths})


def _own(subject: str, spec: Service, container: dict[str, Any]) -> Iterator[Check]:
    """The settings that only the service's own container has."""
    linux = container.get("linuxParameters", {})
    if spec.init_process:
        yield Check(subject, "init process", True, linux.get("initProcessEnabled"))
    if spec.tmpfs:
        found = {each["containerPath"]: each["size"] for each in linux.get("tmpfs", [])}
        yield Check(subject, "MiB of paths in memory", dict(spec.tmpfs), found)
    if spec.logs.driver == "firelens":
        logs = container.get("logConfiguration", {})
        yield Check(subject, "log driver", "awsfirelens", logs.get("logDriver"))
        yield Check(subject, "log options", dict(spec.logs.options), logs.get("options", {}))
        names = sorted(each["name"] for each in logs.get("secretOptions", []))
        yield Check(subject, "names of secret log options", sorted(spec.logs.secret_options), names)
    if spec.system_controls:
        controls = {each["namespace"]: each["value"] for each in container.get("systemControls", [])}
        yield Check(subject, "kernel parameters", dict(spec.system_controls), controls)


def _sidecar(subject: str, spec: Sidecar, container: dict[str, Any]) -> Iterator[Check]:
    """The settings that only a sidecar has."""
    if spec.port is not None:
        found = [f"{each['containerPort']}/{each.get('protocol', 'tcp')}" for each in container.get("portMappings", [])]
        yield Check(subject, "port and protocol", [f"{spec.port}/{spec.protocol}"], found)
    if spec.readonly_root:
        yield Check(subject, "read-only root file system", True, container.get("readonlyRootFilesystem"))
