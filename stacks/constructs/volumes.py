"""Volumes of a task: EFS file systems, and ephemeral volumes for a read-only root file system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope, literal
from stacks.constructs.environment import Environment
from stacks.constructs.network import Subnets
from stacks.constructs.policy import policy, tls_only
from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.naming import ephemeral_names, identifier, peer_identifier
from stacks.project.models import Mount, Sidecar, Volume, VolumeOwner

NFS_PORT = 2049
POSIX_ID = 1000
CLIENT_ACTIONS = tuple(f"elasticfilesystem:Client{action}" for action in ("Mount", "RootAccess", "Write"))
"""The actions of an NFS client."""


@dataclass(frozen=True)
class TaskVolume:
    """A volume of a task and the path at which the service's container mounts it.

    `file_system_id` is None for an ephemeral volume; `access_point_id` and `root_directory` are mutually exclusive.
    """

    name: str
    path: str
    read_only: bool = False
    file_system_id: str | None = None
    access_point_id: str | None = None
    root_directory: str | None = None

    @property
    def mount(self) -> dict[str, Any]:
        """The mount point of the container definition."""
        return self._mount(self.path, self.read_only)

    def mount_in(self, sidecar: Sidecar) -> dict[str, Any] | None:
        """The mount point of a sidecar's container definition; None if the sidecar does not mount the volume."""
        mount = sidecar.volumes.get(self.name)
        if mount is None:
            return None
        if not isinstance(mount, Mount):
            return self._mount(mount, self.read_only)
        return self._mount(mount.path, self.read_only if mount.read_only is None else mount.read_only)

    def _mount(self, path: str, read_only: bool) -> dict[str, Any]:
        return {"containerPath": literal(path), "readOnly": read_only, "sourceVolume": self.name}

    @property
    def definition(self) -> dict[str, Any]:
        """The volume in the form of RegisterTaskDefinition."""
        if self.file_system_id is None:
            return {"host": {}, "name": self.name}
        efs: dict[str, Any] = {"fileSystemId": self.file_system_id, "transitEncryption": "ENABLED"}
        if self.access_point_id:
            efs["authorizationConfig"] = {"accessPointId": self.access_point_id, "iam": "ENABLED"}
        else:
            efs["authorizationConfig"] = {"iam": "ENABLED"}
            efs["rootDirectory"] = self.root_directory or "/"
        return {"efsVolumeConfiguration": efs, "name": self.name}

    def block(self) -> Any:
        """The volume in the form of `aws_ecs_task_definition`."""
        kind = aws.ecs_task_definition
        if self.file_system_id is None:
            return kind.EcsTaskDefinitionVolume(name=self.name)
        authorization = kind.EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig(
            access_point_id=self.access_point_id, iam="ENABLED"
        )
        efs = kind.EcsTaskDefinitionVolumeEfsVolumeConfiguration(
            file_system_id=self.file_system_id,
            transit_encryption="ENABLED",
            authorization_config=authorization,
            root_directory=None if self.access_point_id else self.root_directory or "/",
        )
        return kind.EcsTaskDefinitionVolume(name=self.name, efs_volume_configuration=efs)


def ephemeral_volumes(paths: tuple[str, ...]) -> tuple[TaskVolume, ...]:
    """A volume on the task's ephemeral storage for each writable path."""
    return tuple(TaskVolume(name=name, path=path) for name, path in zip(ephemeral_names(paths), paths, strict=True))


@dataclass(frozen=True)
class OtherFileSystem:
    """The file system of another service's volume, by its Terraform addresses: that service may be made later.

    Attributes:
        id: The ID of the file system, as a Terraform expression, like the next three.
        arn: Its ARN.
        access_point_id: The ID of its access point.
        access_point_arn: The ARN of its access point.
        security_group_id: The ID of its mount targets' security group.
        mount_targets: The addresses of its mount targets.
    """

    id: str
    arn: str
    access_point_id: str
    access_point_arn: str
    security_group_id: str
    mount_targets: tuple[str, ...]

    @classmethod
    def of(cls, owner: VolumeOwner, subnets: Subnets) -> OtherFileSystem:
        """The file system of `owner`."""
        logical_id = f"{identifier(owner.service)}_{identifier(owner.volume)}"
        system, point = f"aws_efs_file_system.{logical_id}", f"aws_efs_access_point.{logical_id}"
        return cls(
            id=f"${{{system}.id}}",
            arn=f"${{{system}.arn}}",
            access_point_id=f"${{{point}.id}}",
            access_point_arn=f"${{{point}.arn}}",
            security_group_id=f"${{aws_security_group.{logical_id}_efs.id}}",
            mount_targets=tuple(
                f"aws_efs_mount_target.{logical_id}_{_subnet_identifier(index, subnet)}"
                for index, subnet in enumerate(subnets.private)
            ),
        )

    def volume(self, name: str, config: Volume) -> TaskVolume:
        """A volume on the file system."""
        return TaskVolume(
            name=name,
            path=config.path,
            read_only=config.read_only,
            file_system_id=self.id,
            access_point_id=self.access_point_id,
        )


class FileSystem(Construct):
    """An encrypted EFS file system for one volume of one service, with backups.

    Only the service's tasks can mount it, over TLS and with IAM authorization. An access point sets the POSIX user and
    the root directory.

    Attributes:
        volume: The volume for the task definition.
        arn: The ARN of the file system.
        access_point_arn: The ARN of its access point.
        mount_targets: The mount targets, which must exist before a task starts.
        security_group_id: The ID of the mount targets' security group.
    """

    def __init__(
        self,
        scope: Scope,
        environment: Environment,
        subnets: Subnets,
        service: str,
        name: str,
        config: Volume,
        tasks_security_group_id: str,
    ) -> None:
        logical_id = f"{identifier(service)}_{identifier(name)}"
        super().__init__(scope, f"{logical_id}_file_system")
        full_name = environment.names.file_system(service, name)
        file_system = self._file_system(environment, logical_id, full_name)
        group = SecurityGroup(
            self,
            f"{logical_id}_efs",
            name=environment.names.file_system_security_group(service, name),
            description=f"Mount targets of {full_name}",
            vpc_id=subnets.vpc_id,
        )
        group.allow_in("nfs", Peer(security_group_id=tasks_security_group_id), NFS_PORT, f"NFS from {service} tasks")
        self.security_group_id = group.id
        self.mount_targets = self._mount_targets(logical_id, file_system.id, subnets.private, group.id)
        folder = environment.names.file_system_folder(name)
        point = self._access_point(logical_id, full_name, file_system, folder)
        self.volume = TaskVolume(
            name=name,
            path=config.path,
            read_only=config.read_only,
            file_system_id=file_system.id,
            access_point_id=point.id,
        )
        self.arn: str = file_system.arn
        self.access_point_arn: str = point.arn

    def _mount_targets(
        self, logical_id: str, file_system_id: str, subnets: list[str], security_group_id: str
    ) -> tuple[Any, ...]:
        return tuple(
            self.make(
                aws.efs_mount_target.EfsMountTarget,
                f"{logical_id}_{_subnet_identifier(index, subnet)}",
                file_system_id=file_system_id,
                subnet_id=subnet,
                security_groups=[security_group_id],
            )
            for index, subnet in enumerate(subnets)
        )

    def _file_system(self, environment: Environment, logical_id: str, full_name: str) -> Any:
        file_system = self.make(
            aws.efs_file_system.EfsFileSystem,
            logical_id,
            creation_token=full_name,
            encrypted=True,
            kms_key_id=environment.key_arn,
            tags={"Name": full_name},
            lifecycle=environment.keeps_data,
        )
        backups = aws.efs_backup_policy.EfsBackupPolicyBackupPolicy(status="ENABLED")
        kind = aws.efs_backup_policy.EfsBackupPolicy
        self.make(kind, logical_id, file_system_id=file_system.id, backup_policy=backups)
        # Without a policy, EFS grants access to any client that can reach a mount target (EFS User Guide, "Default EFS
        # file system policy"); with one, only to clients whose role allows it.
        self.make(
            aws.efs_file_system_policy.EfsFileSystemPolicy,
            logical_id,
            file_system_id=file_system.id,
            policy=policy([tls_only(list(CLIENT_ACTIONS), [file_system.arn])]),
        )
        return file_system

    def _access_point(self, logical_id: str, full_name: str, file_system: Any, folder: str) -> Any:
        kind = aws.efs_access_point
        owner = kind.EfsAccessPointRootDirectoryCreationInfo(owner_gid=POSIX_ID, owner_uid=POSIX_ID, permissions="0755")
        return self.make(
            kind.EfsAccessPoint,
            logical_id,
            file_system_id=file_system.id,
            posix_user=kind.EfsAccessPointPosixUser(gid=POSIX_ID, uid=POSIX_ID),
            root_directory=kind.EfsAccessPointRootDirectory(path=folder, creation_info=owner),
            tags={"Name": full_name},
        )


def _subnet_identifier(index: int, subnet: str) -> str:
    """The index of a subnet of ours; the ID of an existing subnet, whose index may change with the list."""
    return str(index) if subnet.startswith("${") else peer_identifier(subnet)


def existing_volume(name: str, config: Volume) -> TaskVolume:
    """A volume on an existing file system, or on the task's ephemeral storage."""
    return TaskVolume(
        name=name,
        path=config.path,
        read_only=config.read_only,
        file_system_id=config.existing,
        access_point_id=config.access_point,
        root_directory=literal(config.root_directory) if config.root_directory else None,
    )
