"""The logs of services, from CloudWatch Logs: read in order, or followed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from operations import aws
from operations.health.environment import Environment
from operations.health.follow import follow
from operations.health.log_events import NOT_FOUND, LogEvent, LogGroups, stream_prefixes
from stacks.errors import AwsError, Position, Problem


def read_logs(
    environment: Environment,
    since: float,
    *,
    until: float | None = None,
    container: str | None = None,
    task: str | None = None,
    pattern: str | None = None,
    limit: int | None = None,
    keep_following: bool = False,
    on_missing: Callable[[Problem], None] = lambda problem: None,
    on_trouble: Callable[[Problem], None] = lambda problem: None,
) -> Iterable[LogEvent]:
    """The log events of the selected services of an environment, in order of time.

    Arguments:
        since: The time of the first event, in seconds since 1970.
        until: The time of the last event, in seconds since 1970; everything by default. Not for following.
        container: Return only events of this container: the service's own name, or a sidecar's.
        task: Return only events of tasks whose ID begins with this; an ARN is accepted too.
        pattern: A filter pattern of CloudWatch Logs; every event by default.
        limit: Return only the last events, this many; all by default. When following, only of those already written.
        keep_following: Continue with new events until the iteration is interrupted.
        on_missing: Called with a problem when some of the services have no log group.
        on_trouble: Called with a warning when AWS stops answering while following.

    Raises UsageError when none of the services has the container. Raises AwsError when none of the services has a log
    group or AWS refuses a request, UsageError when CloudWatch Logs rejects the pattern; both during the iteration.
    Following continues after errors that may be temporary.
    """
    with aws.errors(f"logs of {environment.names.stack}"):
        client = environment.client("logs")
    task = None if task is None else task.rpartition("/")[2]
    streams = stream_prefixes(environment.services, container, task)
    groups = {name: environment.names.log_group(name) for name in streams}
    logs = LogGroups(client, groups, pattern, streams, container, task, until)

    def missing(services: list[str]) -> None:
        problem = missing_log_groups(environment, services)
        if len(services) == len(logs.groups):
            raise AwsError(problem)
        on_missing(problem)

    if keep_following:
        return follow(logs, since, missing, limit=limit, on_trouble=on_trouble)
    return last(logs.read(since, missing), limit)


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
        code=NOT_FOUND,
    )
