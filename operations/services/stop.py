"""Stop an environment: no service runs a task, nothing scales, no job starts.

    the record, as tags of the cluster ─> each service: suspend scaling, then 0 tasks ─> each job: disable its schedule

The record is written first and in one call, so an interrupted stop can be repeated and an interrupted one can be
started again. Scaling is suspended before the count becomes 0, so that nothing scales out in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.deploy.consent import Consent, agreed_to
from operations.health.services import EcsService, describe_services
from operations.health.stopped import ACTIVITIES, JobBefore, ServiceBefore, Stopped
from operations.health.wait import LONGEST_PAUSE
from operations.reporter import activity
from operations.services.deployed import Changed, DeployedEnvironment, requested
from operations.services.scaling import ScalableTarget, scalable_targets, set_suspended
from operations.services.schedules import schedule_of, update_schedule
from operations.text import counted, spoken
from stacks.errors import AwsError, Position, Problem

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter

ENABLED, DISABLED = "ENABLED", "DISABLED"


@dataclass(frozen=True)
class Parts:
    """What `stop` and `start` change in an environment, as AWS has it, by name in the project file.

    Attributes:
        services: The ECS services.
        targets: The scaling of those that scale.
        schedules: The schedules of the jobs, as GetSchedule returns them.
        autoscaling: A boto3 client for Application Auto Scaling.
        scheduler: A boto3 client for EventBridge Scheduler.
    """

    services: Mapping[str, EcsService]
    targets: Mapping[str, ScalableTarget]
    schedules: Mapping[str, Mapping[str, Any]]
    autoscaling: Any
    scheduler: Any

    @classmethod
    def of(cls, deployed: DeployedEnvironment) -> Parts:
        """The parts of a deployed environment that exist. Raises AwsError when AWS refuses a request."""
        environment, services = deployed.environment, deployed.ecs_services()
        autoscaling, scheduler = environment.client("application-autoscaling"), environment.client("scheduler")
        with aws.errors(f"scaling of {environment.names.stack}"):
            of_ecs = {each.name: name for name, each in services.items()}
            scaled = scalable_targets(autoscaling, environment.names.cluster, of_ecs)
        jobs = [name for name, each in environment.services.items() if each.type == "job"]
        with aws.errors(f"schedules of {environment.names.stack}"):
            schedules = {name: found for name in jobs if (found := schedule_of(environment, scheduler, name))}
        targets = {of_ecs[name]: target for name, target in scaled.items()}
        return cls(services, targets, schedules, autoscaling, scheduler)


def stop(
    environment: Environment,
    reporter: Reporter,
    consent: Consent,
    *,
    timeout: float | None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Stop all services of an environment and suspend everything that would start a task.

    Runs of jobs that have started continue to their end. Databases and everything else keep running.

    Args:
        environment: The environment, with all of its services.
        reporter: Receives `Changed`, `Started` and `Finished`, and asks.
        consent: What may be done without asking.
        timeout: Seconds to wait until all tasks have stopped; None to not wait.
        now: The current time.
        sleep: Pauses for a number of seconds.

    Returns:
        False when the user declined.

    Raises:
        AwsError: AWS refused a request, tasks still run after the time, or the environment is not deployed.
        UsageError: The reporter cannot ask.
    """
    deployed = DeployedEnvironment.of(environment)
    parts = Parts.of(deployed)
    if not agreed_to(f"stop {environment.names.stack}", environment, reporter, consent):
        return False
    _record(deployed, parts, now())
    for name, service in parts.services.items():
        _stop_service(deployed, parts, name, service, reporter)
    for name in parts.schedules:
        _disable(deployed, parts, name, reporter)
    _report_others(deployed, reporter)
    if timeout is not None:
        _wait(deployed, parts, reporter, timeout, sleep)
    return True


def _report_others(deployed: DeployedEnvironment, reporter: Reporter) -> None:
    """Warn about services of the cluster that run and are not in the project file; not without the permission."""
    environment = deployed.environment
    known = {environment.names.service(name) for name in environment.services}
    try:
        with aws.errors("other services"):
            pages = deployed.ecs.get_paginator("list_services").paginate(cluster=environment.names.cluster)
            names = [arn.rpartition("/")[2] for page in pages for arn in page["serviceArns"]]
            found = describe_services(deployed.ecs, environment.names.cluster, set(names) - known)
    except AwsError:
        return
    running = ", ".join(sorted(each.name for each in found.values() if each.desired))
    if running:
        what = "services that are not in the project file continue to run"
        where = Position(environment.names.stack)
        reporter.warn(Problem(where, what, got=running, fix=f"remove them: {environment.deploy_command}"))


def _record(deployed: DeployedEnvironment, parts: Parts, now: datetime) -> None:
    """Write the record. What an earlier stop recorded stays."""
    earlier = deployed.cluster.stopped
    found = {name: _before(parts, name, service) for name, service in parts.services.items()}
    jobs = {name: JobBefore(each.get("State", ENABLED) == ENABLED) for name, each in parts.schedules.items()}
    record = Stopped(earlier.since if earlier else now, {**found, **jobs, **(earlier.services if earlier else {})})
    tags = [{"key": key, "value": value} for key, value in record.tags().items()]
    with aws.errors(f"tags of cluster {deployed.environment.names.cluster}"), requested():
        deployed.ecs.tag_resource(resourceArn=deployed.cluster.arn, tags=tags)


def _before(parts: Parts, name: str, service: EcsService) -> ServiceBefore:
    target = parts.targets.get(name)
    return ServiceBefore(service.desired, target.suspended if target else frozenset())


def _stop_service(
    deployed: DeployedEnvironment, parts: Parts, name: str, service: EcsService, reporter: Reporter
) -> None:
    target, done = parts.targets.get(name), []
    if target is not None and not target.is_suspended:
        with deployed.changing(name):
            set_suspended(parts.autoscaling, target, ACTIVITIES)
        done.append("scaling suspended")
    if service.desired:
        deployed.update(name, desiredCount=0)
        done.insert(0, f"{counted(service.desired, 'task')} -> 0")
    report(reporter, name, done, otherwise="already stopped")


def report(reporter: Reporter, name: str, done: list[str], *, otherwise: str) -> None:
    """Report what was changed of a service, or why nothing was."""
    if done:
        reporter.event(Changed(name, ", ".join(done)))
    else:
        reporter.say(f"  {Changed(name, otherwise)}")


def _disable(deployed: DeployedEnvironment, parts: Parts, name: str, reporter: Reporter) -> None:
    schedule, done = parts.schedules[name], []
    if schedule.get("State", ENABLED) != DISABLED:
        with deployed.changing(name):
            update_schedule(parts.scheduler, schedule, State=DISABLED)
        done.append("schedule disabled")
    report(reporter, name, done, otherwise="its schedule is already disabled")


def _wait(
    deployed: DeployedEnvironment, parts: Parts, reporter: Reporter, timeout: float, sleep: Callable[[float], None]
) -> None:
    """Wait until no task of the services runs. Raises AwsError when some still do after the time."""
    cluster, names = deployed.environment.names.cluster, [each.name for each in parts.services.values()]
    waited, pause = 0.0, 2.0
    with activity(reporter, "Waiting for the tasks to stop"):
        while True:
            with aws.errors("waiting for ECS"):
                found = describe_services(deployed.ecs, cluster, names).values()
            running = sum(each.running + each.pending for each in found)
            if not running:
                return
            if waited >= timeout:
                break
            sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_PAUSE)
    what = f"{counted(running, 'task')} still running {spoken(timeout)} after the request to stop"
    fix = f"ECS continues to stop them; see them with `ecsforge status {deployed.environment.options}`"
    raise AwsError(Problem(Position(deployed.environment.names.stack), what, fix=fix))
