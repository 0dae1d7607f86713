"""A stack's configuration in Terraform's JSON syntax, as a synth wrote it; read without cdktf."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STACK_FILE = "cdk.tf.json"


@dataclass(frozen=True)
class BackendSettings:
    """The backend in a stack's configuration: `kind` is `local`, `s3` or `cloud`."""

    kind: str
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, terraform: Mapping[str, Any]) -> BackendSettings:
        """The backend in a configuration's `terraform` block; Terraform's default is `local`."""
        if "cloud" in terraform:
            return cls("cloud", _block(terraform["cloud"]))
        ((kind, block),) = (terraform.get("backend") or {"local": {}}).items()
        return cls(kind, _block(block))


def read(folder: Path) -> dict[str, Any]:
    """The configuration in a stack's folder.

    Raises:
        OSError: There is none: the stack was never synthesized, or as HCL.
        ValueError: The file is not JSON.
    """
    content: dict[str, Any] = json.loads((folder / STACK_FILE).read_text(encoding="utf-8"))
    return content


def _block(block: Any) -> dict[str, Any]:
    """A block of Terraform's JSON syntax, which may be an object or a list of one."""
    return dict(block[0] if isinstance(block, list) else block)
