"""Models of the parts of a task: containers, their health checks and volumes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.project.models.base import CpuUnits, MiB, Model, Port, Seconds, Text

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


class Sidecar(Model):
    """An additional container in every task of the service."""

    image: str
    """The container image, with tag or digest."""
    image_credentials: str | None = None
    """The secret with the user name and password of a private registry: `secretsmanager:name`, or the full ARN of a
    secret. Images in ECR need none."""
    port: Port | None = None
    """The port the sidecar listens on."""
    cpu: Annotated[CpuUnits, Field(ge=0)] | None = None
    """CPU units of the task that are reserved for the sidecar."""
    memory: Annotated[MiB, Field(ge=6)] | None = None
    """Memory limit in MiB; the sidecar is killed when it exceeds it."""
    essential: bool = True
    """Stop the task when this container stops."""
    environment: dict[str, Text] = {}
    """Environment variables."""
    secrets: dict[str, Text] = {}
    """Environment variables from SSM parameters and Secrets Manager secrets."""
    command: tuple[Text, ...] = ()
    """Replaces the image's command."""
    depends_on: dict[str, Condition] = {}
    """Containers of the task that must reach a condition before this one starts."""
    health_check: ContainerHealthCheck | None = None
    """The container health check."""


class Volume(Model):
    """An EFS file system mounted into the service's container."""

    efs: str = "managed"
    """`managed` creates an encrypted file system for this volume; otherwise the id (fs-...) of an existing one."""
    path: str
    """The mount path in the container; an absolute path."""
    access_point: str | None = None
    """An existing access point (fsap-...) of an existing file system."""
    root_directory: str | None = None
    """The directory of an existing file system to mount; can't be combined with `access_point`."""
    read_only: bool = False
    """Mount the volume read-only."""
