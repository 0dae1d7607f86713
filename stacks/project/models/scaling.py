"""Models of a service's capacity: scaling bounds and targets, and the mix of on-demand and Spot."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.project.models.base import Model, Percent, Schedule, Seconds


class ScheduledCount(Model):
    """A scheduled change of the scaling bounds."""

    cron: Schedule
    """The schedule: a six-field `cron(...)`, a `rate(...)` or an `at(...)`, or a shorthand such as `@daily`."""
    timezone: str = "UTC"
    """The IANA time zone of `cron`."""
    min: Annotated[int, Field(ge=0)]
    """The minimum number of tasks from then on."""
    max: Annotated[int, Field(ge=0)]
    """The maximum number of tasks from then on."""


class Scaling(Model):
    """Application Auto Scaling between `min` and `max` tasks."""

    min: Annotated[int, Field(ge=0)] = 1
    """The minimum number of tasks."""
    max: Annotated[int, Field(ge=1)]
    """The maximum number of tasks."""
    cpu_percent: Percent | None = None
    """Target for the average CPU utilization of the service, in percent."""
    memory_percent: Percent | None = None
    """Target for the average memory utilization of the service, in percent."""
    requests_per_target: Annotated[int, Field(ge=1)] | None = None
    """Target for the requests per minute and task; web services only."""
    queue_messages_per_task: Annotated[int, Field(ge=1)] | None = None
    """Target for the visible messages per running task; workers with a queue only."""
    scale_in_cooldown: Annotated[Seconds, Field(ge=0)] = 300
    """Seconds after a scale-in before the next one."""
    scale_out_cooldown: Annotated[Seconds, Field(ge=0)] = 60
    """Seconds after a scale-out before the next one."""
    schedules: tuple[ScheduledCount, ...] = ()
    """Scheduled changes of the bounds; `min` and `max` then apply only until the first one, and later deployments do
    not reset them."""


class CapacityMix(Model):
    """A mix of on-demand and Spot capacity."""

    on_demand_base: Annotated[int, Field(ge=0, le=100_000)] = 0
    """The number of tasks on FARGATE before the weights apply."""
    on_demand_weight: Annotated[int, Field(ge=0, le=1000)] = 0
    """The weight of FARGATE for the other tasks."""
    spot_weight: Annotated[int, Field(ge=0, le=1000)] = 0
    """The weight of FARGATE_SPOT for the other tasks."""
