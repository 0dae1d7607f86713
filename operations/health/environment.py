"""An environment of the project in its AWS account, which `status` and `logs` start from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from operations import aws
from operations.service_names import require_services
from stacks.naming import Names

if TYPE_CHECKING:
    import boto3

    from stacks.project.models import Project, Service

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Environment:
    """One environment, with a session in its account.

    Attributes:
        project: The project, resolved for this environment.
        services: The selected services, by name.
        names: The AWS names of its resources.
        account_id: The account, 12 digits.
        options: The options that select this environment, for the commands that messages suggest.
        session: A boto3 session in its region, in the role that `assume_role` names if there is one.
        root: The folder of the project file, where a local state is; without it, only the project file says whether
            the environment is protected.
    """

    project: Project
    services: dict[str, Service]
    names: Names
    account_id: str
    options: str
    session: boto3.Session
    root: Path | None = None

    @property
    def location(self) -> str:
        """`eu-west-1, account 123456789012`."""
        return f"{self.project.region}, account {self.account_id}"

    @property
    def deploy_command(self) -> str:
        """The command that deploys it."""
        return f"ecsforge deploy {self.options}"

    def client(self, service: str) -> Any:
        """A boto3 client for an AWS service, in the project's region."""
        return aws.client(self.session, service)


def open_environment(
    project: Project,
    services: Sequence[str] = (),
    *,
    options: str | None = None,
    root: Path | None = None,
    on_slow: Callable[[str], None] | None = None,
) -> Environment:
    """The environment of `project`, with these services or all of them. Does not synthesize or run Terraform.

    Arguments:
        project: One of `stacks.project.load(...).projects`.
        services: Names of services in the project file; all by default.
        options: The options that select this environment on the command line; `--env ENV` by default.
        root: The folder of the project file, for the protection of the environment as it is deployed.
        on_slow: Called from another thread, with a message for each endpoint that does not answer within seconds.

    Raises UsageError when the project does not have one of the services, AwsError when there are no valid credentials
    or when they are for another account than `account_id`.
    """
    selected = _selected(project, services)
    session = aws.session(project, on_slow=on_slow)
    identity = aws.identity(session)
    aws.check_account(project, identity)
    names = Names(project.project_id, project.env)
    options = options or f"--env {project.env}"
    return Environment(project, selected, names, identity.account_id, options, session, root)


def _selected(project: Project, names: Sequence[str]) -> dict[str, Service]:
    """The services with these names, or all of them, in the order of the project file."""
    require_services(project.services, names)
    return {name: service for name, service in project.services.items() if not names or name in names}


def none_if_missing(codes: Collection[str], call: Callable[[], Answer]) -> Answer | None:
    """The result of `call`; None when AWS refuses it with one of these error codes for a resource that does not exist.

    Raises botocore.exceptions.ClientError for any other error code.
    """
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in codes:
            return None
        raise
