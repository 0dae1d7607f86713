"""What the permissions of an environment's pipelines depend on: its types, from a synthesis into a temporary folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from operations import aws
from operations.ci.names import KINDS, Account
from operations.ci.permissions import Subject
from operations.state.without_terraform import readable_state
from stacks.errors import AwsError, UsageError
from stacks.naming import SHARED, stack_name
from stacks.project.rules.arns import role_account
from stacks.references import partition_of
from stacks.resources import CATALOGUE

if TYPE_CHECKING:
    import boto3

    from operations.reporter import Reporter
    from stacks.output import SynthesizedStack
    from stacks.project import Loaded
    from stacks.project.models import Github, Project


def github_of(project: Project) -> Github:
    """The settings of the workflow. Raises UsageError if the project file has none."""
    if project.ci.github is None:
        fix = "add ci: {github: {repository: ORGANIZATION/NAME, install: pip install ...}} to the project file"
        raise UsageError.of("ci.github", "the project file does not name a repository", fix=fix)
    return project.ci.github


def own_session(project: Project, reporter: Reporter) -> boto3.Session:
    """A session of the credentials themselves: roles of pipelines are in the account that they sign in to.

    Raises:
        AwsError: There are no credentials, or they are for another account.
    """
    session = aws.session(project.model_copy(update={"assume_role": None}), on_slow=reporter.say)
    who = aws.identity(session)
    if project.assume_role is None:
        aws.check_account(project, who)
    reporter.say(f"Account {who.account_id} ({who.arn})")
    return session


def account_of(project: Project, session: boto3.Session | None) -> Account | None:
    """The account of the pipeline's roles: that of the credentials, else that of the project file."""
    named = project.account_id if project.assume_role is None else None
    account_id = named if session is None else aws.identity(session).account_id
    return None if account_id is None else Account(account_id, project.region, partition_of(project.region))


def require_safe_name(project: Project) -> None:
    """Raise UsageError if the names that the deploy role may write include those of pipelines' roles."""
    for kind in KINDS:
        start = f"ecsforge-{kind}-"
        stack = f"{stack_name(project.project_id, project.env)}-"
        if stack.startswith(start) or start.startswith(stack):
            what = f"the roles of this environment begin like those of pipelines ({start})"
            raise UsageError.of("project_id", what, got=stack.rstrip("-"), fix="use another project_id")


def account_to_deploy_to(subject: Subject) -> Account:
    """The account of the environment, which `assume_role` can be in another one than the pipeline's roles."""
    project = subject.project
    own = role_account(project.assume_role) if project.assume_role is not None else None
    account_id = project.account_id or own or subject.account.account_id
    return Account(account_id, project.region, subject.account.partition)


def subject_of(loaded: Loaded, every: Sequence[Project], account: Account, *, with_state: bool = False) -> Subject:
    """The environment or the shared stack that is loaded.

    Args:
        loaded: A project with one environment selected, or only the stack that environments share.
        every: Every environment of the file.
        account: The account of the roles.
        with_state: Also count the types in the state, which a later deploy may destroy.

    Raises:
        SynthError: The Terraform could not be written.
    """
    if loaded.projects:
        (project,) = loaded.projects
    else:
        assert loaded.shared is not None
        project = loaded.shared.project
    with tempfile.TemporaryDirectory() as folder:
        stacks = _synthesized(loaded, Path(folder))
    (own,) = (each for each in stacks if each.env == project.env)
    shared = [types_of(each) for each in stacks if each.env == SHARED and project.env != SHARED]
    types = types_of(own) | (_types_in_state(project, loaded.root) if with_state else frozenset())
    others = tuple(each for each in every if each.env != project.env)
    return Subject(project, account, types, others, shared[0] if shared else frozenset())


def types_of(stack: SynthesizedStack) -> frozenset[str]:
    """The types of a stack, also of the user's own Terraform; data sources begin with `data.`."""
    return _known(address.rpartition(".")[0] for address in stack.owners)


def _types_in_state(project: Project, root: Path) -> frozenset[str]:
    try:
        addresses = readable_state(project, root).attributes
    except AwsError:
        return frozenset()
    return _known(address.partition(".")[0] for address in addresses)


def _known(types: Iterable[str]) -> frozenset[str]:
    return frozenset(CATALOGUE.keys() & set(types))


def _synthesized(loaded: Loaded, out: Path) -> tuple[SynthesizedStack, ...]:
    from stacks.app import synthesize

    return synthesize(loaded, out)
