"""`ecsforge status`: print the health of services."""

from __future__ import annotations

import json

import click

from cli.environment import selected_environment
from cli.operating import complete_services
from cli.options import Command, Context, selection_options
from cli.sentences import sentences


@click.command(cls=Command)
@selection_options
@click.argument("services", metavar="[SERVICE]...", nargs=-1, shell_complete=complete_services)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--watch", is_flag=True, help="Draw the status again every five seconds, until Ctrl-C.")
@click.option(
    "--check",
    is_flag=True,
    help="Print only what is not healthy; a deployment in progress and a stopped environment count as well.",
)
def status(ctx: Context, services: tuple[str, ...], as_json: bool, watch: bool, check: bool) -> int:
    """Show the health of all services, or of the named ones: running tasks, last deployment, problems.

    Reads from ECS, the load balancer, SQS, CloudWatch and EventBridge Scheduler. Exits with 1 if a service is
    unhealthy, and prints why on stderr. On a pipe it prints one line per service with tab-separated columns.

    \b
    Examples:
      ecsforge status --env prod
      ecsforge status web --env prod --watch
      ecsforge status --env prod --check && echo healthy
      ecsforge status --env prod --json | jq '.services[] | select(.healthy | not)'
    """
    from cli.views.status import show
    from cli.views.status_json import report_json
    from operations.health.status import status as status_of

    _refuse_contradictions(ctx, as_json=as_json, watch=watch, check=check)
    environment = selected_environment(ctx, services)
    if watch:
        from cli.views.watching import watch as watch_status

        watch_status(lambda: status_of(environment), ctx.console)
    health = status_of(environment)
    for problem in health.unread:
        ctx.console.warn(problem)
    if as_json:
        ctx.console.data(json.dumps(report_json(health), indent=2, ensure_ascii=False))
    elif not check:
        show(health, ctx.console)
    for service in health.services:
        if service.job is not None and service.job.follows_family:
            what = (
                "its schedule runs the newest revision, also one that a deploy registers with the `image` of the file"
            )
            release = f"ecsforge release {service.name} --env {health.env} --tag TAG"
            ctx.console.warn(f"service `{service.name}`: {what}; move it to a revision with `{release}`")
    unsettled = health.unsettled if check else ()
    for problems in (health.problems, *(service.problems for service in health.unhealthy), unsettled):
        if problems:
            ctx.console.error(sentences(problems))
    return 0 if health.healthy and not unsettled else 1


def _refuse_contradictions(ctx: Context, *, as_json: bool, watch: bool, check: bool) -> None:
    given = [name for name, is_set in (("--json", as_json), ("--watch", watch), ("--check", check)) if is_set]
    if watch and len(given) > 1:
        raise click.UsageError(f"--watch draws on the terminal; got {' and '.join(given)}; pass one of them")
    if watch and not ctx.console.is_terminal():
        raise click.UsageError("--watch draws on a terminal, and stdout is not one; use --check in a script")
