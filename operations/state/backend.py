"""Where a stack's state is stored: the backend in the project file, and the one that the folder is initialized for."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.terraform.init import BACKEND_RECORD
from stacks.configuration import BackendSettings

# The settings that determine where a state is; others (encryption, locks) can change without moving it.
_IDENTITY = {
    "local": ("path",),
    "s3": ("bucket", "key", "region"),
    "cloud": ("hostname", "organization", "workspaces"),
}


@dataclass(frozen=True)
class Backend:
    """A backend. A relative `path` in the settings is relative to `folder`."""

    kind: str
    settings: Mapping[str, Any]
    folder: Path

    @property
    def identity(self) -> tuple[Any, ...]:
        """Equal for two backends if and only if they store the same state."""
        if self.file is not None:
            return ("local", self.file.resolve())
        names = _IDENTITY.get(self.kind, tuple(sorted(self.settings)))
        return (self.kind, *(json.dumps(self.settings.get(name), sort_keys=True) for name in names))

    def is_named_in(self, plan: Path) -> bool:
        """Whether a plan file was created with this backend: Terraform writes to the one in the plan.

        Also true for files that are not Terraform plans, which Terraform itself rejects.
        """
        if not zipfile.is_zipfile(plan):
            return True
        with zipfile.ZipFile(plan) as archive:
            content = archive.read("tfplan") if "tfplan" in archive.namelist() else b""
        names = {"local": ("path",), "s3": ("bucket", "key"), "cloud": ("organization",)}.get(self.kind, ())
        return not content or all(str(self.settings.get(name)).encode() in content for name in names)

    @property
    def file(self) -> Path | None:
        """The state file; None unless the state is local."""
        return self.folder / str(self.settings.get("path") or "terraform.tfstate") if self.kind == "local" else None

    def __str__(self) -> str:
        if self.file is not None:
            return os.path.relpath(self.file)
        if self.kind == "s3":
            return f"s3://{self.settings.get('bucket')}/{self.settings.get('key')}"
        workspaces = self.settings.get("workspaces")
        workspace = (workspaces[0] if isinstance(workspaces, list) else workspaces or {}).get("name")
        return f"HCP Terraform, {self.settings.get('organization')}/{workspace}"


def wanted_backend(settings: Mapping[str, Any], folder: Path, local_state: Path) -> Backend:
    """The backend that a stack's configuration names.

    Args:
        settings: The `terraform` block of the configuration.
        folder: The stack's folder.
        local_state: The file of a local state.
    """
    backend = BackendSettings.of(settings)
    if backend.kind == "local":
        return Backend("local", {"path": os.path.relpath(local_state.resolve(), folder.resolve())}, folder)
    return Backend(backend.kind, backend.settings, folder)


def recorded_backend(folder: Path) -> Backend | None:
    """The backend of the last `terraform init` in `folder`; None before the first one."""
    try:
        record = json.loads((folder / BACKEND_RECORD).read_text("utf-8"))["backend"]
        settings = {name: value for name, value in record["config"].items() if value is not None}
        return Backend(str(record["type"]), settings, folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def local_state_file(root: Path, name: str) -> Path:
    """The file of the local state of the stack `name`, next to the project file in `root`."""
    return root / f"terraform.{name}.tfstate"


def is_ready(wanted: Backend) -> bool:
    """Whether the stack's folder is initialized for this backend, so that the state can be read."""
    before = recorded_backend(wanted.folder)
    return before is not None and before.identity == wanted.identity
