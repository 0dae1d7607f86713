"""`ecsforge stop`: no tasks, no scaling, no schedules."""

from __future__ import annotations

import shlex

import click

from cli.environment import selected_environment
from cli.operating import changing_options, continued
from cli.options import Command, Context, selection_options


@click.command(cls=Command)
@selection_options
@changing_options
def stop(ctx: Context, yes_i_mean: str | None, no_wait: bool, timeout: float) -> int:
    """Stop an environment: all services to zero tasks, scaling suspended, schedules of jobs disabled.

    `start` restores what ran before. Until then `status` and `plan` say that the environment is stopped, and `deploy`
    refuses. Runs of jobs that have started continue. Databases, load balancers and NAT gateways keep running, and AWS
    keeps billing them.

    \b
    Examples:
      ecsforge stop --env dev
      ecsforge stop --env staging --no-wait
    """
    from operations.deploy.consent import Consent
    from operations.services.stop import stop as stop_environment

    environment = selected_environment(ctx)
    reporter, consent = ctx.reporter(), Consent(stack=yes_i_mean)
    with continued(ctx, environment, reporter, repeat=True):
        done = stop_environment(environment, reporter, consent, timeout=None if no_wait else timeout)
    if not done:
        ctx.console.say("Nothing was changed")
        return 1
    start = shlex.join(["ecsforge", "start", *ctx.repeated(environment.project.env)])
    ctx.console.say(
        f"{'Stopping' if no_wait else 'Stopped'} {environment.names.stack}. Next: {start} to start it again"
    )
    return 0
