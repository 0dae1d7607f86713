"""Run a command once in a task of its own, as a service runs: `run`.

    what the service runs now ─> its network, and its definition (with another image: a revision of its own)
        ─> RunTask ─> logs ─> exit code

A revision with another image is registered in a family of its own, as the newest revision of a service's family is what
the next release and a schedule without a revision run, and is deregistered as soon as the command ends.

Sources: the ECS API reference (RunTask, TaskOverride: an override has no image) and the EventBridge Scheduler API
reference (EcsParameters).
"""

from __future__ import annotations

import json
import math
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.deploy.consent import Consent, agreed_to
from operations.deploy.families import ONE_OFF
from operations.deploy.one_off_tasks import TaskSettings
from operations.deploy.release_images import WantedImage, images_by_digest
from operations.deploy.task_revisions import Definition, find_definition, register
from operations.plan.redact import MASK, contains_credential
from operations.services.deployed import DeployedEnvironment
from operations.services.schedules import require_schedule, task_definition_of
from operations.tasks.result import TaskResult, failure
from operations.tasks.run import Clients, Listener, run_task
from operations.tasks.start import TaskRequest
from operations.text import spoken
from stacks.errors import AwsError, Position, Problem, UsageError
from stacks.project.rules.task import MEMORY_BY_CPU, nearest_size
from stacks.project.suggest import listed

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter

MOST_OVERRIDES = 8192
"""The most characters of all overrides as JSON (RunTask, `overrides`)."""
_ATTEMPTS = 2
"""How often a request is tried: following a task tries again itself."""


@dataclass(frozen=True)
class OneOff:
    """What to run.

    Attributes:
        command: The command; empty for that of the task definition, or of the image.
        cpu: CPU units of the task; those of the service by default.
        memory: MiB of the task; that of the service by default.
        env_vars: More environment variables, or other values of them.
        image: The image; that of the service by default.
        timeout: Seconds that the command may run; no limit by default.
    """

    command: tuple[str, ...] = ()
    cpu: int | None = None
    memory: int | None = None
    env_vars: Mapping[str, str] = field(default_factory=dict, repr=False)
    image: WantedImage | None = None
    timeout: float | None = None

    @property
    def shown(self) -> str:
        """The command as it is typed in a shell, without what may be a credential."""
        if not self.command:
            return "the default command"
        return f"`{MASK}`" if contains_credential(list(self.command)) else f"`{shlex.join(self.command)}`"


def run_once(
    environment: Environment,
    service: str,
    what: OneOff,
    reporter: Reporter,
    consent: Consent,
    on_line: Callable[[str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> TaskResult | None:
    """Run a command once, with the image, the roles and the network of a service, and wait for its end.

    An interrupt stops the task and is raised again.

    Args:
        environment: The environment.
        service: The service, one of `environment.services`.
        what: What to run.
        reporter: Receives messages and warnings, and asks.
        consent: What may be done without asking.
        on_line: Receives each line that the container prints.
        sleep: Pauses for a number of seconds.
        clock: The current time in seconds.

    Returns:
        How the task ended, with the exit code of its container; None when the user declined.

    Raises:
        AwsError: The container did not start or was stopped after `timeout`, AWS refused a request, or the environment
            is not deployed or is stopped.
        ImageError: The image does not exist, or not for the architecture of the service.
        UsageError: The size or an environment variable does not fit, or the reporter cannot ask.
    """
    deployed = DeployedEnvironment.of(environment)
    deployed.refuse_stopped()
    settings, definition = _running(deployed, service)
    container = _container(service, definition)
    _check(definition, container, what)
    image = None if what.image is None else images_by_digest(environment, [service], what.image)[service]
    if not agreed_to(f"run a task of {service}", environment, reporter, consent):
        return None
    with _revision(deployed, service, definition, container, image, reporter) as definition_to_run:
        request = _request(service, replace(settings, task_definition=definition_to_run.arn), container, what)
        _check_length(request)
        clients = Clients(*(aws.client(environment.session, each, attempts=_ATTEMPTS) for each in ("ecs", "logs")))
        listener = Listener(
            lambda task: reporter.say(f"Running {what.shown} of {definition_to_run.revision} as task {task}"),
            on_line,
            reporter.warn,
            lambda task: reporter.warn(f"stopped task {task}"),
        )
        result = run_task(clients, request, listener, sleep=sleep, clock=clock)
    if result.ending != "stopped" or result.exit_code is None:
        raise AwsError(_problem(request, result, what))
    return result


def _running(deployed: DeployedEnvironment, service: str) -> tuple[TaskSettings, Definition]:
    """The network of a service, and the definition that its current deployment or its schedule runs."""
    environment, where = deployed.environment, f"service `{service}`"
    if environment.services[service].type == "job":
        with aws.errors(where):
            schedule = require_schedule(environment, environment.client("scheduler"), service)
            definition = _definition(deployed, service, task_definition_of(schedule))
            return _of_schedule(schedule, deployed.cluster.arn, definition.arn), definition
    primary = deployed.ecs_service(service).primary
    with aws.errors(where):
        names = environment.names
        answer = deployed.ecs.describe_services(cluster=names.cluster, services=[names.service(service)])
        definition = _definition(deployed, service, primary.task_definition if primary else "")
        return TaskSettings.of_ecs(answer["services"][0], definition.arn), definition


def _definition(deployed: DeployedEnvironment, service: str, arn: str) -> Definition:
    found = find_definition(deployed.ecs, arn) if arn else None
    if found is None:
        what, fix = "the task definition that it runs does not exist", "deploy it again:"
        raise AwsError(Problem(Position(f"service `{service}`"), what, arn or None, fix, command=("deploy",)))
    if found.described.get("status", "ACTIVE") != "ACTIVE":
        what = "the task definition that it runs is deregistered, so ECS starts no more tasks from it"
        raise AwsError(
            Problem(Position(f"service `{service}`"), what, found.revision, "deploy it again:", command=("deploy",))
        )
    return found


def _of_schedule(schedule: Mapping[str, Any], cluster: str, task_definition: str) -> TaskSettings:
    parameters = schedule["Target"]["EcsParameters"]
    network = parameters["NetworkConfiguration"]["awsvpcConfiguration"]
    return TaskSettings(
        cluster,
        task_definition,
        tuple(sorted(network["Subnets"])),
        tuple(sorted(network.get("SecurityGroups", ()))),
        network.get("AssignPublicIp") == "ENABLED",
        parameters.get("PlatformVersion") or "LATEST",
    )


def _container(service: str, definition: Definition) -> str:
    found = definition.container_of(service)
    if found is None:
        what, got = f"{definition.revision} has no container {service}", ", ".join(definition.containers)
        fix = "name the container like the service in its `task_definition_template`, and deploy it"
        raise AwsError.of(f"service `{service}`", what, got=got, fix=fix)
    return found


def _check(definition: Definition, container: str, what: OneOff) -> None:
    """Raise UsageError if the size is not one of Fargate, or a variable has the name of a secret."""
    cpu, memory = (int(given or definition.described.get(key) or 0) for given, key in _sizes(what))
    legal = MEMORY_BY_CPU.get(cpu)
    if (what.cpu or what.memory) and (legal is None or memory not in legal):
        best = nearest_size(cpu, memory)
        options = " ".join(f"--{name} {size}" for name, size in zip(("cpu", "memory"), best, strict=True))
        got = f"{cpu} CPU units with {memory} MiB"
        raise UsageError.of("--cpu, --memory", "not a size of Fargate tasks", got=got, fix=f"the nearest is {options}")
    described = definition.described["containerDefinitions"]
    secrets = {each["name"] for found in described if found["name"] == container for each in found.get("secrets", ())}
    if taken := sorted(secrets & {*what.env_vars}):
        # RegisterTaskDefinition, `secrets`: "The secret name must be unique and not shared with any new or existing
        # environment variables set on the container".
        fix = "leave it out, or use another name"
        raise UsageError.of("--env-var", "the service gets this variable from a secret", got=listed(taken), fix=fix)


def _sizes(what: OneOff) -> tuple[tuple[int | None, str], tuple[int | None, str]]:
    return (what.cpu, "cpu"), (what.memory, "memory")


def _check_length(request: TaskRequest) -> None:
    length = len(json.dumps(request.overrides, ensure_ascii=False))
    if length > MOST_OVERRIDES:
        what = f"the command and the variables are longer than ECS accepts: {MOST_OVERRIDES} characters as JSON"
        raise UsageError.of("", what, got=str(length), fix="put them into a file of the image, or into S3")


@contextmanager
def _revision(
    deployed: DeployedEnvironment,
    service: str,
    definition: Definition,
    container: str,
    image: str | None,
    reporter: Reporter,
) -> Iterator[Definition]:
    """The definition with another image, registered for this block only; without one, the definition itself."""
    if image is None:
        yield definition
        return
    family = deployed.environment.names.task_definition(service) + ONE_OFF
    wanted = definition.with_image(container, image)
    try:
        with aws.errors(f"a task definition with {image}"):
            definition_to_run = register(
                deployed.ecs, replace(wanted, described={**wanted.described, "family": family})
            )
    except KeyboardInterrupt:
        fix = f"list it with `aws ecs list-task-definitions --family-prefix {family}`, and deregister it"
        problem = Problem(Position(family), "AWS may have registered a revision", fix=fix, severity="warning")
        reporter.warn(problem)
        raise
    try:
        yield definition_to_run
    finally:
        _deregister(deployed, definition_to_run, reporter)


def _deregister(deployed: DeployedEnvironment, definition: Definition, reporter: Reporter) -> None:
    """Deregister a revision; a warning if that fails. Tasks of it run on."""
    try:
        with aws.errors(f"deregistering {definition.revision}"):
            deployed.ecs.deregister_task_definition(taskDefinition=definition.arn)
    except AwsError as error:
        fix = f"deregister it with `aws ecs deregister-task-definition --task-definition {definition.revision}`"
        for problem in error.problems:
            reporter.warn(replace(problem, fix=fix, severity="warning"))


def _request(service: str, settings: TaskSettings, container: str, what: OneOff) -> TaskRequest:
    return TaskRequest(
        f"service `{service}`",
        cluster=settings.cluster,
        task_definition=settings.task_definition,
        container=container,
        command=what.command,
        subnets=settings.subnets,
        security_groups=settings.security_groups,
        public_ip=settings.public_ip,
        timeout=math.inf if what.timeout is None else what.timeout,
        platform_version=settings.platform_version,
        env_vars=what.env_vars,
        cpu=what.cpu,
        memory=what.memory,
    )


def _problem(request: TaskRequest, result: TaskResult, what: OneOff) -> Problem:
    """The problem of a task whose container has no exit code, or was stopped. Its lines are printed already."""
    task = (f"task {result.task.id}",)
    if result.ending == "timed out":
        text = f"{what.shown} did not end within {spoken(request.timeout)} and was stopped"
        return Problem(Position(request.where), text, fix="pass a longer --timeout", details=task)
    found = failure(request, result, "", shown=what.shown.strip("`"))
    assert found is not None  # the task did not succeed
    return replace(found, details=task)
