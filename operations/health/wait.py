"""Wait until services reach a steady state after a deploy, and report why one does not.

Terraform finishes when ECS has accepted a change of a service. ECS then starts the tasks and checks their health, which
takes minutes: it reports a deployment as COMPLETED or FAILED (`rolloutState`), and with the circuit breaker it rolls
back to the previous task definition. See
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from operations.health.services import (
    CRASH_LIMIT,
    FAILED_TASK_LIMIT,
    Deployment,
    EcsService,
    because,
    describe_services,
    revision_of,
)
from operations.health.stopped_tasks import StoppedTask, crashes_of, stopped_tasks
from operations.text import spoken
from stacks.errors import Position, Problem

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 10.0
"""Seconds between two calls of DescribeServices."""
EVENTS_SHOWN = 5
CAUSES_SHOWN = 4
CRASH_WATCH_SECONDS = 60.0
"""How long to watch a completed deployment in which a task crashed: it may crash again."""

Outcome = Literal["in_progress", "steady_state", "failed"]


@dataclass(frozen=True)
class ExpectedService:
    """A service to wait for, and what it should run.

    Attributes:
        service: Its name in the project file.
        name: Its name in ECS.
        task_definition: What it should run: an ARN, or a family for its latest revision; None for any, because a CI
            pipeline deploys it.
        logs_command: The command that shows its logs.
    """

    service: str
    name: str
    task_definition: str | None
    logs_command: str


@dataclass(frozen=True)
class ServiceState:
    """The state of a service at one moment. Its text is a line of progress.

    Attributes:
        service: Its name in the project file.
        outcome: Whether it has reached a steady state, or failed to.
        running: How many tasks run.
        desired: How many tasks should run.
        reason: Why it failed; empty otherwise.
        task_definition: The ARN of the task definition that it should run; empty while it is not known.
        events: ECS's events of this deployment, oldest first.
        stopped: The last task that crashed while ECS continues the deployment.
    """

    service: str
    outcome: Outcome
    running: int
    desired: int
    reason: str = ""
    task_definition: str = ""
    events: tuple[str, ...] = ()
    stopped: StoppedTask | None = None

    def __str__(self) -> str:
        text = f"service `{self.service}`: {self.running} of {self.desired} tasks running"
        text += f"; a task stopped: {self.stopped.cause}" if self.stopped else ""
        return f"{text}; steady state" if self.outcome == "steady_state" else text


def wait_for_steady_state(
    ecs: Any,
    cluster: str,
    services: Sequence[ExpectedService],
    *,
    timeout: float,
    on_state: Callable[[ServiceState], None] = lambda state: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Problem, ...]:
    """Wait until each service reaches a steady state or fails to; return a problem for each that failed.

    Arguments:
        ecs: A boto3 client for ECS.
        cluster: The name of the cluster.
        services: The services to wait for.
        timeout: The seconds after which a deployment in progress counts as failed.
        on_state: Called when the state of a service has changed.
        clock: The current time in seconds.
        sleep: Pauses for a number of seconds.

    Raises botocore.exceptions.ClientError when AWS refuses a request.
    """
    watches = [_Watch(ecs, cluster, expected, clock) for expected in services]
    waiting = watches
    deadline, pause = clock() + timeout, FIRST_PAUSE
    while True:
        found = describe_services(ecs, cluster, [watch.expected.name for watch in waiting])
        for watch in waiting:
            if watch.update(found.get(watch.expected.name)):
                on_state(watch.state)
        waiting = [watch for watch in waiting if watch.state.outcome == "in_progress"]
        if not waiting or clock() >= deadline:
            break
        sleep(min(pause, max(deadline - clock(), 0.0)))
        pause = min(pause * 1.5, LONGEST_PAUSE)
    return tuple(watch.problem(timeout) for watch in watches if watch.state.outcome != "steady_state")


class _Watch:
    """One service over time: the task definition that it should run, and when a crash was first seen."""

    def __init__(self, ecs: Any, cluster: str, expected: ExpectedService, clock: Callable[[], float]) -> None:
        self.expected = expected
        self.state = ServiceState(expected.service, "in_progress", -1, -1)
        self._ecs = ecs
        self._cluster = cluster
        self._clock = clock
        self._task_definition = _arn(ecs, expected.task_definition)
        self._crash_seen: float | None = None
        self._failed_tasks = 0
        self._stopped: StoppedTask | None = None

    def update(self, service: EcsService | None) -> bool:
        """Process a new description, None when the service does not exist; return whether the state has changed."""
        before, self.state = self.state, self._state(service)
        return (before.outcome, str(before)) != (self.state.outcome, str(self.state))

    def problem(self, timeout: float) -> Problem:
        """Why the service has not reached a steady state."""
        state, tasks = self.state, self._stopped_tasks()
        tasks = tuple(task for task in tasks if task.crashed) or tasks
        causes = list(dict.fromkeys(task.cause for task in tasks))[:CAUSES_SHOWN]
        advice = next((task.advice for task in tasks if task.advice), None)
        running = f"{state.running} of {state.desired} tasks running"
        return Problem(
            Position(f"service `{state.service}`"),
            state.reason or f"did not reach a steady state within {spoken(timeout)}: {running}",
            got=next(iter(causes), None),
            fix=advice or f"check its logs: {self.expected.logs_command} --since 30m",
            details=(*(f"also: {cause}" for cause in causes[1:]), *(f"event: {event}" for event in state.events)),
        )

    def _stopped_tasks(self) -> tuple[StoppedTask, ...]:
        if not self.state.task_definition:
            return ()
        return stopped_tasks(self._ecs, self._cluster, self.expected.name, self._task_definition)

    def _state(self, service: EcsService | None) -> ServiceState:
        name = self.expected.service
        if service is None or service.status != "ACTIVE":
            return ServiceState(name, "failed", 0, 0, "the ECS service does not exist")
        running, desired, primary = service.running, service.desired, service.primary
        if primary is None:
            return ServiceState(name, "in_progress", running, desired)
        self._task_definition = self._task_definition or primary.task_definition
        outcome, reason = self._outcome(service, primary)
        if outcome == "in_progress":
            self._look_for_cause(primary)
        events = tuple(_events(service, self._deployed_at(service)))
        return ServiceState(name, outcome, running, desired, reason, self._task_definition, events, self._stopped)

    def _deployed_at(self, service: EcsService) -> datetime | None:
        """When the deployment of the expected task definition began."""
        ours = (each for each in service.deployments if each.task_definition == self._task_definition)
        deployment = next(ours, None)
        return deployment.started_at if deployment else None

    def _look_for_cause(self, primary: Deployment) -> None:
        """Find out why a task failed as soon as one has: ECS may retry for many minutes."""
        if primary.failed_tasks > self._failed_tasks:
            self._failed_tasks = primary.failed_tasks
            tasks = stopped_tasks(self._ecs, self._cluster, self.expected.name, self._task_definition)
            self._stopped = next((task for task in tasks if task.crashed), self._stopped)

    def _outcome(self, service: EcsService, primary: Deployment) -> tuple[Outcome, str]:
        """The outcome for a description of the service, and the reason of a failure."""
        if primary.task_definition != self._task_definition:
            return "failed", self._rolled_back(service, primary)
        if primary.state == "FAILED":
            return "failed", primary.failure
        if primary.failed_tasks >= FAILED_TASK_LIMIT and not service.circuit_breaker:
            return "failed", f"its tasks keep stopping: {primary.failed_tasks} failed to start"
        if primary.state != "COMPLETED" or service.running < service.desired:
            return "in_progress", ""
        return self._completed(primary)

    def _rolled_back(self, service: EcsService, primary: Deployment) -> str:
        ours = (each for each in service.deployments if each.task_definition == self._task_definition)
        reason = next((each.reason for each in ours if each.state == "FAILED"), "")
        return f"ECS rolled {revision_of(self._task_definition)} back to {primary.revision}{because(reason)}"

    def _completed(self, primary: Deployment) -> tuple[Outcome, str]:
        """The outcome of a completed deployment: a task that starts and exits at once completes one too."""
        if not primary.desired:
            return "steady_state", ""
        tasks = stopped_tasks(self._ecs, self._cluster, self.expected.name, self._task_definition)
        crashes = len(crashes_of(primary, tasks))
        if crashes >= CRASH_LIMIT:
            return "failed", f"its tasks keep stopping: {crashes} crashed since the deployment began"
        if not crashes:
            return "steady_state", ""
        self._crash_seen = self._clock() if self._crash_seen is None else self._crash_seen
        return ("steady_state" if self._clock() - self._crash_seen >= CRASH_WATCH_SECONDS else "in_progress"), ""


def _arn(ecs: Any, task_definition: str | None) -> str:
    if task_definition is None or task_definition.startswith("arn:"):
        return task_definition or ""
    return str(ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]["taskDefinitionArn"])


def _events(service: EcsService, since: datetime | None) -> Iterator[str]:
    """The last events since a moment, oldest first."""
    recent = [event for event in service.events if since is None or event.at >= since]
    for event in reversed(recent[:EVENTS_SHOWN]):
        yield f"{event.at:%H:%M:%S} {event.message}"
