"""The schedule of a job and its last run, from EventBridge Scheduler, ECS and CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from operations.health.environment import none_if_missing
from operations.health.model import Job, Run
from operations.health.services import revision_of
from operations.health.stopped_tasks import describe_tasks, stopped_task
from stacks.project.schedules import next_run

if TYPE_CHECKING:
    from stacks.naming import Names

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_NOT_FOUND = ("ResourceNotFoundException",)


def job_of(clients: Mapping[str, Any], names: Names, name: str) -> Job | None:
    """The schedule of a job and its last run; None when the schedule does not exist.

    Arguments:
        clients: boto3 clients for `scheduler`, `ecs` and `logs`.
        names: The AWS names of the environment.
        name: The job's name in the project file.

    Raises botocore.exceptions.ClientError when AWS refuses a request.
    """
    found = none_if_missing(_NOT_FOUND, lambda: clients["scheduler"].get_schedule(Name=names.schedule(name)))
    if found is None:
        return None
    expression, timezone = found["ScheduleExpression"], found.get("ScheduleExpressionTimezone", "UTC")
    enabled = found.get("State", "ENABLED") == "ENABLED"
    coming = next_run(expression, timezone, datetime.now(UTC)) if enabled else None
    last = _last_task(clients["ecs"], names, name) or _last_log_stream(clients["logs"], names.log_group(name))
    return Job(expression, timezone, enabled, coming, last, follows_family(found), revision_of(_definition(found)))


def follows_family(schedule: Mapping[str, Any]) -> bool:
    """Whether a schedule names a task definition without its revision, `arn:...:task-definition/FAMILY`."""
    arn = _definition(schedule)
    return ":task-definition/" in arn and ":" not in arn.rpartition("/")[2]


def _definition(schedule: Mapping[str, Any]) -> str:
    """The ARN of the task definition that a schedule runs; empty if it names none."""
    return str(schedule.get("Target", {}).get("EcsParameters", {}).get("TaskDefinitionArn", ""))


def _last_task(ecs: Any, names: Names, name: str) -> Run | None:
    """The latest run whose task ECS still lists: tasks that run, and tasks that stopped in the last hour."""
    family = names.task_definition(name)
    stopped = describe_tasks(ecs, names.cluster, "STOPPED", family=family)
    running = describe_tasks(ecs, names.cluster, "RUNNING", family=family)
    runs = [
        *(_running(task) for task in running),
        *(_running(task) if _is_stopping(task) else _ended(task, name) for task in stopped),
    ]
    return max(runs, key=lambda run: run.started_at or run.stopped_at or _EARLIEST, default=None)


def _is_stopping(task: dict[str, Any]) -> bool:
    """Whether a task that should stop still has a container without an exit code: how it ends is not known yet."""
    containers = task.get("containers", [])
    ended = task.get("lastStatus", "STOPPED") in ("DEPROVISIONING", "STOPPED", "DELETED")
    return not ended and any("exitCode" not in container for container in containers)


def _running(task: dict[str, Any]) -> Run:
    return Run("running", _id(task["taskArn"]), task.get("startedAt") or task.get("createdAt"), None, "")


def _ended(task: dict[str, Any], name: str) -> Run:
    """A run succeeded when the job's own container exited with 0; with a user's template, when all containers did."""
    containers = task.get("containers", [])
    own = [container for container in containers if container["name"] == name] or containers
    succeeded = bool(own) and all(container.get("exitCode") == 0 for container in own)
    stopped = stopped_task(task)
    return Run(
        "succeeded" if succeeded else "failed",
        stopped.id,
        task.get("startedAt") or task.get("createdAt"),
        stopped.stopped_at,
        stopped.cause,
    )


def _last_log_stream(logs: Any, group: str) -> Run | None:
    """The latest stream of the log group, `ecs/<container>/<task>`; it outlives the task."""
    answer = none_if_missing(
        _NOT_FOUND,
        lambda: list(  # a page can be empty although more follow
            logs.get_paginator("describe_log_streams").paginate(
                logGroupName=group,
                orderBy="LastEventTime",
                descending=True,
                PaginationConfig={"PageSize": 1, "MaxItems": 1},
            )
        ),
    )
    streams = [stream for page in answer or () for stream in page["logStreams"]]
    if not streams:
        return None
    stream = streams[0]
    first, last = (_time(stream.get(key)) for key in ("firstEventTimestamp", "lastEventTimestamp"))
    reason = "ECS no longer lists the task; the times are those of its log stream"
    return Run("unknown", _id(stream["logStreamName"]), first, last, reason)


def _time(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _id(name: str) -> str:
    return name.rpartition("/")[2]
