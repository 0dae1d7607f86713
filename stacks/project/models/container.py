"""Models of what runs inside a task: containers, their health, volumes and limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.project.models.base import CpuUnits, MiB, Model, Port, Seconds, Text

Condition = Literal["START", "COMPLETE", "SUCCESS", "HEALTHY"]


class ContainerHealthCheck(Model):
    """A command that ECS runs inside the container to tell whether it is healthy."""

    command: tuple[Text, ...]
    """The command; its first item is CMD or CMD-SHELL."""
    interval: Annotated[Seconds, Field(ge=5, le=300)] = 30
    """Seconds between checks, 5-300."""
    timeout: Annotated[Seconds, Field(ge=2, le=60)] = 5
    """Seconds before a check counts as failed, 2-60."""
    retries: Annotated[int, Field(ge=1, le=10)] = 3
    """Failed checks in a row before the container is unhealthy, 1-10."""
    start_period: Annotated[Seconds, Field(ge=0, le=300)] = 0
    """Seconds after start during which failures do not count, 0-300."""


class Sidecar(Model):
    """One more container in every task of the service."""

    image: str
    """The container image, with tag or digest."""
    port: Port | None = None
    """A port the sidecar listens on."""
    cpu: Annotated[CpuUnits, Field(ge=0)] | None = None
    """CPU units reserved for it, out of the task's."""
    memory: Annotated[MiB, Field(ge=6)] | None = None
    """MiB after which it is killed, out of the task's."""
    essential: bool = True
    """Whether the task stops when this container stops."""
    environment: dict[str, Text] = {}
    """Environment variables."""
    secrets: dict[str, Text] = {}
    """Environment variables from SSM parameters and Secrets Manager secrets."""
    command: tuple[Text, ...] = ()
    """Replaces the image's command."""
    depends_on: dict[str, Condition] = {}
    """Containers of the task to wait for, with the condition to wait for."""
    health_check: ContainerHealthCheck | None = None
    """A health check inside the container."""


class Volume(Model):
    """An EFS file system mounted into the service's container."""

    efs: str = "managed"
    """`managed` makes an encrypted file system for this volume; or the id (fs-...) of one that exists."""
    path: str
    """Where it is mounted: an absolute path."""
    access_point: str | None = None
    """An existing access point (fsap-...) of an existing file system."""
    root_directory: str | None = None
    """The folder of an existing file system to mount; not with an access point."""
    read_only: bool = False
    """Mount it read-only."""
