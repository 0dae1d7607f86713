"""The user's own Terraform, the folder `terraform` of the project file.

    folder (files) ─> native, json_syntax (blocks) ─> configuration (what it declares) ─> refused, offline, collisions
                                                                └─> expression (`{terraform: EXPRESSION}`)
                      copy (the files in a stack's folder)

Only the structure of the files is read: blocks, their labels, and arguments with literal values. Terraform evaluates
the rest. Nothing here imports cdktf.
"""

from __future__ import annotations

from stacks.infra.configuration import OwnTerraform, read_own_terraform

__all__ = ["OwnTerraform", "read_own_terraform"]
