"""`ecsforge destroy`: the mirror of deploy."""

from __future__ import annotations

import click

from cli.options import Command, Context, selection_options
from operations.stack import prepared_stack, terraform_option


@click.command(cls=Command)
@selection_options
@click.option("--auto-approve", is_flag=True, help="Destroy without asking; not in a protected environment.")
@click.option("--yes-i-mean", metavar="STACK", help="Name the stack that is meant, instead of typing it.")
@terraform_option
def destroy(ctx: Context, auto_approve: bool, yes_i_mean: str | None, binary: str | None) -> int:
    """Destroy everything a deploy has made, after showing it and asking for the stack's name.

    A protected environment is refused: set `protected: false`, deploy that, and then destroy it.

    \b
    Examples:
      ecsforge destroy --env dev
      ecsforge destroy --env dev --yes-i-mean node-app-dev
    """
    from operations.deploy.deploy import Consent
    from operations.deploy.deploy import destroy as destroy_stack

    with prepared_stack(ctx, binary) as stack:
        destroyed = destroy_stack(stack, ctx.console, Consent(auto_approve, yes_i_mean))
    if not destroyed:
        ctx.console.say("Nothing was changed")
    return 0 if destroyed else 1
