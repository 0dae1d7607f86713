"""`ecsforge deploy`: from the project file to a system that runs."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from cli.durations import Duration
from cli.options import Command, Context, repeated_options, selection_options
from cli.views.outputs import print_outputs
from operations.stack import Stack, prepared_stack, terraform_option
from operations.terraform.stream import Outputs


@click.command(cls=Command)
@selection_options
@click.option("--auto-approve", is_flag=True, help="Apply without asking.")
@click.option(
    "--yes-i-mean",
    metavar="STACK",
    help="Name the stack that is meant; answers every question, also for a protected environment.",
)
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Apply a plan saved with `plan --out FILE` instead of making one.",
)
@click.option("--no-wait", is_flag=True, help="Do not wait until ECS is steady.")
@click.option(
    "--timeout", type=Duration(), default="15m", show_default=True, help="How long to wait until ECS is steady."
)
@click.option(
    "--adopt",
    is_flag=True,
    help="Take over what bears this stack's tags but is not in its state, as an interrupted deploy leaves it.",
)
@click.option("--migrate-state", is_flag=True, help="Move the state where the project file wants it now.")
@terraform_option
def deploy(
    ctx: Context,
    auto_approve: bool,
    yes_i_mean: str | None,
    plan_file: Path | None,
    no_wait: bool,
    timeout: float,
    adopt: bool,
    migrate_state: bool,
    binary: str | None,
) -> int:
    """Plan, show the plan, ask, apply exactly that plan, and wait until ECS is steady.

    A service that ECS rolls back, or whose tasks keep stopping, is a failed deploy: it ends with 1 and says why.
    Prints the outputs on stdout.

    \b
    Examples:
      ecsforge deploy --env dev
      ecsforge deploy --env dev --auto-approve --timeout 5m
      ecsforge deploy --env prod --plan prod.tfplan --yes-i-mean shop-prod
    """
    from operations.deploy.deploy import Consent
    from operations.deploy.deploy import deploy as deploy_stack

    def may_move(question: str) -> bool:
        return migrate_state or ctx.console.confirm(question, flag="--migrate-state")

    with prepared_stack(ctx, binary, may_move=may_move) as stack:
        seconds = None if no_wait else timeout
        consent = Consent(auto_approve, yes_i_mean)
        outputs = deploy_stack(stack, ctx.console, consent, saved_plan=plan_file, adopt=adopt, wait_seconds=seconds)
    if outputs is None:
        ctx.console.say("Nothing was changed")
        return 1
    print_outputs(ctx.console, outputs)
    if outputs.values:  # there are none after a plan to destroy
        _say_what_next(ctx, stack, outputs)
    return 0


def _say_what_next(ctx: Context, stack: Stack, outputs: Outputs) -> None:
    if "alb_url" in outputs.values:
        ctx.console.say(f"{stack.name} answers at {outputs.values['alb_url'].value}")
    selected = [*repeated_options(ctx.selection), "--env", stack.project.env]
    status, logs = (shlex.join(["ecsforge", command, *selected]) for command in ("status", "logs"))
    ctx.console.say(f"Next: {status} for how it is, {logs} for what it writes")
