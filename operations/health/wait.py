"""Waits until ECS has done what a deploy asked of it, and tells the truth when it has not.

Terraform is done when ECS has accepted a service. Whether tasks then start, stay up and pass their health checks is
ECS's to find out, minutes later: it reports a deployment as COMPLETED or FAILED (`rolloutState`), and with the circuit
breaker it goes back to the task definition before. See
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from operations.health.stopped_tasks import StoppedTask, stopped_tasks
from operations.text import spoken

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 10.0
SERVICES_PER_CALL = 10  # DescribeServices takes no more
EVENTS_TOLD = 5
CRASHES = 2  # a task may stop once for reasons of AWS's own; twice is a pattern
SETTLING_SECONDS = 60.0  # how long a deployment that had a crash is watched for the next one
FAILED_TASKS = 3  # without a circuit breaker ECS would try for ever; with one, three is its own lowest threshold

Outcome = Literal["steady", "waiting", "failed"]


@dataclass(frozen=True)
class Target:
    """A service to wait for.

    Attributes:
        service: its name in the project file.
        name: its name in ECS.
        task_definition: what must run in the end: an ARN, or a family for its latest revision; None when a CI pipeline
            chooses it.
        logs: the command that shows what its containers write.
    """

    service: str
    name: str
    task_definition: str | None
    logs: str


@dataclass(frozen=True)
class ServiceState:
    """What ECS says about a service at one moment."""

    service: str
    outcome: Outcome
    running: int
    desired: int
    reason: str = ""
    task_definition: str = ""
    events: tuple[str, ...] = ()
    stopped: StoppedTask | None = None  # the last task that failed while ECS still tries

    def __str__(self) -> str:
        running = f"service `{self.service}`: {self.running} of {self.desired} tasks running"
        return running if self.stopped is None else f"{running}; a task has stopped: {self.stopped}"


@dataclass(frozen=True)
class Trouble:
    """A service that is not what was asked for: what ECS made of it, its stopped tasks and its last events."""

    service: str
    logs: str
    reason: str
    stopped: tuple[StoppedTask, ...] = ()
    events: tuple[str, ...] = ()

    def __str__(self) -> str:
        causes = dict.fromkeys(map(str, self.stopped))
        advice = dict.fromkeys(task.advice for task in self.stopped if task.advice)
        first = [f"service `{self.service}`: {self.reason}"]
        first += [f"got {cause}" for cause in list(causes)[:1]]
        first.append(next(iter(advice), f"look at its log: {self.logs} --since 30m"))
        more = [f"  also: {cause}" for cause in list(causes)[1:4]]
        return "\n".join(["; ".join(first), *more, *(f"  event: {event}" for event in self.events)])


def wait_until_steady(
    ecs: Any,
    cluster: str,
    targets: Sequence[Target],
    *,
    timeout: float,
    on_state: Callable[[ServiceState], None] = lambda state: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Trouble, ...]:
    """Wait until every target is steady or has failed, and return those that failed.

    Arguments:
        ecs: a boto3 ECS client.
        cluster: the name of the cluster.
        timeout: seconds after which what still waits counts as failed.
        on_state: told whenever a service's state has changed.
    """
    watches = [_Watch(ecs, cluster, target, clock) for target in targets]
    waiting = watches
    deadline, pause = clock() + timeout, FIRST_PAUSE
    while True:
        for watch, service in _described(ecs, cluster, waiting):
            if watch.look(service):
                on_state(watch.state)
        waiting = [watch for watch in waiting if watch.state.outcome == "waiting"]
        if not waiting or clock() >= deadline:
            break
        sleep(min(pause, max(deadline - clock(), 0.0)))
        pause = min(pause * 1.5, LONGEST_PAUSE)
    return tuple(_trouble(ecs, cluster, watch, timeout) for watch in watches if watch.state.outcome != "steady")


class _Watch:
    """One service over time: which task definition it must end up with, and when a crash was first seen."""

    def __init__(self, ecs: Any, cluster: str, target: Target, clock: Callable[[], float]) -> None:
        self.target = target
        self._ecs = ecs
        self._cluster = cluster
        self._clock = clock
        self._expected = _arn(ecs, target.task_definition)
        self._crash_seen: float | None = None
        self._failed = 0
        self._stopped: StoppedTask | None = None
        self.state = ServiceState(target.service, "waiting", -1, -1)

    def look(self, service: dict[str, Any] | None) -> bool:
        """Judge an answer of DescribeServices, None when ECS has no such service; returns whether there is news."""
        before, self.state = self.state, self._state(service)
        return (before.outcome, str(before)) != (self.state.outcome, str(self.state))

    def _state(self, service: dict[str, Any] | None) -> ServiceState:
        name = self.target.service
        if service is None or service.get("status") != "ACTIVE":
            return ServiceState(name, "failed", 0, 0, "ECS does not have it")
        primary = next((each for each in service["deployments"] if each["status"] == "PRIMARY"), None)
        running, desired = service["runningCount"], service["desiredCount"]
        if primary is None:
            return ServiceState(name, "waiting", running, desired)
        self._expected = self._expected or primary["taskDefinition"]
        outcome, reason = self._judge(service, primary)
        asked_for = [each for each in service["deployments"] if each["taskDefinition"] == self._expected]
        events = tuple(_events(service, _created(asked_for[0]) if asked_for else 0.0))
        if outcome == "waiting":
            self._notice(primary.get("failedTasks", 0))
        return ServiceState(name, outcome, running, desired, reason, self._expected, events, self._stopped)

    def _notice(self, failed: int) -> None:
        """Look why a task failed as soon as one has: ECS may try for many minutes more."""
        if failed > self._failed:
            self._failed = failed
            stopped = stopped_tasks(self._ecs, self._cluster, self.target.name, self._expected)
            self._stopped = next((task for task in stopped if task.crashed), self._stopped)

    def _judge(self, service: dict[str, Any], primary: dict[str, Any]) -> tuple[Outcome, str]:
        rollout = primary.get("rolloutState")
        failed = primary.get("failedTasks", 0)
        if primary["taskDefinition"] != self._expected:
            return "failed", (
                f"ECS rolled {_revision(self._expected)} back to {_revision(primary['taskDefinition'])}"
                f"{_because(_failure_reason(service, self._expected))}"
            )
        if rollout == "FAILED":
            return "failed", f"ECS gave up on {_revision(self._expected)}{_because(primary.get('rolloutStateReason'))}"
        if failed >= FAILED_TASKS and not _has_breaker(service):
            return "failed", f"its tasks keep stopping: {failed} failed to start"
        if rollout not in ("COMPLETED", None) or service["runningCount"] < service["desiredCount"]:
            return "waiting", ""
        return self._settle(primary)

    def _settle(self, primary: dict[str, Any]) -> tuple[Outcome, str]:
        """A task that starts and dies at once completes a deployment too: look for those that stopped since."""
        if not primary.get("desiredCount"):
            return "steady", ""
        crashes = [
            task
            for task in stopped_tasks(self._ecs, self._cluster, self.target.name, self._expected, _created(primary))
            if task.crashed
        ]
        if len(crashes) >= CRASHES:
            return "failed", f"its tasks keep stopping: {len(crashes)} since this deploy"
        if not crashes:
            return "steady", ""
        self._crash_seen = self._clock() if self._crash_seen is None else self._crash_seen
        return ("steady" if self._clock() - self._crash_seen >= SETTLING_SECONDS else "waiting"), ""


def _described(ecs: Any, cluster: str, watches: Sequence[_Watch]) -> Iterator[tuple[_Watch, dict[str, Any] | None]]:
    for start in range(0, len(watches), SERVICES_PER_CALL):
        batch = watches[start : start + SERVICES_PER_CALL]
        answer = ecs.describe_services(cluster=cluster, services=[watch.target.name for watch in batch])
        found = {service["serviceName"]: service for service in answer["services"]}
        for watch in batch:
            yield watch, found.get(watch.target.name)


def _trouble(ecs: Any, cluster: str, watch: _Watch, timeout: float) -> Trouble:
    state = watch.state
    reason = state.reason or (f"not steady after {spoken(timeout)}: {state.running} of {state.desired} tasks running")
    stopped: tuple[StoppedTask, ...] = ()
    if state.task_definition:
        stopped = stopped_tasks(ecs, cluster, watch.target.name, state.task_definition)
    crashed = tuple(task for task in stopped if task.crashed)
    return Trouble(watch.target.service, watch.target.logs, reason, crashed or stopped, state.events)


def _arn(ecs: Any, task_definition: str | None) -> str:
    if task_definition is None or task_definition.startswith("arn:"):
        return task_definition or ""
    return str(ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]["taskDefinitionArn"])


def _failure_reason(service: dict[str, Any], task_definition: str) -> str | None:
    """Why the deployment of `task_definition` failed; ECS keeps it in the list until the rollback has ended."""
    reasons: Iterable[str | None] = (
        each.get("rolloutStateReason")
        for each in service["deployments"]
        if each["taskDefinition"] == task_definition and each.get("rolloutState") == "FAILED"
    )
    return next(iter(reasons), None)


def _has_breaker(service: dict[str, Any]) -> bool:
    breaker = service.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {})
    return bool(breaker.get("enable"))


def _events(service: dict[str, Any], since: float) -> Iterator[str]:
    """What ECS did in this deployment, oldest of the last ones first."""
    recent = [event for event in service.get("events", []) if event["createdAt"].timestamp() >= since]
    for event in reversed(recent[:EVENTS_TOLD]):
        yield f"{event['createdAt']:%H:%M:%S} {event['message']}"


def _created(deployment: dict[str, Any]) -> float:
    return deployment["createdAt"].timestamp() if "createdAt" in deployment else 0.0


def _revision(arn: str) -> str:
    return arn.rpartition("/")[2]


def _because(reason: str | None) -> str:
    return f" ({reason.rstrip('.')})" if reason else ""
