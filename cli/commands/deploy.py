"""`ecsforge deploy`: from the project file to a running system."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.account_checks import check, no_checks_option
from cli.images import changed_since_option, engine_option, image_options, selected_images
from cli.loading import default_out, one_stack, one_stack_or_shared
from cli.operating import no_before_option, no_wait_option, timeout_option
from cli.options import Command, Context, selection_options, shared_option, terraform_option

if TYPE_CHECKING:
    from cli.reporter import ConsoleReporter
    from operations.deploy.consent import Consent
    from operations.stack import Stack
    from operations.terraform.stream import Outputs


@click.command(cls=Command)
@selection_options
@click.option("--auto-approve", is_flag=True, help="Apply without asking.")
@click.option(
    "--yes-i-mean",
    metavar="STACK",
    help="Confirm every prompt with the name of the stack, also in a protected environment.",
)
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Apply a plan that was saved with `plan --out FILE`.",
)
@click.option("--build", is_flag=True, help="Build and push the images of services with `build` first.")
@engine_option
@changed_since_option
@image_options
@no_checks_option
@no_before_option
@no_wait_option
@timeout_option
@click.option(
    "--adopt",
    is_flag=True,
    help="Import resources that an interrupted deploy left: they have the stack's tags but are not in its state.",
)
@click.option("--migrate-state", is_flag=True, help="Move the state to the backend that the project file now names.")
@shared_option
@terraform_option
def deploy(
    ctx: Context,
    auto_approve: bool,
    yes_i_mean: str | None,
    plan_file: Path | None,
    build: bool,
    engine: str | None,
    changed_since: str | None,
    image: tuple[str, ...],
    tag: str | None,
    no_checks: bool,
    no_before: bool,
    no_wait: bool,
    timeout: float,
    adopt: bool,
    migrate_state: bool,
    shared: bool,
    binary: str | None,
) -> int:
    """Plan, ask for confirmation, apply exactly that plan, and wait until ECS reports a steady state.

    Checks the account first: a missing image, secret or certificate, or a quota, would fail the deploy minutes later.
    A service with `deployment.before` changes last, after its tasks have succeeded; one that fails stops the deploy.
    If ECS rolls a service back, or its tasks keep stopping, the deploy has failed: it exits with 1 and prints the
    reason. Prints the outputs on stdout.

    The repositories of services with `build` or `repository` are created first, with a question of their own. Without
    --build, --image and --tag, these services keep the image that was deployed last.

    \b
    Examples:
      ecsforge deploy --env dev --build
      ecsforge deploy --env dev --build --changed-since origin/main
      ecsforge deploy --env dev --auto-approve --timeout 5m
      ecsforge deploy --env prod --tag 4f1c2e0a9b3d-5d41402a
      ecsforge deploy --env prod --image web=registry.example.com/shop/web:1.4
      ecsforge deploy --env prod --plan prod.tfplan --yes-i-mean shop-prod
    """
    from cli.continuing import continued_by, explained, typed_options
    from cli.views.outputs import print_outputs
    from operations.deploy.consent import Consent
    from operations.deploy.deploy import deploy as deploy_stack
    from operations.stack import prepared_stack

    def may_move(question: str) -> bool:
        return migrate_state or ctx.console.confirm(question, flag="--migrate-state")

    reporter, consent = ctx.reporter(), Consent(auto_approve, yes_i_mean)
    if plan_file is not None or shared:
        what = "--shared: the shared stack has no images" if shared else "--plan: a saved plan has its images"
        _refuse(what, build=build, image=image, tag=tag, plan=plan_file if shared else None)
    if shared:
        return _deploy_shared(ctx, reporter, consent, may_move, binary)
    selected = selected_images(ctx, one_stack(ctx), image, tag, build=build, engine=engine, changed_since=changed_since)
    loaded, out = selected.loaded, default_out(selected.loaded, ctx.selection)
    again = ("deploy", *(typed_options() if image or tag or build else ()))
    with (
        explained(ctx, partial(_last_words, ctx, loaded.projects[0].env, reporter)),
        continued_by(again),
        prepared_stack(loaded, out, reporter, binary=binary, adopt=adopt, may_move=may_move) as stack,
    ):
        check(stack, reporter, skip=no_checks)
        repositories = partial(prepared_stack, loaded.only_shared, out, reporter, binary=binary, may_move=may_move)
        images = selected.pushed(stack, reporter, consent, repositories) if plan_file is None else {}
        outputs = None
        if images is not None:
            outputs = deploy_stack(
                stack,
                reporter,
                consent,
                images=images,
                saved_plan=plan_file,
                timeout=None if no_wait else timeout,
                before=not no_before,
            )
    if outputs is None:
        ctx.console.say(f"{stack.name} was not changed" if reporter.has_applied else "Nothing was changed")
        return 1
    print_outputs(ctx.console, outputs)
    if outputs.values:  # empty after a plan to destroy
        _say_what_next(ctx, stack, outputs)
    return 0


def _refuse(beside: str, **options: object) -> None:
    """Raise click.UsageError for the first of these options that is set; `beside` begins with the option in use."""
    for name, value in options.items():
        if value:
            raise click.UsageError(f"--{name} can't be combined with {beside}")


def _deploy_shared(
    ctx: Context, reporter: ConsoleReporter, consent: Consent, may_move: Callable[[str], bool], binary: str | None
) -> int:
    """Deploy only the stack that all environments share."""
    from cli.continuing import explained, same_command, while_changing
    from operations.deploy.shared import deploy_shared
    from operations.stack import prepared_stack

    def last_words(stop: BaseException) -> str:
        again = f"To continue: {same_command(ctx, None)}"
        return while_changing(stop, "changes were made", again, began=reporter.has_applied)

    loaded = one_stack_or_shared(ctx, shared=True)
    out = default_out(loaded, ctx.selection)
    with (
        explained(ctx, last_words),
        prepared_stack(loaded, out, reporter, binary=binary, may_move=may_move) as stack,
    ):
        deployed = deploy_shared(stack, reporter, consent)
    if not deployed:
        ctx.console.say("Nothing was changed")
    elif not reporter.has_applied:
        ctx.console.say(f"{stack.name}: no changes")
    return 0 if deployed else 1


def _last_words(ctx: Context, env: str, reporter: ConsoleReporter, stop: BaseException) -> str:
    """What an interrupted deploy says. A saved plan can be applied only once: to continue, a new one is made."""
    from cli.continuing import is_applying, is_completed, same_command, while_changing

    if is_completed(stop):
        again = f"To see the health of the services: {shlex.join(['ecsforge', 'status', *ctx.repeated(env)])}"
    else:
        again = f"To continue: {same_command(ctx, env, without=('plan_file',) if is_applying(stop) else ())}"
    return while_changing(stop, "changes were made", again, began=reporter.has_applied)


def _say_what_next(ctx: Context, stack: Stack, outputs: Outputs) -> None:
    if "alb_url" in outputs.values:
        ctx.console.say(f"{stack.name} is reachable at {outputs.values['alb_url'].value}")
    status, logs = (
        shlex.join(["ecsforge", command, *ctx.repeated(stack.project.env)]) for command in ("status", "logs")
    )
    ctx.console.say(f"Next: {status} to see its health, {logs} to read its logs")
