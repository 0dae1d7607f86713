"""`ecsforge deploy`: from the project file to a running system."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.durations import Duration
from cli.options import Command, Context, default_out, one_stack, selection_options, terraform_option

if TYPE_CHECKING:
    from cli.reporter import ConsoleReporter
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
@click.option(
    "--no-checks",
    is_flag=True,
    help="Skip the checks of the account before the plan; `ecsforge doctor` makes them too.",
)
@click.option("--no-wait", is_flag=True, help="Exit without waiting for a steady state.")
@click.option(
    "--timeout",
    type=Duration(),
    default="15m",
    show_default=True,
    help="Fail without a steady state after this time.",
)
@click.option(
    "--adopt",
    is_flag=True,
    help="Import resources that an interrupted deploy left: they have the stack's tags but are not in its state.",
)
@click.option("--migrate-state", is_flag=True, help="Move the state to the backend that the project file now names.")
@terraform_option
def deploy(
    ctx: Context,
    auto_approve: bool,
    yes_i_mean: str | None,
    plan_file: Path | None,
    no_checks: bool,
    no_wait: bool,
    timeout: float,
    adopt: bool,
    migrate_state: bool,
    binary: str | None,
) -> int:
    """Plan, ask for confirmation, apply exactly that plan, and wait until ECS reports a steady state.

    Checks the account first: a missing image, secret or certificate, or a quota, would fail the deploy minutes later.
    If ECS rolls a service back, or its tasks keep stopping, the deploy has failed: it exits with 1 and prints the
    reason. Prints the outputs on stdout.

    \b
    Examples:
      ecsforge deploy --env dev
      ecsforge deploy --env dev --auto-approve --timeout 5m
      ecsforge deploy --env prod --plan prod.tfplan --yes-i-mean shop-prod
    """
    from cli.continuing import explained
    from cli.views.outputs import print_outputs
    from operations.deploy.consent import Consent
    from operations.deploy.deploy import deploy as deploy_stack
    from operations.stack import prepared_stack

    def may_move(question: str) -> bool:
        return migrate_state or ctx.console.confirm(question, flag="--migrate-state")

    loaded = one_stack(ctx)
    reporter, out = ctx.reporter(), default_out(loaded, ctx.selection)
    with (
        explained(ctx, partial(_last_words, ctx, loaded.projects[0].env, reporter)),
        prepared_stack(loaded, out, reporter, binary=binary, adopt=adopt, may_move=may_move) as stack,
    ):
        if not no_checks:
            _check(stack, reporter)
        consent = Consent(auto_approve, yes_i_mean)
        seconds = None if no_wait else timeout
        outputs = deploy_stack(stack, reporter, consent, saved_plan=plan_file, timeout=seconds)
    if outputs is None:
        ctx.console.say("Nothing was changed")
        return 1
    print_outputs(ctx.console, outputs)
    if outputs.values:  # empty after a plan to destroy
        _say_what_next(ctx, stack, outputs)
    return 0


def _check(stack: Stack, reporter: ConsoleReporter) -> None:
    """Check the account; say how to deploy all the same."""
    from operations.checks.account import NO_CHECKS, check_account
    from operations.reporter import activity
    from stacks.errors import AwsError

    try:
        with activity(reporter, "Checking the account"):
            check_account(stack.project, stack.session, reporter, deployed=stack.exists)
    except AwsError:
        reporter.warn(f"nothing was planned; {NO_CHECKS} deploys without these checks")
        raise


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
