"""`ecsforge status`: how the services are."""

from __future__ import annotations

import json
from datetime import datetime

import click

from cli.options import Command, Context, selection_options


@click.command(cls=Command)
@selection_options
@click.argument("services", metavar="[SERVICE]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print all that was found as JSON.")
def status(ctx: Context, services: tuple[str, ...], as_json: bool) -> int:
    """Tell how the services are, or those named: what runs, since when, and what is wrong.

    Asks ECS, the load balancer, the queues and the scheduler. Ends with 1 when something is unhealthy, and says what.
    On a pipe it prints a line a service, with tabs between the columns.

    \b
    Examples:
      ecsforge status --env prod
      ecsforge status web --env prod
      ecsforge status --env prod --json | jq '.services[] | select(.healthy | not)'
    """
    from cli.views.status import moment, show
    from operations.health.environment import live_environment
    from operations.health.status import status as status_of

    def as_text(value: object) -> str:
        assert isinstance(value, datetime)
        return moment(value)

    health = status_of(live_environment(ctx, services))
    if as_json:
        ctx.console.data(json.dumps(health.as_json(), indent=2, ensure_ascii=False, default=as_text))
    else:
        show(health, ctx.console)
    for service in health.unhealthy:
        ctx.console.error(f"service `{service.name}`: {'; '.join(service.problems)}")
    return 1 if health.unhealthy else 0
