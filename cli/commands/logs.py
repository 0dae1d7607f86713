"""`ecsforge logs`: what the services write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import click

from cli.durations import Duration
from cli.options import Command, Context, selection_options
from operations.text import spoken
from stacks.errors import AwsError

if TYPE_CHECKING:
    from operations.health.environment import Live
    from operations.health.logs import Line, Logs

_COLORS = ("cyan", "green", "magenta", "blue", "yellow")


@click.command(cls=Command)
@selection_options
@click.argument("services", metavar="[SERVICE]...", nargs=-1)
@click.option("--since", type=Duration(), default="10m", show_default=True, help="How far back to begin.")
@click.option("--follow", is_flag=True, help="Go on with what is being written, until Ctrl-C.")
@click.option(
    "--filter",
    "pattern",
    metavar="PATTERN",
    help="Only lines that match this filter pattern of CloudWatch Logs: words, or a phrase in double quotes.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the last N; with --follow, to begin with.")
@click.option("--timestamps", is_flag=True, help="Begin each line with its time in UTC.")
@click.option("--raw", is_flag=True, help="Print what was written alone, without service and task.")
def logs(
    ctx: Context,
    services: tuple[str, ...],
    since: float,
    follow: bool,
    pattern: str | None,
    limit: int | None,
    timestamps: bool,
    raw: bool,
) -> None:
    """Print the logs of the services, or of those named, in the order of time.

    Each line begins with the service and the task that wrote it. On a terminal, escape sequences in the logs are left
    out.

    \b
    Examples:
      ecsforge logs --env dev
      ecsforge logs web --env prod --since 2h --filter ERROR
      ecsforge logs web mailer --env dev --follow
      ecsforge logs web --env prod --raw --limit 100 | jq .level
    """
    from operations.health.environment import live_environment
    from operations.health.logs import layout, logs_of

    live = live_environment(ctx, services)
    lines = _lines(ctx, live, logs_of(live, pattern), time.time() - since, limit, goes_on=follow)
    source = None if raw else _colored(ctx, list(live.services))
    empty = True
    for line in lines:
        empty = False
        for text in layout(line, timestamps=timestamps, source=source, terminal=ctx.console.is_terminal()):
            ctx.console.data(text)
    if empty:
        matching = " that match" if pattern else ""
        ctx.console.say(f"No lines{matching} in the last {spoken(since)}; --since looks further back")


def _lines(ctx: Context, live: Live, logs: Logs, since: float, limit: int | None, *, goes_on: bool) -> Iterable[Line]:
    """What is to be printed. Raises AwsError when none of the services has a log group."""
    from operations.health.logs import follow, newest, no_log_group

    def on_missing(services: list[str]) -> None:
        message = no_log_group(live, services)
        if len(services) == len(logs.groups):
            raise AwsError(message)
        ctx.console.warn(message)

    if goes_on:
        return follow(logs, since, on_missing, limit=limit)
    return newest(logs.read(since, on_missing), limit)


def _colored(ctx: Context, services: Sequence[str]) -> Callable[[Line], str]:
    """The source of a line, in a colour of its service's own."""
    colors = {service: _COLORS[number % len(_COLORS)] for number, service in enumerate(services)}
    return lambda line: ctx.console.style(line.source, stream="stdout", fg=colors[line.service])
