"""The logs of services, from CloudWatch Logs: read in order, or followed.

A service has one log group for all its tasks; FilterLogEvents returns its events in order of time. See
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from operations import aws
from operations.health.environment import Environment, none_if_missing
from stacks.errors import AwsError, Position, Problem, UsageError

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 5.0
"""Seconds between two polls: FilterLogEvents allows an account 10 requests a second in most regions."""
LATE_SECONDS = 60.0
"""How much later than newer events an event may arrive and still be returned: tasks send theirs independently."""
PATIENCE_SECONDS = 30.0
"""How long to try again with credentials that have expired: they may be renewed."""
CLOCK_ERROR_SECONDS = 600.0
"""How far ahead the clock of this machine may be. After a longer silence, `follow` does not read all of it again."""
TASK_ID_SHOWN = 8
_NOT_FOUND = "ResourceNotFoundException"
_INVALID = "InvalidParameterException"

OnMissing = Callable[[list[str]], None]


@dataclass(frozen=True)
class LogEvent:
    """A log event.

    Attributes:
        service: The service that wrote it.
        stream: The log stream: `ecs/<container>/<task>`.
        timestamp: When it was written, in milliseconds since 1970.
        id: The event ID of CloudWatch Logs.
        message: The text; may have several lines.
    """

    service: str
    stream: str
    timestamp: int
    id: str
    message: str

    @property
    def source(self) -> str:
        """`web/1a2b3c4d`: the service and the task, with the container between them for a sidecar."""
        _, _, rest = self.stream.partition("/")
        container, _, task = rest.rpartition("/")
        sidecar = [container] if container and container != self.service else []
        return "/".join([self.service, *sidecar, (task or self.stream)[:TASK_ID_SHOWN]])


@dataclass(frozen=True)
class LogGroups:
    """The log groups of some services.

    Attributes:
        client: A boto3 client for CloudWatch Logs.
        groups: The name of the log group, by service.
        pattern: A filter pattern of CloudWatch Logs; None for every event.
    """

    client: Any
    groups: Mapping[str, str]
    pattern: str | None = None

    def read(self, since: float, on_missing: OnMissing) -> Iterator[LogEvent]:
        """The events since a time, in seconds since 1970, in order of time.

        `on_missing` is called with the services whose log group does not exist, if there are any. Raises UsageError
        when CloudWatch Logs rejects the filter pattern, AwsError when it refuses a request.
        """
        opened = {service: self._open(service, since) for service in self.groups}
        missing = [service for service, events in opened.items() if events is None]
        if missing:
            on_missing(missing)
        yield from heapq.merge(*filter(None, opened.values()), key=lambda event: event.timestamp)

    def _open(self, service: str, since: float) -> Iterator[LogEvent] | None:
        """The events of a service; None when its log group does not exist."""
        request: dict[str, Any] = {"logGroupName": self.groups[service], "startTime": max(0, int(since * 1000))}
        if self.pattern is not None:
            request["filterPattern"] = self.pattern
        pages = iter(self.client.get_paginator("filter_log_events").paginate(**request))
        first = self._page(service, pages)
        return None if first is None else self._events(service, first, pages)

    def _events(self, service: str, page: dict[str, Any] | None, pages: Iterator[dict[str, Any]]) -> Iterator[LogEvent]:
        while page:
            for event in page.get("events", ()):
                yield LogEvent(service, event["logStreamName"], event["timestamp"], event["eventId"], event["message"])
            page = self._page(service, pages)

    def _page(self, service: str, pages: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
        """The next page, empty after the last one; None when the log group does not exist."""
        with aws.errors(f"logs of service `{service}`"):
            try:
                return none_if_missing((_NOT_FOUND,), lambda: next(pages, {}))
            except self.client.exceptions.InvalidParameterException as error:
                if self.pattern is None:
                    raise
                raise _rejected(self.pattern, error.response["Error"]["Message"]) from error


def read_logs(
    environment: Environment,
    since: float,
    *,
    pattern: str | None = None,
    limit: int | None = None,
    keep_following: bool = False,
    on_missing: Callable[[Problem], None] = lambda problem: None,
    on_trouble: Callable[[Problem], None] = lambda problem: None,
) -> Iterable[LogEvent]:
    """The log events of the selected services of an environment, in order of time.

    Arguments:
        since: The time of the first event, in seconds since 1970.
        pattern: A filter pattern of CloudWatch Logs; every event by default.
        limit: Return only the last events, this many; all by default. When following, only of those already written.
        keep_following: Continue with new events until the iteration is interrupted.
        on_missing: Called with a problem when some of the services have no log group.
        on_trouble: Called with a warning when AWS stops answering while following.

    Raises AwsError when none of the services has a log group or AWS refuses a request, UsageError when CloudWatch Logs
    rejects the pattern; both during the iteration. Following continues after errors that may be temporary.
    """
    with aws.errors(f"logs of {environment.names.stack}"):
        client = environment.client("logs")
    logs = LogGroups(client, {name: environment.names.log_group(name) for name in environment.services}, pattern)

    def missing(services: list[str]) -> None:
        problem = missing_log_groups(environment, services)
        if len(services) == len(logs.groups):
            raise AwsError(problem)
        on_missing(problem)

    if keep_following:
        return follow(logs, since, missing, limit=limit, on_trouble=on_trouble)
    return last(logs.read(since, missing), limit)


def follow(
    logs: LogGroups,
    since: float,
    on_missing: OnMissing,
    *,
    limit: int | None = None,
    on_trouble: Callable[[Problem], None] = lambda problem: None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> Iterator[LogEvent]:
    """The events since a time, in seconds since 1970, and then new ones, each once, until interrupted.

    Arguments:
        on_missing: Called once for each service without a log group; the group may be created later.
        limit: Return only the last of the events that are already written, this many; all by default.
        on_trouble: Called with a warning at the beginning of a stretch in which AWS does not answer.
        sleep: Pauses for a number of seconds.
        clock: The current time in seconds since 1970.

    Raises the same errors as `LogGroups.read`, but only those that can't be temporary: an error that may go away is
    retried, and the events of that time are read afterwards.
    """
    unseen = _Unseen(logs, since, on_missing)
    pause, failing_since = FIRST_PAUSE, None
    while True:
        before = unseen.count
        try:
            yield from unseen.read(limit)
        except AwsError as error:
            now = clock()
            if not _may_pass(error, now - (failing_since or now)):
                raise
            if failing_since is None:
                on_trouble(_still_following(error))
            failing_since = failing_since or now
            pause = LONGEST_PAUSE
        else:
            limit, failing_since = None, None
            pause = FIRST_PAUSE if unseen.count > before else min(pause * 1.5, LONGEST_PAUSE)
            unseen.advance(clock())
        sleep(pause)


def _may_pass(error: AwsError, failing: float) -> bool:
    """Whether an error may go away, after it has lasted for this many seconds."""
    trouble = aws.trouble(error)
    return trouble == "temporary" or (trouble == "expired" and failing < PATIENCE_SECONDS)


def _still_following(error: AwsError) -> Problem:
    (problem, *_) = error.problems
    fix = problem.fix if aws.trouble(error) == "expired" else ""
    return replace(problem, what=f"{problem.what}; ecsforge tries again", fix=fix, severity="warning")


class _Unseen:
    """Reads the same log groups again and again, and returns each event once."""

    def __init__(self, logs: LogGroups, since: float, on_missing: OnMissing) -> None:
        self._logs, self._since, self._on_missing = logs, since, on_missing
        self._reported: set[str] = set()
        self._seen: dict[str, int] = {}

    @property
    def count(self) -> int:
        """How many of the events that were returned could be read again."""
        return len(self._seen)

    def read(self, limit: int | None = None) -> Iterator[LogEvent]:
        """The events that were not returned yet, or the last of them; with an error, the rest comes with the next read.

        With a limit nothing is returned before everything was read: else an error would lose what was read until then.
        """
        events = (event for event in self._logs.read(self._since, self._report_once) if event.id not in self._seen)
        if limit is None:
            for event in events:
                self._seen[event.id] = event.timestamp
                yield event
            return
        kept: deque[LogEvent] = deque(maxlen=limit)
        seen: dict[str, int] = {}
        for event in events:
            seen[event.id] = event.timestamp
            kept.append(event)
        self._seen |= seen
        yield from kept

    def advance(self, now: float) -> None:
        """Skip what can't have new events from now on."""
        latest = max(max(self._seen.values(), default=0) / 1000, now - CLOCK_ERROR_SECONDS)
        self._since = max(self._since, latest - LATE_SECONDS)
        self._seen = {event: at for event, at in self._seen.items() if at >= int(self._since * 1000)}

    def _report_once(self, services: list[str]) -> None:
        new = [service for service in services if service not in self._reported]
        self._reported.update(new)
        if new:
            self._on_missing(new)


def last(events: Iterable[LogEvent], limit: int | None) -> Iterable[LogEvent]:
    """The last `limit` events; with None all of them, as they are read."""
    return events if limit is None else deque(events, maxlen=limit)


def missing_log_groups(environment: Environment, services: Sequence[str]) -> Problem:
    """The problem that these services have no log group."""
    names = ", ".join(map(environment.names.log_group, services))
    one = len(services) == 1
    what = f"log group {names} does not exist" if one else f"log groups {names} do not exist"
    return Problem(
        Position(f"service `{services[0]}`" if one else f"services {', '.join(services)}"),
        f"{what} in {environment.location}",
        fix=f"deploy the environment first: {environment.deploy_command}",
        code=_NOT_FOUND,
    )


def _rejected(pattern: str, reason: str) -> UsageError:
    return UsageError.of(
        "--filter",
        "CloudWatch Logs rejects the filter pattern",
        got=f"{pattern} ({reason})",
        fix="use words, or a phrase in double quotes",
        code=_INVALID,
    )
