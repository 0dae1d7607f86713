"""`ecsforge scale`: another desired count of a service."""

from __future__ import annotations

import click

from cli.environment import selected_environment
from cli.operating import changing_options, continued, service_argument
from cli.options import Command, Context, selection_options

MOST_TASKS = 5000
"""The quota "Tasks per service" of ECS, which can't be raised:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html."""


@click.command(cls=Command)
@selection_options
@service_argument
@click.argument("count", metavar="N", type=click.IntRange(min=0, max=MOST_TASKS))
@changing_options
def scale(ctx: Context, service: str, count: int, yes_i_mean: str | None, no_wait: bool, timeout: float) -> int:
    """Set the desired count of a service to N tasks, and wait until that many run.

    Says what will undo it: Application Auto Scaling for a service that scales, else the next deploy, which sets the
    count of the project file.

    \b
    Examples:
      ecsforge scale web 4 --env prod
      ecsforge scale mailer 0 --env dev
    """
    from cli.views.services import scaled
    from operations.deploy.consent import Consent
    from operations.services.scale import scale as scale_service

    environment = selected_environment(ctx, [service])
    reporter, consent = ctx.reporter(), Consent(stack=yes_i_mean)
    seconds = None if no_wait else timeout
    with continued(ctx, environment, reporter, repeat=False):
        result = scale_service(environment, service, count, reporter, consent, timeout=seconds)
    if result is None:
        ctx.console.say("Nothing was changed")
        return 1
    for line in scaled(result, environment.deploy_command):
        ctx.console.say(line)
    return 0
