"""What every construct of an environment depends on."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.bindings import TerraformResourceLifecycle
from stacks.constructs.account import Account
from stacks.constructs.encryption import EncryptionKey
from stacks.naming import Names
from stacks.shared_registry import SharedRegistry


@dataclass(frozen=True)
class Environment:
    """One environment of a project: what its constructs have in common.

    `key` is None with `encryption: aws`; `permissions_boundary` is an IAM policy ARN or None; `protected` enables
    deletion protection. `registry` has the images of services with `build` or `repository`.
    """

    names: Names
    account: Account
    key: EncryptionKey | None
    permissions_boundary: str | None
    protected: bool
    registry: SharedRegistry

    @property
    def key_arn(self) -> str | None:
        """The ARN of the project's encryption key; None with AWS managed keys."""
        return self.key.arn if self.key else None

    @property
    def keeps_data(self) -> TerraformResourceLifecycle | None:
        """The lifecycle of a resource that holds data: in a protected environment Terraform refuses to destroy it."""
        return TerraformResourceLifecycle(prevent_destroy=True) if self.protected else None
