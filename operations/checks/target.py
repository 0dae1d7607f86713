"""The environment that the account's checks are about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.clients import Clients
from stacks.naming import Names
from stacks.references import partition_of

if TYPE_CHECKING:
    from stacks.project.models import Project


@dataclass(frozen=True)
class Target:
    """One environment in its account.

    Attributes:
        project: The project, resolved for the environment.
        clients: The clients of its account.
        account_id: The account, 12 digits.
        deployed: Whether its cluster exists.
    """

    project: Project
    clients: Clients
    account_id: str
    deployed: bool = False

    @property
    def names(self) -> Names:
        """The AWS names of its resources."""
        return Names(self.project.project_id, self.project.env)

    @property
    def region(self) -> str:
        """Its region."""
        return self.project.region

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """The ARN of a resource; `region` and `account` default to the environment's, "" omits them."""
        region = self.region if region is None else region
        account = self.account_id if account is None else account
        return f"arn:{partition_of(self.region)}:{service}:{region}:{account}:{resource}"
