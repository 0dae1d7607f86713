"""Volumes of a task: EFS file systems, and the ephemeral ones under a read-only root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.bindings import Construct, aws
from stacks.constructs.base import Chosen, Concept, literal
from stacks.constructs.environment import Environment
from stacks.constructs.iam import Grant
from stacks.constructs.network import Subnets
from stacks.constructs.policy import policy, tls_only
from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.naming import ephemeral_names, identifier, peer_identifier
from stacks.project.models import Volume

NFS_PORT = 2049
POSIX_ID = 1000
CLIENT_ACTIONS = tuple(f"elasticfilesystem:Client{action}" for action in ("Mount", "RootAccess", "Write"))
"""What an NFS client can be allowed."""


@dataclass(frozen=True)
class TaskVolume:
    """A volume of a task and where its container mounts it.

    `file_system_id` is None for an ephemeral volume; `access_point_id` and `root_directory` exclude each other.
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
        return {"containerPath": literal(self.path), "readOnly": self.read_only, "sourceVolume": self.name}

    @property
    def definition(self) -> dict[str, Any]:
        """The volume as RegisterTaskDefinition takes it."""
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
        """The volume as `aws_ecs_task_definition` takes it."""
        kind = aws.ecs_task_definition
        if self.file_system_id is None:
            return kind.EcsTaskDefinitionVolume(name=self.name)
        authorization = kind.EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig(
            **Chosen(access_point_id=self.access_point_id, iam="ENABLED")
        )
        efs = kind.EcsTaskDefinitionVolumeEfsVolumeConfiguration(
            **Chosen(
                file_system_id=self.file_system_id,
                transit_encryption="ENABLED",
                authorization_config=authorization,
                root_directory=None if self.access_point_id else self.root_directory or "/",
            )
        )
        return kind.EcsTaskDefinitionVolume(name=self.name, efs_volume_configuration=efs)


def ephemeral_volumes(paths: tuple[str, ...]) -> tuple[TaskVolume, ...]:
    """A volume of the task's own storage for each path that stays writable."""
    return tuple(TaskVolume(name=name, path=path) for name, path in zip(ephemeral_names(paths), paths, strict=True))


class FileSystem(Concept):
    """An encrypted EFS file system for one volume of one service, with backups.

    Its mount targets answer the service's tasks alone, over TLS and by the permission of their role; its access point
    pins the POSIX user and the folder.

    Attributes:
        volume: the volume for the task definition.
        grant: what the task role needs to mount it.
        mount_targets: what has to exist before a task can start.
        security_group_id: the security group of the mount targets.
    """

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        subnets: Subnets,
        service: str,
        name: str,
        spec: Volume,
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
            path=spec.path,
            read_only=spec.read_only,
            file_system_id=file_system.id,
            access_point_id=point.id,
        )
        self.grant = mount_grant(file_system.arn, spec.read_only, point.arn)

    def _mount_targets(
        self, logical_id: str, file_system_id: str, subnets: list[str], security_group_id: str
    ) -> tuple[Any, ...]:
        return tuple(
            self.make(
                aws.efs_mount_target.EfsMountTarget,
                f"{logical_id}_{_place(index, subnet)}",
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
            **Chosen(
                creation_token=full_name,
                encrypted=True,
                kms_key_id=environment.key_arn,
                tags={"Name": full_name},
                lifecycle=environment.keeps_data,
            ),
        )
        backups = aws.efs_backup_policy.EfsBackupPolicyBackupPolicy(status="ENABLED")
        kind = aws.efs_backup_policy.EfsBackupPolicy
        self.make(kind, logical_id, file_system_id=file_system.id, backup_policy=backups)
        # Without a policy, EFS lets every client that reaches a mount target in, unasked (EFS User Guide, "Default EFS
        # file system policy"); with one, those alone whose role allows it.
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


def _place(index: int, subnet: str) -> str:
    """The zone's number, as the subnet has it; of a subnet that exists its id, which no other list changes."""
    return str(index) if subnet.startswith("${") else peer_identifier(subnet)


def mount_grant(file_system_arn: str, read_only: bool, access_point_arn: str | None) -> Grant:
    """What a task role needs to mount a file system with IAM authorization."""
    actions = ["elasticfilesystem:ClientMount", *([] if read_only else ["elasticfilesystem:ClientWrite"])]
    conditions = None
    if access_point_arn:
        conditions = {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}}
    return Grant("MountVolume", actions, [file_system_arn], conditions)


def existing_volume(environment: Environment, name: str, spec: Volume) -> tuple[TaskVolume, Grant]:
    """A volume on a file system that exists, and what the task role needs to mount it."""
    account = environment.account
    point_arn = account.arn("elasticfilesystem", f"access-point/{spec.access_point}") if spec.access_point else None
    file_system_arn = account.arn("elasticfilesystem", f"file-system/{spec.efs}")
    volume = TaskVolume(
        name=name,
        path=spec.path,
        read_only=spec.read_only,
        file_system_id=spec.efs,
        access_point_id=spec.access_point,
        root_directory=literal(spec.root_directory) if spec.root_directory else None,
    )
    return volume, mount_grant(file_system_arn, spec.read_only, point_arn)
