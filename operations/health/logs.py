"""The logs of services, from CloudWatch Logs: what was written, and what is being written.

A service has one log group for all its tasks, and FilterLogEvents reads all of it in the order of time.
See https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from operations import aws
from operations.health.environment import Live, unless_missing
from operations.text import plain

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 5.0
"""Seconds between two looks for new lines: FilterLogEvents allows an account 10 requests a second in most regions."""
LATE_SECONDS = 60.0
"""How much later than younger lines a line may arrive and still be shown: tasks send theirs independently."""
CLOCK_ERROR_SECONDS = 600.0
"""How far ahead the clock of this machine may be; further back than that, silence is not searched again."""
TASK_ID_SHOWN = 8


@dataclass(frozen=True)
class Line:
    """A log event.

    Attributes:
        service: the service that wrote it.
        stream: the log stream, `ecs/<container>/<task>`.
        at: when it was written, in milliseconds since 1970.
        id: CloudWatch's id of the event.
        message: what was written; may hold several lines.
    """

    service: str
    stream: str
    at: int
    id: str
    message: str

    @property
    def source(self) -> str:
        """`web/1a2b3c4d`: service and task, with the container between them when it is a sidecar."""
        _, _, rest = self.stream.partition("/")
        container, _, task = rest.rpartition("/")
        sidecar = [container] if container and container != self.service else []
        return "/".join([self.service, *sidecar, (task or self.stream)[:TASK_ID_SHOWN]])


@dataclass(frozen=True)
class Logs:
    """The log groups of some services.

    Attributes:
        client: a boto3 client of CloudWatch Logs.
        groups: log group by service.
        pattern: a filter pattern of CloudWatch Logs; None for every line.
    """

    client: Any
    groups: Mapping[str, str]
    pattern: str | None = None

    def read(self, since: float, on_missing: Callable[[list[str]], None]) -> Iterator[Line]:
        """The lines written after `since`, in seconds since 1970, by time.

        `on_missing` gets the services whose log group AWS does not have, when there are any. Raises click.BadParameter
        for a filter pattern that CloudWatch does not take, AwsError for what it refuses.
        """
        opened = {service: self._open(service, since) for service in self.groups}
        missing = [service for service, lines in opened.items() if lines is None]
        if missing:
            on_missing(missing)
        yield from heapq.merge(*filter(None, opened.values()), key=lambda line: line.at)

    def _open(self, service: str, since: float) -> Iterator[Line] | None:
        """The lines of a service; None when it has no log group."""
        asked: dict[str, Any] = {"logGroupName": self.groups[service], "startTime": max(0, int(since * 1000))}
        if self.pattern is not None:
            asked["filterPattern"] = self.pattern
        pages = iter(self.client.get_paginator("filter_log_events").paginate(**asked))
        first = self._page(service, pages)
        return None if first is None else self._lines(service, first, pages)

    def _lines(self, service: str, page: dict[str, Any] | None, pages: Iterator[dict[str, Any]]) -> Iterator[Line]:
        while page:
            for event in page.get("events", ()):
                yield Line(service, event["logStreamName"], event["timestamp"], event["eventId"], event["message"])
            page = self._page(service, pages)

    def _page(self, service: str, pages: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
        """The next page, empty after the last one; None when there is no log group."""
        with aws.errors(f"logs of service `{service}`"):
            try:
                return unless_missing(("ResourceNotFoundException",), lambda: next(pages, {}))
            except self.client.exceptions.InvalidParameterException as error:
                if self.pattern is None:
                    raise
                raise click.BadParameter(_refused(self.pattern, error), param_hint="--filter") from error


def follow(
    logs: Logs,
    since: float,
    on_missing: Callable[[list[str]], None],
    *,
    limit: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> Iterator[Line]:
    """The lines written after `since`, each once, and then those that come; it ends when it is interrupted.

    Arguments:
        on_missing: told once about each service without a log group; it may get one later.
        limit: how many of the lines that are there already are told.
    """
    told: set[str] = set()
    seen: dict[str, int] = {}
    pause = FIRST_PAUSE

    def tell_once(services: list[str]) -> None:
        fresh = [service for service in services if service not in told]
        told.update(fresh)
        if fresh:
            on_missing(fresh)

    def unseen() -> Iterator[Line]:
        for line in logs.read(since, tell_once):
            if line.id not in seen:
                seen[line.id] = line.at
                yield line

    while True:
        before = len(seen)
        yield from newest(unseen(), limit)
        limit = None
        pause = FIRST_PAUSE if len(seen) > before else min(pause * 1.5, LONGEST_PAUSE)
        latest = max(max(seen.values(), default=0) / 1000, clock() - CLOCK_ERROR_SECONDS)
        since = max(since, latest - LATE_SECONDS)
        seen = {event: at for event, at in seen.items() if at >= int(since * 1000)}
        sleep(pause)


def newest(lines: Iterable[Line], limit: int | None) -> Iterable[Line]:
    """The last `limit` lines; all of them as they come when it is None."""
    return lines if limit is None else deque(lines, maxlen=limit)


def logs_of(live: Live, pattern: str | None) -> Logs:
    """The logs of the chosen services of an environment. Raises AwsError."""
    with aws.errors(f"logs of {live.names.stack}"):
        return Logs(live.client("logs"), {name: live.names.log_group(name) for name in live.services}, pattern)


def no_log_group(live: Live, services: Sequence[str]) -> str:
    """What to say about services that have no log group."""
    who = f"service `{services[0]}`" if len(services) == 1 else f"services {', '.join(services)}"
    groups = ", ".join(map(live.names.log_group, services))
    return (
        f"{who}: no log is there; got no log group {groups} in {live.project.region} of account {live.account_id}; "
        f"{live.how_to_deploy}"
    )


def layout(line: Line, *, timestamps: bool, source: Callable[[Line], str] | None, terminal: bool) -> Iterator[str]:
    """What is printed of a log event, a line for each that it holds.

    Arguments:
        timestamps: begin with the time in UTC, to the millisecond.
        source: what tells where it comes from; None to leave that out.
        terminal: leave out what would reach further than its own line: escape sequences, control characters.
    """
    head = f"{datetime.fromtimestamp(line.at / 1000, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z " if timestamps else ""
    if source is not None:
        head += f"{source(line)} | "
    for text in line.message.rstrip("\n").split("\n"):
        yield head + (plain(text) if terminal else text)


def _refused(pattern: str, error: Exception) -> str:
    return (
        f"CloudWatch Logs does not take this filter pattern; got {pattern} ({error}); write words, or a phrase in "
        "double quotes"
    )
