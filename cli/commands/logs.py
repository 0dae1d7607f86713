"""`ecsforge logs`: print the logs of services."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cli.durations import Duration
from cli.environment import selected_environment
from cli.operating import complete_services
from cli.options import Command, Context, selection_options
from operations.text import plain, spoken

if TYPE_CHECKING:
    from operations.health.logs import LogEvent

_COLORS = ("cyan", "green", "magenta", "blue", "yellow")


@click.command(cls=Command)
@selection_options
@click.argument("services", metavar="[SERVICE]...", nargs=-1, shell_complete=complete_services)
@click.option("--since", type=Duration(), default="10m", show_default=True, help="Start this long ago.")
@click.option("--follow", is_flag=True, help="Print new log events as they arrive, until Ctrl-C.")
@click.option(
    "--filter",
    "pattern",
    metavar="PATTERN",
    help="Print only events that match a CloudWatch Logs filter pattern: words, or a phrase in double quotes.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Print only the last N log events; with --follow, the last N before the new ones.",
)
@click.option("--timestamps", is_flag=True, help="Prefix each line with its time in UTC.")
@click.option("--raw", is_flag=True, help="Print messages without the service and the task.")
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
    """Print the logs of all services, or of the named ones, in chronological order.

    Each line is prefixed with the service and the task that wrote it. On a terminal, escape sequences are removed.

    \b
    Examples:
      ecsforge logs --env dev
      ecsforge logs web --env prod --since 2h --filter ERROR
      ecsforge logs web mailer --env dev --follow
      ecsforge logs web --env prod --raw --limit 100 | jq .level
    """
    from operations.health.logs import read_logs

    environment = selected_environment(ctx, services)
    events = read_logs(
        environment,
        time.time() - since,
        pattern=pattern,
        limit=limit,
        keep_following=follow,
        on_missing=ctx.console.warn,
        on_trouble=ctx.console.warn,
    )
    source = None if raw else _colored(ctx, list(environment.services))
    empty = True
    for event in events:
        empty = False
        for line in lines(event, timestamps=timestamps, source=source, terminal=ctx.console.is_terminal()):
            ctx.console.data(line)
    if empty:
        matching = " matching" if pattern else ""
        ctx.console.say(f"No{matching} log events in the last {spoken(since)}; use --since to look further back")


def lines(
    event: LogEvent, *, timestamps: bool, source: Callable[[LogEvent], str] | None, terminal: bool
) -> Iterator[str]:
    """The lines to print for a log event.

    Arguments:
        timestamps: Prefix them with the time in UTC, to the millisecond.
        source: Returns the service and the task; None to leave them out.
        terminal: Remove escape sequences and control characters.
    """
    prefix = ""
    if timestamps:
        prefix = f"{datetime.fromtimestamp(event.timestamp / 1000, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z "
    if source is not None:
        prefix += f"{source(event)} | "
    for text in event.message.rstrip("\n").split("\n"):
        yield prefix + (plain(text) if terminal else text)


def _colored(ctx: Context, services: Sequence[str]) -> Callable[[LogEvent], str]:
    """The source of an event, with a color for each service."""
    colors = {service: _COLORS[number % len(_COLORS)] for number, service in enumerate(services)}
    return lambda event: ctx.console.style(event.source, stream="stdout", fg=colors[event.service])
