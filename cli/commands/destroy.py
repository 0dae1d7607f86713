"""`ecsforge destroy`: remove everything that a deploy created."""

from __future__ import annotations

import click

from cli.loading import default_out, one_stack_or_shared
from cli.options import Command, Context, selection_options, shared_option, terraform_option


@click.command(cls=Command)
@selection_options
@click.option(
    "--auto-approve",
    is_flag=True,
    help="Destroy without asking, except in a protected environment and if it deletes data of resources.",
)
@click.option("--yes-i-mean", metavar="STACK", help="Confirm with the name of the stack instead of typing it.")
@shared_option
@terraform_option
def destroy(ctx: Context, auto_approve: bool, yes_i_mean: str | None, shared: bool, binary: str | None) -> int:
    """Destroy everything that a deploy created, after showing it and asking for the stack's name.

    Refuses a protected environment: set `protected: false`, deploy that, then destroy it. With --shared, destroys the
    image repositories with all images, and refuses while an environment runs one of them.

    \b
    Examples:
      ecsforge destroy --env dev
      ecsforge destroy --env dev --yes-i-mean node-app-dev
      ecsforge destroy --shared
    """
    from cli.continuing import explained, is_completed, same_command, while_changing
    from operations.deploy.consent import Consent
    from operations.deploy.deploy import destroy as destroy_stack
    from operations.deploy.shared import destroy_shared
    from operations.stack import prepared_stack

    loaded = one_stack_or_shared(ctx, shared)
    reporter = ctx.reporter()
    command = same_command(ctx, None if shared else loaded.projects[0].env)

    def last_words(stop: BaseException) -> str:
        again = "Nothing is left to destroy" if is_completed(stop) else f"To continue: {command}"
        return while_changing(stop, "resources were destroyed", again, began=reporter.has_applied)

    out = default_out(loaded, ctx.selection)
    with explained(ctx, last_words), prepared_stack(loaded, out, reporter, binary=binary) as stack:
        destroyed = (destroy_shared if shared else destroy_stack)(stack, reporter, Consent(auto_approve, yes_i_mean))
    if not destroyed:
        ctx.console.say("Nothing was changed")
    return 0 if destroyed else 1
