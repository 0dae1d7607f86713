"""Wait until services reach a steady state after a deploy, and report why one does not.

    DescribeServices ─┐
                      ├─> Follower, one per service ─> ServiceState ─> Problem
    service deployments

Terraform finishes when ECS has accepted a change of a service. ECS then starts the tasks and checks their health, which
takes minutes. By then the deploy itself is done: an AWS that does not answer leaves only the health unknown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from operations import aws
from operations.health.deployments import Baseline, ServiceDeployments
from operations.health.services import Deployment, EcsService, describe_services
from operations.health.stopped_tasks import StoppedTask, stopped_tasks
from operations.health.watch import Follower, Listed, Outcome, Verdict
from operations.text import spoken
from stacks.errors import AwsError, Position, Problem

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 10.0
"""Seconds between two calls of DescribeServices."""
PATIENCE_SECONDS = 30.0
"""How long to try again with credentials that have expired, or after an error that is not known to be temporary."""
EVENTS_SHOWN = 5
CAUSES_SHOWN = 4
_HISTORY_MARGIN = timedelta(days=1)
"""How much earlier than the current deployment a deployment may have started that was rolled back to it."""


@dataclass(frozen=True)
class ExpectedService:
    """A service to wait for, and what it should run.

    Attributes:
        service: Its name in the project file.
        name: Its name in ECS.
        task_definition: What it should run: an ARN, or a family for its latest revision; None for any, because a CI
            pipeline deploys it.
        logs_command: The command that shows its logs.
        status_command: The command that shows its health.
        baseline: What ECS listed for it before the apply; None when the apply does not change it.
    """

    service: str
    name: str
    task_definition: str | None
    logs_command: str
    status_command: str
    baseline: Baseline | None = None


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
        note: What else happened to the service.
        superseded: Whether another deployment took the place of this one.
    """

    service: str
    outcome: Outcome
    running: int
    desired: int
    reason: str = ""
    task_definition: str = ""
    events: tuple[str, ...] = ()
    stopped: StoppedTask | None = None
    note: str = ""
    superseded: bool = False

    def __str__(self) -> str:
        text = f"service `{self.service}`: {self.running} of {self.desired} tasks running"
        text += f"; a task stopped: {self.stopped.cause}" if self.stopped else ""
        text += "; steady state" if self.outcome == "steady_state" else ""
        return f"{text}; {self.note}" if self.note else text


def wait_for_steady_state(
    ecs: Any,
    cluster: str,
    services: Sequence[ExpectedService],
    *,
    timeout: float,
    on_state: Callable[[ServiceState], None] = lambda state: None,
    on_trouble: Callable[[Problem], None] = lambda problem: None,
    change: str = "deploy",
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Problem, ...]:
    """Wait until each service reaches a steady state or fails to; return a problem for each that did not.

    While AWS does not answer, it tries again until the time is over. It gives up at once without a permission, and
    after `PATIENCE_SECONDS` when the credentials have expired.

    Arguments:
        ecs: A boto3 client for ECS.
        cluster: The name of the cluster.
        services: The services to wait for.
        timeout: The seconds after which a deployment in progress counts as failed.
        on_state: Called when the state of a service has changed.
        on_trouble: Called with a warning when AWS stops answering.
        change: What the services were changed by, for messages.
        clock: The current time in seconds.
        sleep: Pauses for a number of seconds.
    """
    watches = [_Watch(ecs, cluster, expected, clock) for expected in services]
    waiting, stretch = watches, _Stretch(clock, on_trouble, change)
    deadline, pause = clock() + timeout, FIRST_PAUSE
    while True:
        with stretch, aws.errors("waiting for ECS"):
            _poll(ecs, cluster, waiting, on_state)
        waiting = [watch for watch in waiting if watch.state.outcome == "in_progress"]
        if not waiting or stretch.hopeless or clock() >= deadline:
            break
        sleep(min(pause, max(deadline - clock(), 0.0)))
        pause = min(pause * 1.5, LONGEST_PAUSE)
    unknown = stretch.error if waiting else None
    failed = [watch for watch in watches if watch.state.outcome == "failed" or (not unknown and watch in waiting)]
    problems = tuple(watch.problem(timeout) for watch in failed)
    return problems if unknown is None else (*problems, _unknown(waiting, unknown, change))


def _poll(ecs: Any, cluster: str, waiting: Sequence[_Watch], on_state: Callable[[ServiceState], None]) -> None:
    for watch in waiting:
        watch.prepare()
    found = describe_services(ecs, cluster, [watch.expected.name for watch in waiting])
    for watch in waiting:
        if watch.update(found.get(watch.expected.name)):
            on_state(watch.state)


class _Stretch:
    """A stretch of failed polls: the last error, whether to continue, and one warning for each stretch."""

    def __init__(self, clock: Callable[[], float], on_trouble: Callable[[Problem], None], change: str) -> None:
        self._clock, self._on_trouble, self._change = clock, on_trouble, change
        self._since: float | None = None
        self.error: AwsError | None = None
        self.hopeless = False

    def __enter__(self) -> None:
        """Begin a poll."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        """Keep an AwsError and continue."""
        if not isinstance(error, AwsError):
            if error is None:
                self._since = self.error = None
            return False
        trouble = aws.trouble(error)
        first, self._since = self._since is None, self._clock() if self._since is None else self._since
        self.error = error
        over = self._clock() - self._since >= PATIENCE_SECONDS
        self.hopeless = trouble == "denied" or (trouble != "temporary" and over)
        if first and not self.hopeless:
            (problem, *_) = error.problems
            what = f"{problem.what}; the {self._change} itself is done, and ecsforge tries again"
            fix = problem.fix if trouble == "expired" else ""
            self._on_trouble(replace(problem, what=what, fix=fix, severity="warning"))
        return True


def _unknown(waiting: Sequence[_Watch], error: AwsError, change: str) -> Problem:
    """The problem that the health of these services is not known."""
    names = [watch.expected.service for watch in waiting]
    (cause, *_) = error.problems
    return Problem(
        Position(f"service `{names[0]}`" if len(names) == 1 else f"services {', '.join(names)}"),
        f"the {change} is done, but it is unknown whether ECS reaches a steady state: {cause.what}",
        got=cause.got,
        fix=f"check the health with `{waiting[0].expected.status_command}`",
        code=cause.code,
        details=(f"try: {cause.fix}",) if cause.fix else (),
    )


class _Watch:
    """One service over time: the deployment that is followed, and the state after the last answer."""

    def __init__(self, ecs: Any, cluster: str, expected: ExpectedService, clock: Callable[[], float]) -> None:
        self.expected = expected
        self.state = ServiceState(expected.service, "in_progress", -1, -1)
        self._ecs, self._cluster, self._clock = ecs, cluster, clock
        self._history = ServiceDeployments(ecs, cluster)
        self._follower: Follower | None = None
        self._failed_tasks = 0
        self._stopped: StoppedTask | None = None

    def prepare(self) -> None:
        """Find the ARN of the expected task definition, once."""
        if self._follower is None:
            arn = _arn(self._ecs, self.expected.task_definition)
            self._follower = Follower(arn, self.expected.baseline, self._stopped_tasks, self._clock)

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
        running = f"{max(state.running, 0)} of {max(state.desired, 0)} tasks running"
        again = f"see what runs with `{self.expected.status_command}`, and deploy again if it is not this"
        return Problem(
            Position(f"service `{state.service}`"),
            state.reason or f"did not reach a steady state within {spoken(timeout)}: {running}",
            got=next(iter(causes), None),
            fix=again if state.superseded else advice or f"check its logs: {self.expected.logs_command} --since 30m",
            details=(*(f"also: {cause}" for cause in causes[1:]), *(f"event: {event}" for event in state.events)),
        )

    def _stopped_tasks(self) -> tuple[StoppedTask, ...]:
        """The stopped tasks of the expected task definition; none when they can't be read, which decides nothing."""
        if self._follower is None or not self._follower.task_definition or self.state.running < 0:
            return ()
        try:
            with aws.errors("stopped tasks"):
                found = stopped_tasks(self._ecs, self._cluster, self.expected.name, self._follower.task_definition)
                return tuple(task for task in found if task.belongs_to(self._follower.deployment_id))
        except AwsError:
            return ()

    def _state(self, service: EcsService | None) -> ServiceState:
        assert self._follower is not None
        name = self.expected.service
        running, desired = (service.running, service.desired) if service else (0, 0)
        self.state = ServiceState(name, "in_progress", running, desired, stopped=self._stopped)
        listed = self._service_deployments(service)
        uncertain = listed is None and self._history.available and self.expected.baseline is not None
        verdict = self._follower.look(service, listed, uncertain=uncertain)
        followed = self._follower.deployment(service) if service else None
        if verdict.outcome == "in_progress" and followed is not None:
            self._look_for_cause(followed)
        return self._described(verdict, service, followed)

    def _described(self, verdict: Verdict, service: EcsService | None, followed: Deployment | None) -> ServiceState:
        events = tuple(_events(service, followed.started_at if followed else None)) if service else ()
        state = self.state
        return ServiceState(
            state.service,
            verdict.outcome,
            state.running,
            state.desired,
            verdict.reason,
            self._follower.task_definition if self._follower else "",
            events,
            self._stopped,
            verdict.note,
            verdict.superseded,
        )

    def _service_deployments(self, service: EcsService | None) -> Listed:
        """The service deployments since the baseline; None when they are not needed or can't be listed."""
        baseline = self.expected.baseline
        if service is None or service.primary is None:
            return None
        if baseline is not None:
            return self._history.since(self.expected.name, baseline.since)
        started = [each.started_at for each in service.deployments if each.started_at]
        return self._history.since(self.expected.name, min(started) - _HISTORY_MARGIN) if started else None

    def _look_for_cause(self, followed: Deployment) -> None:
        """Find out why a task failed as soon as one has: ECS may retry for many minutes."""
        if followed.failed_tasks > self._failed_tasks:
            self._failed_tasks = followed.failed_tasks
            self._stopped = next((task for task in self._stopped_tasks() if task.crashed), self._stopped)


def _arn(ecs: Any, task_definition: str | None) -> str:
    if task_definition is None or task_definition.startswith("arn:"):
        return task_definition or ""
    return str(ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]["taskDefinitionArn"])


def _events(service: EcsService, since: datetime | None) -> Iterator[str]:
    """The last events since a moment, oldest first."""
    recent = [event for event in service.events if since is None or event.at >= since]
    for event in reversed(recent[:EVENTS_SHOWN]):
        yield f"{event.at:%H:%M:%S} {event.message}"
