"""A job as EventBridge Scheduler, ECS and its log tell it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from operations.health.environment import unless_missing
from operations.health.model import Job, Run
from operations.health.stopped_tasks import described_tasks, stopped_task
from stacks.project.schedules import next_run

if TYPE_CHECKING:
    from stacks.naming import Names

_NEVER = datetime.min.replace(tzinfo=UTC)


def job_of(clients: Mapping[str, Any], names: Names, name: str) -> Job | None:
    """The schedule of a job and its last run; None when AWS has no such schedule.

    Raises botocore's ClientError for what AWS refuses.
    """
    found = unless_missing(
        ("ResourceNotFoundException",), lambda: clients["scheduler"].get_schedule(Name=names.schedule(name))
    )
    if found is None:
        return None
    expression, zone = found["ScheduleExpression"], found.get("ScheduleExpressionTimezone", "UTC")
    enabled = found.get("State", "ENABLED") == "ENABLED"
    coming = next_run(expression, zone, datetime.now(UTC)) if enabled else None
    last = _last_task(clients["ecs"], names, name) or _last_in_log(clients["logs"], names.log_group(name))
    return Job(expression, zone, enabled, coming, last)


def _last_task(ecs: Any, names: Names, name: str) -> Run | None:
    """The newest run among the tasks that ECS still knows: those that run, and those that stopped in the last hour."""
    family = names.task_definition(name)
    stopped = described_tasks(ecs, names.cluster, "STOPPED", family=family)
    running = described_tasks(ecs, names.cluster, "RUNNING", family=family)
    runs = [*(_running(task) for task in running), *(_ended(task, name) for task in stopped)]
    return max(runs, key=lambda run: run.started_at or run.stopped_at or _NEVER, default=None)


def _running(task: dict[str, Any]) -> Run:
    return Run("running", _id(task["taskArn"]), task.get("startedAt") or task.get("createdAt"), None, "")


def _ended(task: dict[str, Any], name: str) -> Run:
    """A run has succeeded when the job's own container, or in a template of the user's every one, ended with 0."""
    containers = task.get("containers", [])
    own = [container for container in containers if container["name"] == name] or containers
    succeeded = bool(own) and all(container.get("exitCode") == 0 for container in own)
    return Run(
        "succeeded" if succeeded else "failed",
        _id(task["taskArn"]),
        task.get("startedAt") or task.get("createdAt"),
        task.get("stoppedAt") or task.get("stoppingAt"),
        str(stopped_task(task)),
    )


def _last_in_log(logs: Any, group: str) -> Run | None:
    """The newest stream of the log group, which ECS names `ecs/<container>/<task>`; it outlives the task."""
    answer = unless_missing(
        ("ResourceNotFoundException",),
        lambda: logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=1),
    )
    streams = answer["logStreams"] if answer else []
    if not streams:
        return None
    stream = streams[0]
    first, last = (_moment(stream.get(key)) for key in ("firstEventTimestamp", "lastEventTimestamp"))
    return Run("unknown", _id(stream["logStreamName"]), first, last, "ECS keeps a task for an hour; its log stays")


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _id(name: str) -> str:
    return name.rpartition("/")[2]
