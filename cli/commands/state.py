"""`ecsforge state`: the bucket that holds states, and locks that were left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.options import Command, Context, load_project, selection_options
from operations.stack import existing_terraform, terraform_option

if TYPE_CHECKING:
    from stacks.project.models import Project


@click.group(name="state")
def state() -> None:
    """Care for where Terraform keeps its state."""


@state.command(name="init", cls=Command)
@selection_options
def state_init(ctx: Context) -> None:
    """Make the S3 bucket that `state` names: versioned, encrypted, private, TLS only.

    Does so for every environment of the project file, or one. Running it again changes nothing, or mends what
    someone has undone.

    \b
    Examples:
      ecsforge state init
      ecsforge state init --env prod
    """
    projects = [project for project in load_project(ctx).projects if project.state.backend == "s3"]
    if not projects:
        raise click.UsageError(
            "state: no bucket is named; write `state: {backend: s3, bucket: NAME}` into the project file",
            ctx=click.get_current_context(),
        )
    made: set[tuple[str | None, str]] = set()
    for project in projects:
        place = (project.state.bucket, project.state.region or project.region)
        if place not in made:
            made.add(place)
            _make_bucket(ctx, project)
    ctx.console.say("Next: ecsforge deploy; it asks before it moves a state that is elsewhere")


def _make_bucket(ctx: Context, project: Project) -> None:
    from operations import aws
    from operations.state.bucket import make_state_bucket

    session = aws.session(project)
    who = aws.identity(session)
    aws.check_account(project, who)
    region = project.state.region or project.region
    with aws.errors("state.bucket"):
        make_state_bucket(
            aws.client(session, "s3", region=region),
            str(project.state.bucket),
            region=region,
            partition=session.get_partition_for_region(region),
            account_id=who.account_id,
            kms_key=project.state.kms_key,
            say=ctx.console.say,
        )
    ctx.console.data(str(project.state.bucket))


@state.command(name="unlock", cls=Command)
@selection_options
@click.argument("lock_id")
@click.option("--auto-approve", is_flag=True, help="Release it without asking.")
@terraform_option
def state_unlock(ctx: Context, lock_id: str, auto_approve: bool, binary: str | None) -> int:
    """Release the lock that a Terraform which was killed has left behind.

    LOCK_ID is what the refused command named. Never release the lock of a deploy that still runs.

    \b
    Examples:
      ecsforge state unlock --env prod 2f9f8c3e-8a0d-4c7f-9d51-0e6d3b0f4d55
    """
    name, terraform = existing_terraform(ctx, binary)
    question = f"Is no one deploying {name} now? Release the lock"
    if not auto_approve and not ctx.console.confirm(question, flag="--auto-approve"):
        return 1
    terraform.unlock(lock_id)
    ctx.console.say(f"Released the lock of {name}. Next: ecsforge deploy")
    return 0
