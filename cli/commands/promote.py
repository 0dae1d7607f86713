"""`ecsforge promote`: deploy the images that another environment runs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.account_checks import check, no_checks_option
from cli.loading import default_out, one_stack
from cli.operating import no_before_option, no_wait_option, timeout_option
from cli.options import Command, Context, selection_options, terraform_option

if TYPE_CHECKING:
    from cli.reporter import ConsoleReporter
    from operations.deploy.consent import Consent
    from operations.deploy.promote import Ways
    from operations.deploy.release import Progress, Settings
    from operations.health.environment import Environment
    from stacks.project import Loaded
    from stacks.project.models import Project


@click.command(cls=Command)
@selection_options
@click.argument("services", metavar="[SERVICE]...", nargs=-1)
@click.option("--from", "source", metavar="ENV", required=True, help="The environment whose images are deployed.")
@click.option("--auto-approve", is_flag=True, help="Apply without asking.")
@click.option(
    "--yes-i-mean",
    metavar="STACK",
    help="Confirm every prompt with the name of the stack, also in a protected environment.",
)
@no_checks_option
@no_before_option
@no_wait_option
@timeout_option
@terraform_option
def promote(
    ctx: Context,
    services: tuple[str, ...],
    source: str,
    auto_approve: bool,
    yes_i_mean: str | None,
    no_checks: bool,
    no_before: bool,
    no_wait: bool,
    timeout: float,
    binary: str | None,
) -> int:
    """Deploy the images that another environment runs now, by digest.

    Promotes all services with `build` or `repository`, or the named ones; one with `image` keeps the promoted image
    until the next deploy. Plans, asks for confirmation, applies and waits as `deploy` does. Services with
    `image_owner: external` are released afterwards, without Terraform. Prints each service and its image on stdout.

    \b
    Examples:
      ecsforge promote --from dev --env prod
      ecsforge promote web worker --from dev --env prod --yes-i-mean shop-prod
    """
    from cli.continuing import continued_by, explained
    from operations.deploy.consent import Consent
    from operations.deploy.promote import Ways, promoted_services, promotions
    from operations.deploy.release import Progress, Settings
    from stacks.image_reference import short_digest

    loaded = one_stack(ctx)
    (project,) = loaded.projects
    other = _source(ctx, source, project)
    names = promoted_services(other, project, services)
    reporter, progress = ctx.reporter(), Progress()
    with explained(ctx, lambda stop: _last_words(ctx, project.env, reporter, progress, stop)):
        origin, target = (_opened(ctx, loaded, each, names) for each in (other, project))
        found = promotions(origin, target, reporter)
        ways = Ways.of(project, found)
        for each in found:
            state = "runs it already" if each.is_done else f"runs {short_digest(each.before) or 'nothing'}"
            ctx.console.say(f"{each.service}: {short_digest(each.image)}; {project.env} {state}")
        if all(each.is_done for each in found):
            ctx.console.say(f"Nothing to promote: {project.env} runs the images of {source}")
            return 0
        settings = Settings(None if no_wait else timeout, not no_before, lambda left: _again(ctx, left))
        consent = Consent(auto_approve, yes_i_mean)
        if not _released_may_change(ctx, target, ways, reporter, consent):
            return 1
        if ways.needs_terraform:
            with continued_by(_again(ctx, services)):
                deployed = _deployed(ctx, loaded, ways, reporter, consent, settings, binary, no_checks)
            if not deployed:
                return 1
        _release(target, ways, reporter, settings, progress)
    for each in found:
        ctx.console.data(f"{each.service}\t{each.image}")
    ctx.console.say(f"Next: {shlex.join(['ecsforge', 'status', *ctx.repeated(project.env)])} to see the health")
    return 0


def _source(ctx: Context, env: str, target: Project) -> Project:
    """The project as the environment `env` sees it. Raises UsageError if it is not another one of the file."""
    from operations.deploy.promote import require_environments
    from stacks.project import environments_in, load

    require_environments(env, target.env, environments_in(ctx.selection))
    (project,) = load(replace(ctx.selection, env=env, sets=())).projects
    return project


def _opened(ctx: Context, loaded: Loaded, project: Project, names: tuple[str, ...]) -> Environment:
    from operations.health.environment import open_environment

    options = shlex.join(ctx.repeated(project.env))
    environment = open_environment(project, names, options=options, root=loaded.root, on_slow=ctx.console.say)
    ctx.console.say(f"{environment.names.stack} in {environment.location}")
    return environment


def _released_may_change(
    ctx: Context, target: Environment, ways: Ways, reporter: ConsoleReporter, consent: Consent
) -> bool:
    """Check what is released without Terraform, and ask for a protected environment, before anything changes."""
    from operations.deploy.consent import agreed_to
    from operations.deploy.release import releases_of

    if not ways.released:
        return True
    releases_of(target, ways.released)
    agreed = agreed_to("continue", target, reporter, consent)
    if not agreed:
        ctx.console.say("Nothing was changed")
    return agreed


def _deployed(
    ctx: Context,
    loaded: Loaded,
    ways: Ways,
    reporter: ConsoleReporter,
    consent: Consent,
    settings: Settings,
    binary: str | None,
    no_checks: bool,
) -> bool:
    """Deploy with Terraform, as `ecsforge deploy` does; return False when the user declined."""
    from operations.deploy.deploy import deploy
    from operations.deploy.images import require_images
    from operations.stack import prepared_stack
    from stacks.project import load

    if ways.written:
        loaded = load(replace(ctx.selection, sets=(*ctx.selection.sets, *ways.written)))
    out, outputs = default_out(loaded, ctx.selection), None
    with prepared_stack(loaded, out, reporter, binary=binary) as stack:
        check(stack, reporter, skip=no_checks)
        require_images(stack, ways.variables)
        if _shared_is_deployed(loaded, out, reporter, consent, binary):
            outputs = deploy(
                stack, reporter, consent, images=ways.variables, timeout=settings.timeout, before=settings.before
            )
    if outputs is None:
        ctx.console.say(f"{stack.name} was not changed" if reporter.has_applied else "Nothing was changed")
    return outputs is not None


def _shared_is_deployed(
    loaded: Loaded, out: Path, reporter: ConsoleReporter, consent: Consent, binary: str | None
) -> bool:
    """Deploy the stack of the image repositories; return False when the user declined."""
    from operations.deploy.shared import deploy_shared
    from operations.stack import prepared_stack

    if loaded.shared is None:
        return True
    with prepared_stack(loaded.only_shared, out, reporter, binary=binary) as shared:
        return deploy_shared(shared, reporter, consent)


def _release(
    target: Environment, ways: Ways, reporter: ConsoleReporter, settings: Settings, progress: Progress
) -> None:
    """Release what Terraform does not deploy. The newest definitions are read again: a deploy may register others."""
    from operations.deploy.release import release, releases_of

    if ways.released:
        release(target, releases_of(target, ways.released), reporter, settings, progress)


def _again(ctx: Context, left: Sequence[str]) -> tuple[str, ...]:
    """The arguments of the command that promotes these services; the command line adds the environment."""
    from cli.continuing import typed_options

    return ("promote", *left, *typed_options(without=("services",)))


def _last_words(ctx: Context, env: str, reporter: ConsoleReporter, progress: Progress, stop: BaseException) -> str:
    """What an interrupted promotion says. The same command continues: what runs the image already is left out."""
    from cli.continuing import same_command, while_changing

    again = f"To continue: {same_command(ctx, env)}"
    if progress.services:
        return f"Interrupted: {progress}. {again}"
    return while_changing(stop, "changes were made", again, began=reporter.has_applied)
