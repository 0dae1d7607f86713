"""`ecsforge state`: create the state bucket, and release locks that were left behind."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from cli.loading import default_out, load_project, one_stack_or_shared
from cli.options import Command, Context, repeated_options, selection_options, shared_option, terraform_option

if TYPE_CHECKING:
    from stacks.project.models import Project


@click.group(name="state")
def state() -> None:
    """Manage where Terraform keeps its state."""


@state.command(name="init", cls=Command)
@selection_options
def state_init(ctx: Context) -> None:
    """Create the S3 bucket that `state` names: versioned, encrypted, private, TLS only.

    Creates the bucket of each environment in the project file, or of the selected one. Safe to repeat: it restores
    settings that were changed.

    \b
    Examples:
      ecsforge state init
      ecsforge state init --env prod
    """
    loaded = load_project(ctx)
    shared = [loaded.shared.project] if loaded.shared else []
    projects = [project for project in (*loaded.projects, *shared) if project.state.backend == "s3"]
    if not projects:
        raise click.UsageError(
            "state: the project file does not name a bucket; add `state: {backend: s3, bucket: NAME}`",
            ctx=click.get_current_context(),
        )
    created: set[tuple[str | None, str]] = set()
    for project in projects:
        bucket = (project.state.bucket, project.state.region or project.region)
        if bucket not in created:
            created.add(bucket)
            _create_bucket(ctx, project)
    ctx.console.say("Next: ecsforge deploy; it asks before it moves an existing state")


def _create_bucket(ctx: Context, project: Project) -> None:
    from operations import aws
    from operations.state.bucket import create_state_bucket

    session = aws.session(project, on_slow=ctx.console.say)
    who = aws.identity(session)
    aws.check_account(project, who)
    region = project.state.region or project.region
    with aws.errors("state.bucket"):
        create_state_bucket(
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
@click.option("--auto-approve", is_flag=True, help="Release the lock without asking.")
@shared_option
@terraform_option
def state_unlock(ctx: Context, lock_id: str, auto_approve: bool, shared: bool, binary: str | None) -> int:
    """Release the lock of a Terraform process that was killed.

    The error of the command that could not get the lock contains LOCK_ID. Never release the lock of a deploy that is
    still running.

    \b
    Examples:
      ecsforge state unlock --env prod 2f9f8c3e-8a0d-4c7f-9d51-0e6d3b0f4d55
    """
    from cli.continuing import explained, same_command, while_changing
    from operations.stack import initialized_stack

    loaded = one_stack_or_shared(ctx, shared)
    out, env = default_out(loaded, ctx.selection), None if shared else loaded.projects[0].env
    again = f"To continue: {same_command(ctx, env)}"
    with explained(ctx, lambda stop: while_changing(stop, "changes were made", again, began=False)):
        name, terraform = initialized_stack(loaded, out, ctx.reporter(), binary=binary)
        question = f"Release the lock of {name}? Make sure that nobody is deploying it"
        if not auto_approve and not ctx.console.confirm(question, flag="--auto-approve"):
            return 1
        terraform.unlock(lock_id)
    env = env or ctx.selection.env
    deploy = shlex.join(["ecsforge", "deploy", *(ctx.repeated(env) if env else repeated_options(ctx.selection))])
    ctx.console.say(f"Released the lock of {name}. Next: {deploy}")
    return 0
