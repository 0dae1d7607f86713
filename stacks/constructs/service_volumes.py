"""The volumes of a service's tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.constructs.base import Scope
from stacks.constructs.environment import Environment
from stacks.constructs.network import Subnets
from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.constructs.volumes import (
    NFS_PORT,
    FileSystem,
    OtherFileSystem,
    TaskVolume,
    ephemeral_volumes,
    existing_volume,
)
from stacks.grants import Grant, existing_volume_arns, mount_volume
from stacks.naming import identifier
from stacks.project.models import Service


@dataclass(frozen=True)
class ServiceVolumes:
    """The volumes of a task definition.

    `grants` is what the task role needs to mount them. What is in `mount_targets`, and what is at the Terraform
    addresses in `other_mount_targets`, must exist before a task starts.
    """

    volumes: tuple[TaskVolume, ...]
    grants: tuple[Grant, ...]
    mount_targets: tuple[Any, ...]
    other_mount_targets: tuple[str, ...]


@dataclass(frozen=True)
class _Mounted:
    """A volume, with the ARNs of its file system and access point, and the group of its mount targets."""

    volume: TaskVolume
    arns: tuple[str, str | None] | None = None
    group_id: str | None = None
    mount_targets: tuple[Any, ...] = ()
    other_mount_targets: tuple[str, ...] = ()


def service_volumes(
    scope: Scope, environment: Environment, subnets: Subnets, name: str, config: Service, tasks: SecurityGroup
) -> ServiceVolumes:
    """Make the file systems of a service, and let its tasks, which are in the security group `tasks`, reach them."""
    mounted: dict[str, _Mounted] = {}
    for volume in config.volumes:
        mounted[volume] = made = _mounted(scope, environment, subnets, name, config, volume, tasks)
        if made.group_id is not None and config.egress != "open":
            peer = Peer(security_group_id=made.group_id)
            tasks.allow_out(f"efs_{identifier(volume)}", peer, NFS_PORT, f"Volume {volume}")
    grants = [
        mount_volume(number, made.arns[0], read_only=not config.writes_to(volume), access_point_arn=made.arns[1])
        for number, (volume, made) in enumerate(mounted.items(), start=1)
        if made.arns is not None
    ]
    writable_paths = config.writable_paths if config.readonly_root else ()
    return ServiceVolumes(
        volumes=(*(made.volume for made in mounted.values()), *ephemeral_volumes(writable_paths)),
        grants=tuple(grants),
        mount_targets=tuple(target for made in mounted.values() for target in made.mount_targets),
        other_mount_targets=tuple(target for made in mounted.values() for target in made.other_mount_targets),
    )


def _mounted(
    scope: Scope,
    environment: Environment,
    subnets: Subnets,
    service: str,
    config: Service,
    name: str,
    tasks: SecurityGroup,
) -> _Mounted:
    """The volume `name` of a service, with a file system of its own where the project file asks for one."""
    volume = config.volumes[name]
    if volume.is_managed:
        made = FileSystem(scope, environment, subnets, service, name, volume, tasks.id)
        arns = made.arn, made.access_point_arn
        return _Mounted(made.volume, arns, made.security_group_id, mount_targets=made.mount_targets)
    if volume.owner:
        other = OtherFileSystem.of(volume.owner, subnets)
        arns = other.arn, other.access_point_arn
        tasks.allow_into(f"efs_{identifier(name)}", other.security_group_id, NFS_PORT, f"NFS from {service} tasks")
        targets = other.mount_targets
        return _Mounted(other.volume(name, volume), arns, other.security_group_id, other_mount_targets=targets)
    existing = volume.existing
    found = existing_volume_arns(environment.account, existing, volume.access_point) if existing else None
    return _Mounted(existing_volume(name, volume), found)
