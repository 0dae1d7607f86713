"""Log events of CloudWatch Logs, read in order of time.

A service has one log group for all its tasks. "The returned log events are sorted by event timestamp, the timestamp
when the event was ingested by CloudWatch Logs, and the ID of the PutLogEvents request":
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.health.environment import none_if_missing
from stacks.errors import UsageError
from stacks.naming import LOG_ROUTER
from stacks.project.suggest import did_you_mean

if TYPE_CHECKING:
    from stacks.project.models import Service

TASK_ID_SHOWN = 8
STREAM_PREFIX = "ecs"
"""`awslogs-stream-prefix` in the task definitions (`stacks/constructs/containers.py`)."""
NOT_FOUND = "ResourceNotFoundException"
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
    def container(self) -> str:
        """The container that wrote it; empty for a stream of another form."""
        return self.stream.partition("/")[2].rpartition("/")[0]

    @property
    def task(self) -> str:
        """The ID of the task that wrote it; the stream for one of another form."""
        return self.stream.partition("/")[2].rpartition("/")[2] or self.stream

    @property
    def source(self) -> str:
        """`web/1a2b3c4d`: the service and the task, with the container between them for a sidecar."""
        sidecar = [self.container] if self.container not in ("", self.service) else []
        return "/".join([self.service, *sidecar, self.task[:TASK_ID_SHOWN]])


@dataclass(frozen=True)
class LogGroups:
    """The log groups of some services.

    Attributes:
        client: A boto3 client for CloudWatch Logs.
        groups: The name of the log group, by service.
        pattern: A filter pattern of CloudWatch Logs; None for every event.
        streams: The prefixes of the log streams to read, by service; all streams by default.
        container: Return only events of this container; None for all.
        task: Return only events of tasks whose ID begins with this; None for all.
        until: The time of the last event, in seconds since 1970; None for all.
    """

    client: Any
    groups: Mapping[str, str]
    pattern: str | None = None
    streams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    container: str | None = None
    task: str | None = None
    until: float | None = None

    def read(self, since: float, on_missing: OnMissing) -> Iterator[LogEvent]:
        """The events since a time, in seconds since 1970, in order of time.

        `on_missing` is called with the services whose log group does not exist, if there are any. Raises UsageError
        when CloudWatch Logs rejects the filter pattern, AwsError when it refuses a request.
        """
        opened = {
            (service, prefix): self._open(service, prefix, since)
            for service in self.groups
            for prefix in self.streams.get(service, ("",))
        }
        missing = list(dict.fromkeys(service for (service, _), events in opened.items() if events is None))
        if missing:
            on_missing(missing)
        events = heapq.merge(*filter(None, opened.values()), key=lambda event: event.timestamp)
        yield from filter(self._is_wanted, events)

    def _is_wanted(self, event: LogEvent) -> bool:
        return self.container in (None, event.container) and event.task.startswith(self.task or "")

    def _open(self, service: str, prefix: str, since: float) -> Iterator[LogEvent] | None:
        """The events of a service in streams with this prefix; None when its log group does not exist."""
        request: dict[str, Any] = {"logGroupName": self.groups[service], "startTime": max(0, int(since * 1000))}
        if self.until is not None:
            request["endTime"] = max(0, int(self.until * 1000))
        if prefix:
            request["logStreamNamePrefix"] = prefix
        if self.pattern is not None:
            request["filterPattern"] = self.pattern
        pages = iter(self.client.get_paginator("filter_log_events").paginate(**request))
        first = self._page(service, pages)
        if first is None:
            return None
        # Not every endpoint takes the prefix into account, and an event of two requests would be returned twice.
        return (event for event in self._events(service, first, pages) if event.stream.startswith(prefix))

    def _events(self, service: str, page: dict[str, Any] | None, pages: Iterator[dict[str, Any]]) -> Iterator[LogEvent]:
        while page:
            for event in page.get("events", ()):
                yield LogEvent(service, event["logStreamName"], event["timestamp"], event["eventId"], event["message"])
            page = self._page(service, pages)

    def _page(self, service: str, pages: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
        """The next page, empty after the last one; None when the log group does not exist."""
        with aws.errors(f"logs of service `{service}`"):
            try:
                return none_if_missing((NOT_FOUND,), lambda: next(pages, {}))
            except self.client.exceptions.InvalidParameterException as error:
                if self.pattern is None:
                    raise
                raise _rejected(self.pattern, error.response["Error"]["Message"]) from error


def stream_prefixes(
    services: Mapping[str, Service], container: str | None, task: str | None
) -> dict[str, tuple[str, ...]]:
    """The prefixes of the log streams of a container and a task, by service that has the container.

    A service with its own task definition template may have other containers and streams: all its streams are read.
    Raises UsageError when none of the services has the container.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, service in services.items():
        own = _containers(name, service)
        if service.task_definition_template or (container is None and task is None):
            found[name] = ("",)
        elif container is None:
            found[name] = tuple(f"{STREAM_PREFIX}/{each}/{task}" for each in own)
        elif container in own:
            found[name] = (f"{STREAM_PREFIX}/{container}/{task or ''}",)
    if not found and container is not None:
        known = [each for name, service in services.items() for each in _containers(name, service)]
        fix = did_you_mean(container, known, "the containers are")
        raise UsageError.of("--container", "unknown container", got=container, fix=fix)
    return found


def _containers(name: str, service: Service) -> tuple[str, ...]:
    """The containers of a service's tasks, with the log router that ecsforge adds."""
    return name, *service.sidecars, *((LOG_ROUTER,) if service.logs.adds_router else ())


def _rejected(pattern: str, reason: str) -> UsageError:
    return UsageError.of(
        "--filter",
        "CloudWatch Logs rejects the filter pattern",
        got=f"{pattern} ({reason})",
        fix="use words, or a phrase in double quotes",
        code=_INVALID,
    )
