"""Start a stopped environment: what `stop` recorded is restored.

    each service: its count, then its scaling ─> each job: its schedule ─> the record is removed ─> wait

The record is removed after everything was restored, so an interrupted start can be repeated: a service that has tasks
keeps its count. It is removed before the wait, because a service that can't start needs a deploy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from operations import aws
from operations.deploy.consent import Consent, agreed_to
from operations.health.stopped import JobBefore, ServiceBefore, Stopped, record_keys
from operations.services.deployed import DeployedEnvironment, requested, without_redeployment
from operations.services.scaling import set_suspended
from operations.services.schedules import update_schedule
from operations.services.stop import ENABLED, Parts, report
from operations.text import counted

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter

Before = Mapping[str, ServiceBefore | JobBefore]


def start(environment: Environment, reporter: Reporter, consent: Consent, *, timeout: float | None) -> bool:
    """Restore the counts, the scaling and the schedules of a stopped environment, and wait.

    Without a record, which an apply outside of ecsforge removes, services without tasks get the count of the project
    file, and their scaling and the schedules are resumed.

    Args:
        environment: The environment, with all of its services.
        reporter: Receives `Changed`, `Started`, `Finished` and `ServiceState`, and asks.
        consent: What may be done without asking.
        timeout: Seconds to wait for a steady state; None to not wait.

    Returns:
        False when the user declined.

    Raises:
        AwsError: A service does not reach a steady state, AWS refused a request, or the environment is not deployed.
        UsageError: The reporter cannot ask.
    """
    deployed = DeployedEnvironment.of(environment)
    parts = Parts.of(deployed)
    before = _before(deployed.cluster.stopped, environment, parts)
    if not before:
        reporter.say(f"{environment.names.stack} is not stopped: nothing to start")
        return True
    if deployed.cluster.stopped is None:
        reporter.say("What ran before the stop is not recorded: services without tasks get the count of the file")
    if not agreed_to(f"start {environment.names.stack}", environment, reporter, consent):
        return False
    baselines = deployed.baselines(list(parts.services))
    for name, each in before.items():
        if isinstance(each, ServiceBefore) and name in parts.services:
            _start_service(deployed, parts, name, each, reporter)
        elif isinstance(each, JobBefore) and name in parts.schedules:
            _enable(deployed, parts, name, each, reporter)
    _forget(deployed)
    expected = [
        deployed.expected(name, None, without_redeployment(baselines[name]))
        for name, each in before.items()
        if isinstance(each, ServiceBefore) and name in parts.services and each.count
    ]
    deployed.wait(expected, reporter, timeout, "Waiting for the services to reach a steady state")
    return True


def _before(stopped: Stopped | None, environment: Environment, parts: Parts) -> Before:
    """What to restore; empty when nothing is stopped."""
    if stopped is not None:
        return stopped.services
    idle = {name: environment.services[name].desired_count for name, each in parts.services.items() if not each.desired}
    wanted: dict[str, ServiceBefore | JobBefore] = {name: ServiceBefore(count) for name, count in idle.items() if count}
    return wanted | {name: JobBefore(True) for name in parts.schedules} if wanted else {}


def _start_service(
    deployed: DeployedEnvironment, parts: Parts, name: str, before: ServiceBefore, reporter: Reporter
) -> None:
    service, target, done = parts.services[name], parts.targets.get(name), []
    if before.count and not service.desired:
        deployed.update(name, desiredCount=before.count)
        done.append(f"0 -> {counted(before.count, 'task')}")
    if target is not None and target.suspended != before.suspended:
        with deployed.changing(name):
            set_suspended(parts.autoscaling, target, before.suspended)
        done.append("scaling as before" if before.suspended else "scaling resumed")
    report(reporter, name, done, otherwise="as before the stop")


def _enable(deployed: DeployedEnvironment, parts: Parts, name: str, before: JobBefore, reporter: Reporter) -> None:
    schedule, done = parts.schedules[name], []
    if before.enabled and schedule.get("State", ENABLED) != ENABLED:
        with deployed.changing(name):
            update_schedule(parts.scheduler, schedule, State=ENABLED)
        done.append("schedule enabled")
    report(reporter, name, done, otherwise="as before the stop" if before.enabled else "its schedule stays disabled")


def _forget(deployed: DeployedEnvironment) -> None:
    """Remove the record."""
    keys = record_keys(deployed.cluster.tags)
    if keys:
        with aws.errors(f"tags of cluster {deployed.environment.names.cluster}"), requested():
            deployed.ecs.untag_resource(resourceArn=deployed.cluster.arn, tagKeys=keys)
