"""The tasks of `deployment.before` and `deployment.after`: which of them a deploy runs, and running them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from operations import aws
from operations.plan.model import PlannedTask
from operations.plan.redact import MASK, contains_credential
from operations.reporter import activity
from operations.tasks.result import TaskResult, failure
from operations.tasks.run import Clients, Listener, run_task
from operations.tasks.start import TaskRequest
from stacks.errors import AwsError, UsageError

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.reporter import Reporter
    from operations.stack import Stack
    from stacks.project.models import OneOffTask, Project

When = Literal["before", "after"]
_NEXT: Mapping[When, str] = {
    "before": "{} is unchanged: fix the cause, then continue with",
    "after": "{} is deployed and keeps running; the command runs again with its next deployment",
}
_EFFECT: Mapping[When, str] = {"before": "{} is unchanged", "after": "{} is deployed"}
_ATTEMPTS = 2
"""How often a request is tried: following a task tries again itself."""


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


def run_tasks(stack: Stack, reporter: Reporter, when: When, services: Mapping[str, Mapping[str, Any]]) -> None:
    """Run the tasks of these services one after the other, until one fails.

    Args:
        stack: The stack.
        reporter: Receives what happens, and the lines that the containers print.
        when: Which tasks to run.
        services: The attributes of each ECS service in Terraform, with the cluster, network and task definition to use.

    Raises:
        AwsError: A task did not succeed, or AWS refused a request.
    """
    ecs, logs = (aws.client(stack.session, service, attempts=_ATTEMPTS) for service in ("ecs", "logs"))
    for name, attributes in services.items():
        for index, task in enumerate(_tasks(stack.project, name, when)):
            where = f"services.{name}.deployment.{when}[{index}]"
            request = _request(where, name, task, attributes)
            with activity(reporter, f"Running {where}"), _continued(name, when):
                result = _run(Clients(ecs, logs), request, reporter, name, _shown(task), _EFFECT[when].format(name))
            problem = failure(request, result, _NEXT[when].format(name), shown=_shown(task))
            if problem is not None:
                raise AwsError(replace(problem, command=("deploy",) if when == "before" else ()))
            reporter.say(f"{name}: `{_shown(task)}` succeeded")


@contextmanager
def _continued(name: str, when: When) -> Iterator[None]:
    """Add what an error of AWS in this block means for the service, and the command that continues."""
    try:
        yield
    except AwsError as error:
        effect = _EFFECT[when].format(name)
        command = ("deploy",) if when == "before" else ()
        more = f"{effect}; continue with" if command else effect
        problems = (
            replace(each, fix="; ".join(filter(None, (each.fix, more))), command=command) for each in error.problems
        )
        raise AwsError(*problems) from error.__cause__


def _run(
    clients: Clients, request: TaskRequest, reporter: Reporter, name: str, command: str, effect: str
) -> TaskResult:
    listener = Listener(
        lambda task: reporter.say(f"{name}: running `{command}` as task {task}"),
        lambda line: reporter.say(f"  {name} | {line}"),
        reporter.warn,
        lambda task: reporter.warn(f"stopped task {task}, which ran `{command}`; {effect}"),
    )
    return run_task(clients, request, listener)


def _request(where: str, name: str, task: OneOffTask, attributes: Mapping[str, Any]) -> TaskRequest:
    (network,) = attributes["network_configuration"]
    return TaskRequest(
        where,
        cluster=attributes["cluster"],
        task_definition=attributes["task_definition"],
        container=name,
        command=task.command,
        subnets=tuple(sorted(network["subnets"])),
        security_groups=tuple(sorted(network["security_groups"])),
        public_ip=bool(network.get("assign_public_ip")),
        timeout=task.timeout,
        platform_version=attributes.get("platform_version") or "LATEST",
    )


def _tasks(project: Project, service: str, when: When) -> tuple[OneOffTask, ...]:
    deployment = project.services[service].deployment
    return deployment.before if when == "before" else deployment.after


def _shown(task: OneOffTask) -> str:
    """The command as it is typed in a shell, without what may be a credential."""
    return MASK if contains_credential(list(task.command)) else shlex.join(task.command)
