"""The version of Terraform or OpenTofu that a project needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations.terraform.binary import Binary

if TYPE_CHECKING:
    from stacks.project.models import Project

LOCK_FILE_VERSION = (1, 10)
"""The first version of Terraform, and of OpenTofu, with a lock file in S3."""
EPHEMERAL_VERSION = (1, 11)
"""The first version of Terraform, and of OpenTofu, with ephemeral resources and write-only arguments."""


def require_for(project: Project, binary: Binary) -> None:
    """Raise TerraformError unless the binary has what the project needs."""
    if project.state.backend == "s3" and project.state.lock:
        binary.require(LOCK_FILE_VERSION, "state.lock")
    require_for_passwords(project, binary)


def require_for_passwords(project: Project, binary: Binary) -> None:
    """Raise TerraformError unless the binary can keep the passwords of the project's databases out of the state."""
    for name, resource in project.resources.items():
        if resource.type in ("postgres", "mysql"):
            binary.require(EPHEMERAL_VERSION, f"resources.{name}, whose password must stay out of the state,")
