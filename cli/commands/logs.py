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
    from operations.health.log_events import LogEvent

_FIRST = ("cyan", "green", "magenta", "blue", "yellow")
_COLORS = (*_FIRST, *(f"bright_{color}" for color in _FIRST))


@click.command(cls=Command)
@selection_options
@click.argument("services", metavar="[SERVICE]...", nargs=-1, shell_complete=complete_services)
@click.option("--since", type=Duration(), default="10m", show_default=True, help="Start this long ago.")
@click.option("--until", type=Duration(), help="Stop this long ago, such as 1h; not with --follow.")
@click.option("--container", metavar="NAME", help="Print only events of this container, such as a sidecar.")
@click.option("--task", metavar="ID", help="Print only events of the task whose ID begins with this.")
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
    until: float | None,
    container: str | None,
    task: str | None,
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
      ecsforge logs web --env prod --task 1a2b3c4d --since 2h --until 1h
    """
    from operations.health.logs import read_logs

    _require_a_period(since, until, follow=follow)
    environment, now = selected_environment(ctx, services), time.time()
    events = read_logs(
        environment,
        now - since,
        until=None if until is None else now - until,
        container=container,
        task=task,
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
        matching = " matching" if pattern or container or task else ""
        when = f"in the last {spoken(since)}" if until is None else f"from {spoken(since)} to {spoken(until)} ago"
        ctx.console.say(f"No{matching} log events {when}; use --since to look further back")


def _require_a_period(since: float, until: float | None, *, follow: bool) -> None:
    if until is not None and follow:
        raise click.UsageError("--until ends in the past, and --follow never ends; pass one of them")
    if until is not None and until >= since:
        got = f"--since {spoken(since)}, --until {spoken(until)}"
        raise click.UsageError(f"--until must be more recent than --since; got {got}")


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
