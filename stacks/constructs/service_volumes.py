"""The volumes of a service's tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.constructs.base import Scope
from stacks.constructs.environment import Environment
from stacks.constructs.network import Subnets
from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.constructs.volumes import NFS_PORT, FileSystem, TaskVolume, ephemeral_volumes, existing_volume
from stacks.grants import Grant, existing_volume_arns, mount_volume
from stacks.naming import identifier
from stacks.project.models import Service


@dataclass(frozen=True)
class ServiceVolumes:
    """The volumes of a task definition.

    `grants` is what the task role needs to mount them; `mount_targets` must exist before a task starts.
    """

    volumes: tuple[TaskVolume, ...]
    grants: tuple[Grant, ...]
    mount_targets: tuple[Any, ...]


def service_volumes(
    scope: Scope, environment: Environment, subnets: Subnets, name: str, config: Service, tasks: SecurityGroup
) -> ServiceVolumes:
    """Make the file systems of a service, and let its tasks, which are in the security group `tasks`, reach them."""
    volumes: list[TaskVolume] = []
    grants: list[Grant] = []
    mount_targets: list[Any] = []
    for number, (volume_name, volume_config) in enumerate(config.volumes.items(), start=1):
        if volume_config.efs != "managed":
            volume = existing_volume(volume_name, volume_config)
            arns = existing_volume_arns(environment.account, volume_config.efs, volume_config.access_point)
        else:
            system = FileSystem(scope, environment, subnets, name, volume_name, volume_config, tasks.id)
            volume, arns = system.volume, (system.arn, system.access_point_arn)
            mount_targets.extend(system.mount_targets)
            if config.egress != "open":
                peer = Peer(security_group_id=system.security_group_id)
                tasks.allow_out(f"efs_{identifier(volume_name)}", peer, NFS_PORT, f"Volume {volume_name}")
        volumes.append(volume)
        grants.append(mount_volume(number, arns[0], read_only=volume_config.read_only, access_point_arn=arns[1]))
    writable_paths = config.writable_paths if config.readonly_root else ()
    return ServiceVolumes((*volumes, *ephemeral_volumes(writable_paths)), tuple(grants), tuple(mount_targets))
