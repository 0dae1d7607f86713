"""Models of the parts of a task: containers, their health checks and volumes."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from stacks.project.models.base import CpuUnits, MiB, Model, Port, Seconds, Text
from stacks.project.models.expression import Expression

Condition = Literal["START", "COMPLETE", "SUCCESS", "HEALTHY"]


class ContainerHealthCheck(Model):
    """A command that ECS runs inside the container to check whether it is healthy."""

    command: tuple[Text, ...]
    """The command; the first item is CMD or CMD-SHELL."""
    interval: Annotated[Seconds, Field(ge=5, le=300)] = 30
    """Seconds between checks, 5-300."""
    timeout: Annotated[Seconds, Field(ge=2, le=60)] = 5
    """Seconds before a check counts as failed, 2-60."""
    retries: Annotated[int, Field(ge=1, le=10)] = 3
    """Consecutive failed checks before the container is unhealthy, 1-10."""
    start_period: Annotated[Seconds, Field(ge=0, le=300)] = 0
    """Seconds after the container starts during which failed checks are ignored, 0-300."""


class Mount(Model):
    """Where a sidecar mounts a volume of the service."""

    path: str
    """The mount path in the sidecar; an absolute path."""
    read_only: bool | None = None
    """Mount the volume read-only; the volume's `read_only` by default."""


class Sidecar(Model):
    """An additional container in every task of the service."""

    image: str
    """The container image, with tag or digest."""
    image_credentials: str | None = None
    """The secret with the user name and password of a private registry: `secretsmanager:name`, or the full ARN of a
    secret. Images in ECR need none."""
    port: Port | None = None
    """The port the sidecar listens on."""
    protocol: Literal["tcp", "udp"] = "tcp"
    """The protocol of `port`; `udp` for example for StatsD and the X-Ray daemon."""
    cpu: Annotated[CpuUnits, Field(ge=0)] | None = None
    """CPU units of the task that are reserved for the sidecar."""
    memory: Annotated[MiB, Field(ge=6)] | None = None
    """Memory limit in MiB; the sidecar is killed when it exceeds it."""
    essential: bool = True
    """Stop the task when this container stops."""
    environment: dict[str, Text | Expression] = {}
    """Environment variables: text, or `{terraform: EXPRESSION}` of your own Terraform."""
    secrets: dict[str, Text | Expression] = {}
    """Environment variables from SSM parameters and Secrets Manager secrets, as in the service's `secrets`."""
    env_files: tuple[str, ...] = ()
    """Environment files in S3 (`s3://bucket/proxy.env`), at most ten."""
    command: tuple[Text, ...] = ()
    """Replaces the image's command."""
    entrypoint: tuple[Text, ...] = ()
    """Replaces the image's entry point."""
    user: Text | None = None
    """The user, and optionally the group, of the container: `101`, `101:101`, `nginx`."""
    readonly_root: bool = False
    """Mount the container's root file system read-only."""
    volumes: dict[str, str | Mount] = {}
    """Volumes of the service that the sidecar mounts too, by name: a mount path, or a mapping."""
    depends_on: dict[str, Condition] = {}
    """Containers of the task that must reach a condition before this one starts."""
    health_check: ContainerHealthCheck | None = None
    """The container health check."""


class VolumeOwner(NamedTuple):
    """A volume of a service, as `efs: SERVICE.VOLUME` names it."""

    service: str
    volume: str


class Volume(Model):
    """A file system or an ephemeral volume, mounted into the service's container."""

    efs: str | Literal[False] = "managed"
    """`managed` creates an encrypted EFS file system for this volume. The id (fs-...) of an existing file system mounts
    that one, and `SERVICE.VOLUME` the one of another service's volume, so both share the files. `false` is an ephemeral
    volume, which the containers of one task share and which is deleted with the task."""
    path: str
    """The mount path in the container; an absolute path."""
    access_point: str | None = None
    """An existing access point (fsap-...) of an existing file system."""
    root_directory: str | None = None
    """The directory of an existing file system to mount; can't be combined with `access_point`."""
    read_only: bool = False
    """Mount the volume read-only."""

    @property
    def is_managed(self) -> bool:
        """Whether the volume has a file system of its own."""
        return self.efs == "managed"

    @property
    def is_ephemeral(self) -> bool:
        """Whether the volume is on the task's ephemeral storage."""
        return self.efs is False

    @property
    def owner(self) -> VolumeOwner | None:
        """The volume whose file system is mounted; None for every other volume."""
        if not self.efs or "." not in self.efs:
            return None
        service, _, volume = self.efs.partition(".")
        return VolumeOwner(service, volume)

    @property
    def existing(self) -> str | None:
        """The id of an existing file system; None for every other volume."""
        return None if not self.efs or self.is_managed or self.owner else self.efs
