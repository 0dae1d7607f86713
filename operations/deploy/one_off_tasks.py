"""The tasks of `deployment.before` and `deployment.after`: which of them a deploy runs, and running them.

A deploy knows what a task needs from Terraform, a release from ECS (`operations/deploy/release.py`).
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from operations import aws
from operations.plan.model import PlannedTask
from operations.plan.redact import MASK, contains_credential
from operations.reporter import activity
from operations.tasks.result import failure
from operations.tasks.run import Clients, Listener, run_task
from operations.tasks.start import TaskRequest
from stacks.errors import AwsError, UsageError

if TYPE_CHECKING:
    import boto3

    from operations.plan.model import Plan
    from operations.reporter import Reporter
    from stacks.project.models import OneOffTask, Project

When = Literal["before", "after"]
_EFFECT: Mapping[When, str] = {"before": "{} is unchanged", "after": "{} is deployed"}
_ATTEMPTS = 2
"""How often a request is tried: following a task tries again itself."""
_DEPLOY = ("deploy",)


class Deployed(Protocol):
    """A project and the account that it is deployed to."""

    @property
    def project(self) -> Project:
        """The project, resolved for an environment."""

    @property
    def session(self) -> boto3.Session:
        """A session in its region and role."""


@dataclass(frozen=True)
class TaskSettings:
    """What the one-off tasks of a service share with its own tasks.

    Attributes:
        cluster: The cluster's name or ARN.
        task_definition: The ARN of the task definition to run.
        subnets: The IDs of the subnets.
        security_groups: The IDs of the security groups.
        public_ip: Whether a task gets a public address.
        platform_version: The version of the Fargate platform.
    """

    cluster: str
    task_definition: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    public_ip: bool = False
    platform_version: str = "LATEST"

    @classmethod
    def of_terraform(cls, attributes: Mapping[str, Any]) -> TaskSettings:
        """Those of an `aws_ecs_service` with these attributes."""
        (network,) = attributes["network_configuration"]
        return cls(
            attributes["cluster"],
            attributes["task_definition"],
            tuple(sorted(network["subnets"])),
            tuple(sorted(network["security_groups"])),
            bool(network.get("assign_public_ip")),
            attributes.get("platform_version") or "LATEST",
        )

    @classmethod
    def of_ecs(cls, service: Mapping[str, Any], task_definition: str) -> TaskSettings:
        """Those of a service of DescribeServices, with this task definition."""
        network = service["networkConfiguration"]["awsvpcConfiguration"]
        return cls(
            service["clusterArn"],
            task_definition,
            tuple(sorted(network["subnets"])),
            tuple(sorted(network.get("securityGroups", ()))),
            network.get("assignPublicIp") == "ENABLED",
            service.get("platformVersion") or "LATEST",
        )


def services_with_tasks(planned: Plan, project: Project, when: When) -> dict[str, str]:
    """The services of a plan whose tasks a deploy runs, in the order of the project file, with their addresses.

    They are those that would run another task definition than they do now. So a task that failed runs again with the
    next deploy.
    """
    changed = {each.place.service: each.address for each in planned.resources if each.other_definition}
    return {name: changed[name] for name in project.services if name in changed and _tasks(project, name, when)}


def with_tasks(planned: Plan, project: Project, *, before: bool = True) -> Plan:
    """The plan with the tasks that a deploy of it runs; with `before` false, without those of `deployment.before`."""
    names: tuple[When, ...] = ("before", "after") if before else ("after",)
    tasks = (
        PlannedTask(service, when, _shown(task), task.timeout)
        for when in names
        for service in services_with_tasks(planned, project, when)
        for task in _tasks(project, service, when)
    )
    return replace(planned, tasks=tuple(tasks))


def refuse_saved(planned: Plan) -> None:
    """Raise UsageError if a saved plan would run tasks before a service changes: it can only be applied as a whole."""
    services = list(dict.fromkeys(task.service for task in planned.tasks if task.when == "before"))
    if services:
        what = f"a saved plan is applied in one step, so it can't run `deployment.before` of {', '.join(services)}"
        raise UsageError.of("--plan", what, fix="deploy without --plan, or pass --no-before")


def run_tasks(deployed: Deployed, reporter: Reporter, when: When, services: Mapping[str, Mapping[str, Any]]) -> None:
    """Run the tasks of these services, with the attributes of each ECS service in Terraform; see `run_service_tasks`.

    Raises:
        AwsError: A task did not succeed, or AWS refused a request.
    """
    for name, attributes in services.items():
        run_service_tasks(deployed, reporter, when, name, TaskSettings.of_terraform(attributes))


def run_service_tasks(
    deployed: Deployed,
    reporter: Reporter,
    when: When,
    name: str,
    settings: TaskSettings,
    *,
    again: tuple[str, ...] = _DEPLOY,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run the tasks of a service one after the other, until one fails.

    Args:
        deployed: The project, and a session in its account.
        reporter: Receives what happens, and the lines that the containers print.
        when: Which tasks to run.
        name: The service.
        settings: What the tasks run, and where.
        again: The command that continues after a task of `before` has failed; empty to not name one.
        sleep: Pauses for a number of seconds.
        clock: The current time in seconds.

    Raises:
        AwsError: A task did not succeed, or AWS refused a request.
    """
    tasks = _tasks(deployed.project, name, when)
    if not tasks:
        return
    clients = Clients(*(aws.client(deployed.session, service, attempts=_ATTEMPTS) for service in ("ecs", "logs")))
    command = again if when == "before" else ()
    for index, task in enumerate(tasks):
        where = f"services.{name}.deployment.{when}[{index}]"
        request = _request(where, name, task, settings)
        with activity(reporter, f"Running {where}"), _continued(name, when, command):
            listener = _listener(reporter, name, _shown(task), _EFFECT[when].format(name))
            result = run_task(clients, request, listener, sleep=sleep, clock=clock)
        problem = failure(request, result, _next(name, when, command), shown=_shown(task))
        if problem is not None:
            raise AwsError(replace(problem, command=command))
        reporter.say(f"{name}: `{_shown(task)}` succeeded")


@contextmanager
def _continued(name: str, when: When, command: tuple[str, ...]) -> Iterator[None]:
    """Add what an error of AWS in this block means for the service, and the command that continues."""
    try:
        yield
    except AwsError as error:
        effect = _EFFECT[when].format(name)
        more = f"{effect}; continue with" if command else effect
        problems = (
            replace(each, fix="; ".join(filter(None, (each.fix, more))), command=command) for each in error.problems
        )
        raise AwsError(*problems) from error.__cause__


def _next(name: str, when: When, command: tuple[str, ...]) -> str:
    """What to do after a task has failed; it ends with the command that continues, if there is one."""
    if when == "after":
        return f"{name} is deployed and keeps running; the command runs again with its next deployment"
    return _EFFECT[when].format(name) + (": fix the cause, then continue with" if command else "")


def _listener(reporter: Reporter, name: str, command: str, effect: str) -> Listener:
    return Listener(
        lambda task: reporter.say(f"{name}: running `{command}` as task {task}"),
        lambda line: reporter.say(f"  {name} | {line}"),
        reporter.warn,
        lambda task: reporter.warn(f"stopped task {task}, which ran `{command}`; {effect}"),
    )


def _request(where: str, name: str, task: OneOffTask, settings: TaskSettings) -> TaskRequest:
    return TaskRequest(
        where,
        cluster=settings.cluster,
        task_definition=settings.task_definition,
        container=name,
        command=task.command,
        subnets=settings.subnets,
        security_groups=settings.security_groups,
        public_ip=settings.public_ip,
        timeout=task.timeout,
        platform_version=settings.platform_version,
    )


def _tasks(project: Project, service: str, when: When) -> tuple[OneOffTask, ...]:
    deployment = project.services[service].deployment
    return deployment.before if when == "before" else deployment.after


def _shown(task: OneOffTask) -> str:
    """The command as it is typed in a shell, without what may be a credential."""
    return MASK if contains_credential(list(task.command)) else shlex.join(task.command)
