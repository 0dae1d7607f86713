"""A deployed environment as it stands in AWS: what `status` and `logs` start from."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cli.options import Context, one_stack, repeated_options
from operations import aws
from stacks.naming import Names

if TYPE_CHECKING:
    import boto3

    from stacks.project.models import Project, Service

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Live:
    """One environment, with a session in the account it belongs to.

    Attributes:
        project: what the project file asks for.
        services: those of its services that the command is about.
        names: what everything of it is called in AWS.
        account_id: the 12 digits of the account.
        options: what selects this environment again, for a command that a message suggests.
    """

    project: Project
    services: dict[str, Service]
    names: Names
    account_id: str
    options: str
    session: boto3.Session

    def client(self, service: str) -> Any:
        """A boto3 client in the project's region."""
        return aws.client(self.session, service)

    @property
    def how_to_deploy(self) -> str:
        """The command that makes what is not there."""
        return f"deploy it first: ecsforge deploy {self.options}"


def live_environment(ctx: Context, services: Sequence[str] = ()) -> Live:
    """The one selected environment, for these services or all; nothing is synthesized and Terraform is not asked.

    Raises ProjectError, click.UsageError when more than one environment is selected or a service is not in it, AwsError
    when there are no credentials, or those of another account than `account_id` names.
    """
    (project,) = one_stack(ctx).projects
    chosen = _chosen(project, services)
    session = aws.session(project)
    who = aws.identity(session)
    aws.check_account(project, who)
    names = Names(project.project_id, project.env)
    ctx.console.say(f"{names.stack} in {project.region}, account {who.account_id}")
    options = shlex.join([*repeated_options(ctx.selection), "--env", project.env])
    return Live(project, chosen, names, who.account_id, options, session)


def _chosen(project: Project, names: Sequence[str]) -> dict[str, Service]:
    """The services of these names, all where none is given, in the order of the project file."""
    for name in names:
        if name not in project.services:
            near = difflib.get_close_matches(name, project.services, n=1)
            choose = f"did you mean {near[0]}?" if near else f"choose among {', '.join(project.services)}"
            raise click.UsageError(
                f"there is no service of this name; got {name}; {choose}", ctx=click.get_current_context(silent=True)
            )
    return {name: service for name, service in project.services.items() if not names or name in names}


def unless_missing(codes: Collection[str], ask: Callable[[], Answer]) -> Answer | None:
    """What AWS answers, None when it refuses with one of these codes: it does not have what was asked for."""
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in codes:
            return None
        raise
