"""The schedules of jobs, in EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operations.health.environment import Environment, none_if_missing
from stacks.errors import AwsError

_NOT_FOUND = ("ResourceNotFoundException",)


def schedule_of(environment: Environment, scheduler: Any, name: str) -> dict[str, Any] | None:
    """The schedule of a job, as GetSchedule returns it; None when it does not exist. Raises botocore's ClientError."""
    schedule = environment.names.schedule(name)
    return none_if_missing(_NOT_FOUND, lambda: dict(scheduler.get_schedule(Name=schedule)))


def require_schedule(environment: Environment, scheduler: Any, name: str) -> dict[str, Any]:
    """The schedule of a job. Raises AwsError when it does not exist, botocore's ClientError."""
    found = schedule_of(environment, scheduler, name)
    if found is None:
        raise AwsError.of(
            f"service `{name}`",
            f"the schedule {environment.names.schedule(name)} does not exist in {environment.location}",
            fix=f"deploy it: {environment.deploy_command}",
        )
    return found


def update_schedule(scheduler: Any, schedule: Mapping[str, Any], **changes: Any) -> None:
    """Change a schedule that GetSchedule returned.

    "UpdateSchedule uses all values, including empty values, specified in the request and overrides the existing
    schedule", so the request repeats the rest:
    https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html.
    """
    known = scheduler.meta.service_model.operation_model("UpdateSchedule").input_shape.members
    scheduler.update_schedule(**{key: value for key, value in schedule.items() if key in known} | changes)


def task_definition_of(schedule: Mapping[str, Any]) -> str:
    """The ARN that a schedule runs, with or without a revision."""
    return str(schedule.get("Target", {}).get("EcsParameters", {}).get("TaskDefinitionArn", ""))


def target_with(schedule: Mapping[str, Any], task_definition: str) -> dict[str, Any]:
    """The target of a schedule with another task definition."""
    target: dict[str, Any] = schedule["Target"]
    return {**target, "EcsParameters": {**target["EcsParameters"], "TaskDefinitionArn": task_definition}}
