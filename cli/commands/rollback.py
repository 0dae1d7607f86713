"""`ecsforge rollback`: an earlier revision of a service."""

from __future__ import annotations

import click

from cli.environment import selected_environment
from cli.operating import changing_options, continued, service_argument
from cli.options import Command, Context, selection_options


@click.command(cls=Command)
@selection_options
@service_argument
@click.option(
    "--to", metavar="REVISION", help="Roll back to this revision, such as 7. Default: the last good earlier one."
)
@click.option("--list", "list_only", is_flag=True, help="List the revisions with image and time, and change nothing.")
@changing_options
def rollback(
    ctx: Context,
    service: str,
    to: str | None,
    list_only: bool,
    yes_i_mean: str | None,
    no_wait: bool,
    timeout: float,
) -> int:
    """Roll a service back to an earlier revision, and wait until ECS reports a steady state.

    Takes as long as ECS needs to replace the tasks, and runs no Terraform. Says what the next deploy will do: unless
    `image_owner` is `external`, it brings back what the project file asks for. A job runs the revision from its next
    run on.

    \b
    Examples:
      ecsforge rollback web --env prod --list
      ecsforge rollback web --env prod
      ecsforge rollback web --env prod --to 7
    """
    from cli.views.services import print_revisions, rolled_back
    from operations.deploy.consent import Consent
    from operations.services.rollback import revisions
    from operations.services.rollback import rollback as roll_back

    environment = selected_environment(ctx, [service])
    if list_only:
        print_revisions(revisions(environment, service), ctx.console)
        return 0
    reporter, consent = ctx.reporter(), Consent(stack=yes_i_mean)
    seconds = None if no_wait else timeout
    with continued(ctx, environment, reporter, repeat=False):
        result = roll_back(environment, service, reporter, consent, to=to, timeout=seconds)
    if result is None:
        ctx.console.say("Nothing was changed")
        return 1
    for line in rolled_back(result, environment.deploy_command):
        ctx.console.say(line)
    return 0
