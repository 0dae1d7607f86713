"""`ecsforge restart`: new tasks of the same revision."""

from __future__ import annotations

import click

from cli.environment import selected_environment
from cli.operating import changing_options, continued, service_argument
from cli.options import Command, Context, selection_options


@click.command(cls=Command)
@selection_options
@service_argument
@changing_options
def restart(ctx: Context, service: str, yes_i_mean: str | None, no_wait: bool, timeout: float) -> int:
    """Replace all tasks of a service by new ones, and wait until ECS reports a steady state.

    The new tasks run the same revision and read their secrets and environment files again. As in a deploy, ECS starts
    new tasks before it stops the old ones.

    \b
    Examples:
      ecsforge restart web --env prod
      ecsforge restart web --env prod --no-wait
    """
    from operations.deploy.consent import Consent
    from operations.services.restart import restart as restart_service

    environment = selected_environment(ctx, [service])
    reporter, consent = ctx.reporter(), Consent(stack=yes_i_mean)
    seconds = None if no_wait else timeout
    with continued(ctx, environment, reporter, repeat=False):
        done = restart_service(environment, service, reporter, consent, timeout=seconds)
    ctx.console.say(f"{'Restarting' if no_wait else 'Restarted'} {service}" if done else "Nothing was changed")
    return 0 if done else 1
