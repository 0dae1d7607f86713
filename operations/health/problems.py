"""What is wrong with a service, from what AWS reports about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from operations.health.services import CRASH_LIMIT, FAILED_TASK_LIMIT, EcsService, because
from operations.text import counted

if TYPE_CHECKING:
    from operations.health.model import Job, LoadBalancerTarget, ServiceHealth

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html, all but `healthy`, and
# `initial` and `draining`, which pass by themselves.
_BAD_TARGETS = ("unhealthy", "unhealthy.draining", "unavailable", "unused")


def problems_of(service: ServiceHealth) -> Iterator[str]:
    """What is wrong with a service, a sentence each; nothing when it is healthy."""
    for part in service.missing:
        yield f"{part} does not exist"
    if service.ecs:
        yield from _ecs_problems(service.ecs, service.crashes)
    if service.unhealthy_tasks:
        yield f"{counted(service.unhealthy_tasks, 'task')} failing a container's health check"
    if service.targets is not None:
        yield from _target_problems(service.targets, expected=service.ecs is not None and service.ecs.desired > 0)
    if service.job:
        yield from _job_problems(service.job, is_stopped=service.is_stopped)
    if service.dead_letters:
        yield f"{counted(service.dead_letters, 'message')} in the dead-letter queue"
    for alarm in service.alarms:
        if alarm.state == "ALARM":
            yield f"alarm {alarm.name} is in state ALARM{because(alarm.reason)}"


def _ecs_problems(service: EcsService, crashes: int) -> Iterator[str]:
    if service.status != "ACTIVE":
        deleted = ": it is being deleted" if service.status == "DRAINING" else ""
        yield f"the ECS service is {service.status}{deleted}"
    if service.running < service.desired:
        pending = f", {service.pending} pending" if service.pending else ""
        yield f"{service.running} of {service.desired} tasks running{pending}"
    if crashes >= CRASH_LIMIT:
        yield f"its tasks keep stopping: {crashes} tasks of this deployment crashed in the last hour"
    for deployment in filter(None, (service.primary, service.rolled_back)):
        if deployment.state == "FAILED":
            yield deployment.failure
        elif deployment.failed_tasks >= FAILED_TASK_LIMIT:
            yield f"{deployment.failed_tasks} tasks of {deployment.revision} failed to start"
    if (
        service.primary
        and service.primary.rolls_back
        and service.primary.state == "IN_PROGRESS"
        and not service.rolled_back
    ):
        yield f"ECS is rolling back to {service.primary.revision}{because(service.primary.reason)}"


def _target_problems(targets: tuple[LoadBalancerTarget, ...], *, expected: bool) -> Iterator[str]:
    bad = [target for target in targets if target.state in _BAD_TARGETS]
    for target in bad:
        yield f"target {target.address} is {target.state}" + (f": {target.reason}" if target.reason else "")
    if expected and not bad and not any(target.state == "healthy" for target in targets):
        yield "the target group has no healthy target"


def _job_problems(job: Job, *, is_stopped: bool) -> Iterator[str]:
    if not job.enabled and not is_stopped:
        yield "the schedule is disabled"
    if job.last_run and job.last_run.state == "failed":
        yield f"the last run failed: {job.last_run.reason}"
