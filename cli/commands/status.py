"""`ecsforge status`: print the health of services."""

from __future__ import annotations

import json

import click

from cli.environment import selected_environment
from cli.options import Command, Context, selection_options
from cli.sentences import sentences


@click.command(cls=Command)
@selection_options
@click.argument("services", metavar="[SERVICE]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def status(ctx: Context, services: tuple[str, ...], as_json: bool) -> int:
    """Show the health of all services, or of the named ones: running tasks, last deployment, problems.

    Reads from ECS, the load balancer, SQS and EventBridge Scheduler. Exits with 1 if a service is unhealthy, and prints
    why on stderr. On a pipe it prints one line per service with tab-separated columns.

    \b
    Examples:
      ecsforge status --env prod
      ecsforge status web --env prod
      ecsforge status --env prod --json | jq '.services[] | select(.healthy | not)'
    """
    from cli.views.status import report_json, show
    from operations.health.status import status as status_of

    health = status_of(selected_environment(ctx, services))
    if as_json:
        ctx.console.data(json.dumps(report_json(health), indent=2, ensure_ascii=False))
    else:
        show(health, ctx.console)
    for service in health.services:
        if service.job is not None and service.job.follows_family:
            what = (
                "its schedule runs the newest revision, also one that a deploy registers with the `image` of the file"
            )
            release = f"ecsforge release {service.name} --env {health.env} --tag TAG"
            ctx.console.warn(f"service `{service.name}`: {what}; move it to a revision with `{release}`")
    for problems in (health.problems, *(service.problems for service in health.unhealthy)):
        if problems:
            ctx.console.error(sentences(problems))
    return 0 if health.healthy else 1
