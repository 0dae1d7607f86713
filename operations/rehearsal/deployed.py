"""The account that a project was deployed to, as its checks read it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stacks.naming import Names

if TYPE_CHECKING:
    from stacks.project.models import Project


class Deployed:
    """An account, read through boto3.

    Args:
        project: One environment of a project.
        client: Returns the boto3 client of a service and a region.

    Attributes:
        names: The AWS names of the environment's resources.
    """

    def __init__(self, project: Project, client: Callable[[str, str], Any]) -> None:
        self.project = project
        self.names = Names(project.project_id, project.env)
        self._client = client
        self._clients: dict[str, Any] = {}

    def aws(self, service: str) -> Any:
        """The client of a service in the project's region."""
        if service not in self._clients:
            self._clients[service] = self._client(service, self.project.region)
        return self._clients[service]

    @cached_property
    def account_id(self) -> str:
        """The account, 12 digits."""
        account: str = self.aws("sts").get_caller_identity()["Account"]
        return account


def first(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The first of what AWS lists; empty if it lists nothing."""
    return found[0] if found else {}
