"""`ecsforge start`: what `stop` stopped."""

from __future__ import annotations

import shlex

import click

from cli.environment import selected_environment
from cli.operating import changing_options, continued
from cli.options import Command, Context, selection_options


@click.command(cls=Command)
@selection_options
@changing_options
def start(ctx: Context, yes_i_mean: str | None, no_wait: bool, timeout: float) -> int:
    """Start a stopped environment: counts, scaling and schedules are restored.

    Safe to repeat: a service that already has tasks keeps its count.

    \b
    Examples:
      ecsforge start --env dev
      ecsforge start --env staging --no-wait
    """
    from operations.deploy.consent import Consent
    from operations.services.start import start as start_environment

    environment = selected_environment(ctx)
    reporter, consent = ctx.reporter(), Consent(stack=yes_i_mean)
    with continued(ctx, environment, reporter, repeat=True):
        done = start_environment(environment, reporter, consent, timeout=None if no_wait else timeout)
    if not done:
        ctx.console.say("Nothing was changed")
        return 1
    status = shlex.join(["ecsforge", "status", *ctx.repeated(environment.project.env)])
    ctx.console.say(f"Next: {status} to see its health")
    return 0
