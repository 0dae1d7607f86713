"""The model of an image that ecsforge builds."""

from __future__ import annotations

from typing import Literal

from stacks.project.models.base import Model, Text

Platform = Literal["linux/amd64", "linux/arm64"]
PLATFORMS: dict[str, Platform] = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}
"""The platform of an image by the architecture of its service."""


class Build(Model):
    """How the image of a service is built. These settings do not change the Terraform."""

    context: str = "."
    """The folder with the files of the build, relative to the project file; its own folder by default. It must be in
    the folder of the project file."""
    dockerfile: str = "Dockerfile"
    """The Dockerfile, relative to `context`. It must be in the folder of the project file."""
    target: str | None = None
    """The stage to build; the last one by default."""
    args: dict[str, Text] = {}
    """Build arguments. They are part of the image's history: don't pass credentials."""
    platform: Platform | None = None
    """The platform of the image; the one of the service's `architecture` by default, and the only valid one."""
