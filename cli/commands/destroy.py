"""`ecsforge destroy`: the mirror of deploy."""

from __future__ import annotations

import click

from cli.selection import Command, Context, selection_options
from cli.stack import Stack, prepared_stack, terraform_option
from stacks.errors import TerraformError


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
    from cli import deployment

    with prepared_stack(ctx, binary) as stack, deployment.private_folder() as folder:
        _refuse_protected(stack)
        file = folder / "plan"
        plan = deployment.make_plan(stack, ctx.console, file, destroy=True)
        if not plan.resources:
            ctx.console.say(f"{stack.name}: nothing is left to destroy")
            return 0
        deployment.show(plan, ctx.console)
        consent = deployment.Consent(auto_approve, yes_i_mean)
        if not deployment.agreed(plan, stack.project, ctx.console, consent, destroy=True):
            ctx.console.say("Nothing was changed.")
            return 1
        deployment.apply(stack, ctx.console, plan, file)
    ctx.console.say(f"Destroyed {stack.name}.")
    return 0


def _refuse_protected(stack: Stack) -> None:
    if stack.project.protected:
        raise TerraformError(
            f"{stack.project.env}: this environment is protected; set `protected: false` in the project file, deploy "
            "that to lift the deletion protection, then destroy it"
        )
