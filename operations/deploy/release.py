"""Releases an image of services whose images a pipeline deploys (`image_owner: external`), without Terraform.

    newest definition ─> with the image ─> registered ─> tasks of `before` ─> service or schedule ─> wait ─> `after`

Terraform ignores which definition these services run, so that a plan after a release shows no change.

Sources: the ECS API reference (UpdateService: what is not given stays) and the EventBridge Scheduler API reference
(UpdateSchedule: what is not given is reset, so everything of GetSchedule is passed back).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from operations import aws
from operations.deploy.deployed_tags import mark_deployed
from operations.deploy.one_off_tasks import TaskSettings, When, run_service_tasks
from operations.deploy.running_images import Running, find_schedule, running_services
from operations.deploy.steady_state import ATTEMPTS
from operations.deploy.task_revisions import Definition, arguments, find_definition, register
from operations.health.deployments import deployments_before
from operations.health.wait import ExpectedService, wait_for_steady_state
from operations.reporter import activity
from stacks.errors import AwsError, EcsforgeError, Position, Problem
from stacks.image_reference import short_digest

if TYPE_CHECKING:
    from operations.health.deployments import Baseline
    from operations.health.environment import Environment
    from operations.reporter import Reporter


@dataclass(frozen=True)
class Release:
    """An image to release.

    Attributes:
        service: The service.
        image: The image, by digest where it is in ECR.
        container: The container that runs it.
        newest: The newest definition of the service's family.
        running: What the service runs now.
    """

    service: str
    image: str
    container: str
    newest: Definition
    running: Running

    @property
    def wanted(self) -> Definition:
        """The definition that the service will run; it may have to be registered."""
        return self.newest.with_image(self.container, self.image)


@dataclass
class Progress:
    """How far a command has come.

    Attributes:
        services: The services to release, in order.
        released: Those that were released.
        current: The one that is being released; empty before the first.
    """

    services: tuple[str, ...] = ()
    released: list[str] = field(default_factory=list)
    current: str = ""

    @property
    def remaining(self) -> tuple[str, ...]:
        """The services that were not released."""
        return tuple(name for name in self.services if name not in self.released)

    def __str__(self) -> str:
        waiting = [name for name in self.remaining if name != self.current]
        parts = {
            "released": self.released,
            "not completed": [self.current] if self.current in self.remaining else [],
            "not started": waiting,
        }
        return "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)


@dataclass(frozen=True)
class Settings:
    """How to release.

    Attributes:
        timeout: Seconds to wait for a steady state; None to not wait.
        before: Run the tasks of `deployment.before`.
        again: The arguments of the ecsforge command that continues with these services.
        clock: The current time in seconds, for the wait and the one-off tasks.
        sleep: Pauses for a number of seconds.
    """

    timeout: float | None
    before: bool
    again: Callable[[Sequence[str]], tuple[str, ...]]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def releases_of(environment: Environment, images: Mapping[str, str]) -> tuple[Release, ...]:
    """What is to be released, checked before anything changes.

    Args:
        environment: The environment, with the services of `images` selected.
        images: The image of each service.

    Raises:
        AwsError: A service is not deployed or has no container for the image, or AWS refused a request.
    """
    running = running_services(environment)
    ecs = environment.client("ecs")
    problems: list[Problem] = []
    releases = []
    for name, image in images.items():
        where, stack = Position(f"services.{name}"), environment.names.stack
        with aws.errors(f"the task definitions of {name}"):
            newest = find_definition(ecs, environment.names.task_definition(name)) if name in running else None
        if newest is None:
            what = f"{name} is not deployed in {stack} yet"
            problems.append(Problem(where, what, None, "deploy it first:", command=("deploy",)))
        elif (container := newest.container_of(name)) is None:
            what, got = f"the task definition {newest.revision} has no container {name}", ", ".join(newest.containers)
            fix = "name the container of the image like the service in its `task_definition_template`, and deploy it"
            problems.append(Problem(where, what, got, fix))
        else:
            releases.append(Release(name, image, container, newest, running[name]))
    if problems:
        raise AwsError(*problems)
    return tuple(releases)


def release(
    environment: Environment, releases: Sequence[Release], reporter: Reporter, settings: Settings, progress: Progress
) -> None:
    """Release images, one service after the other, until one fails.

    Args:
        environment: The environment.
        releases: What to release; see `releases_of`.
        reporter: Receives messages, the states of the services, and what one-off tasks print.
        settings: How to release.
        progress: Is kept current, also when an interrupt ends the release.

    Raises:
        AwsError: A service did not reach a steady state, a one-off task failed, or AWS refused a request.
    """
    progress.services = tuple(each.service for each in releases)
    for each in releases:
        progress.current = each.service
        # Of several services, the last problem says how to continue with all of them.
        again = settings.again(progress.remaining) if len(releases) == 1 else ()
        try:
            _OneRelease(environment, each, reporter, settings, again).run(progress)
        except EcsforgeError as error:
            raise AwsError(*_with_progress(error.problems, settings, progress)) from error.__cause__


def _with_progress(problems: tuple[Problem, ...], settings: Settings, progress: Progress) -> tuple[Problem, ...]:
    """The problems of a service, and what was released and how to continue where they do not say that."""
    if not progress.remaining or any(each.command for each in problems):
        return problems
    fix = "fix the cause, then continue with"
    last = Problem(Position("release"), str(progress), None, fix, command=settings.again(progress.remaining))
    return (*problems, last)


class _OneRelease:
    """The release of one service."""

    def __init__(
        self, environment: Environment, what: Release, reporter: Reporter, settings: Settings, again: tuple[str, ...]
    ) -> None:
        self._environment, self._what, self._reporter = environment, what, reporter
        self._settings, self._again = settings, again
        self._name = what.service
        self._is_job = environment.project.services[what.service].type == "job"
        self._ecs = environment.client("ecs")

    def run(self, progress: Progress) -> None:
        what, name = self._what, self._name
        if self._is_running():
            self._reporter.say(f"{name} already runs {short_digest(what.image)}")
            self._wait(what.running.definition, None)
            self._mark(progress)
            return
        definition = self._registered()
        if not self._is_job and self._settings.before:
            self._run_tasks("before", definition)
        baseline = self._update(definition)
        self._wait(definition, baseline)
        self._mark(progress)
        self._reporter.say(f"Released {name}: {short_digest(what.image)} as {definition.revision}")
        if not self._is_job:
            self._run_after(definition)

    def _is_running(self) -> bool:
        """Whether the service runs the wanted definition already, and not only the same image."""
        running = self._what.running
        same = arguments(self._ecs, running.definition) == arguments(self._ecs, self._what.wanted)
        return same and not running.follows_family

    def _registered(self) -> Definition:
        """The wanted definition as a revision: the newest one, if a release was not completed, or a new one."""
        what = self._what
        if what.newest.image_of(what.container) == what.image:
            return what.newest
        with aws.errors(f"registering a task definition of {self._name}"):
            made = register(self._ecs, what.wanted)
        self._reporter.say(f"{self._name}: registered {made.revision} with {short_digest(what.image)}")
        return made

    def _update(self, definition: Definition) -> Baseline | None:
        """Make the service or the schedule run a definition; return what ECS listed for the service before."""
        with aws.errors(f"service `{self._name}`"):
            if self._is_job:
                self._update_schedule(definition)
                return None
            cluster, service = self._environment.names.cluster, self._environment.names.service(self._name)
            baseline = deployments_before(self._ecs, cluster, [service])[service]
            self._ecs.update_service(cluster=cluster, service=service, taskDefinition=definition.arn)
            return baseline

    def _update_schedule(self, definition: Definition) -> None:
        scheduler = self._environment.client("scheduler")
        found = find_schedule(scheduler, self._environment.names.schedule(self._name))
        assert found is not None  # it was read before
        settable = scheduler.meta.service_model.operation_model("UpdateSchedule").input_shape.members
        target = found["Target"]
        run = {**target["EcsParameters"], "TaskDefinitionArn": definition.arn}
        kept = {key: value for key, value in found.items() if key in settable}
        scheduler.update_schedule(**{**kept, "Target": {**target, "EcsParameters": run}})

    def _wait(self, definition: Definition, baseline: Baseline | None) -> None:
        if self._is_job or self._settings.timeout is None:
            return
        environment, name = self._environment, self._name
        logs, status = (f"ecsforge {command} {name} {environment.options}" for command in ("logs", "status"))
        expected = ExpectedService(
            name, environment.names.service(name), definition.arn, logs, status, baseline=baseline
        )
        ecs = aws.client(environment.session, "ecs", attempts=ATTEMPTS)
        try:
            with activity(self._reporter, f"Waiting for {name} to reach a steady state"):
                problems = wait_for_steady_state(
                    ecs,
                    environment.names.cluster,
                    [expected],
                    timeout=self._settings.timeout,
                    on_state=self._reporter.event,
                    on_trouble=self._reporter.warn,
                    clock=self._settings.clock,
                    sleep=self._settings.sleep,
                )
        except KeyboardInterrupt:
            text = f"no longer waiting: {name} is updated, and ECS continues without this command"
            self._reporter.warn(f"{text}; see its health with `{status}`")
            raise
        if problems:
            raise AwsError(*problems)

    def _mark(self, progress: Progress) -> None:
        progress.released.append(self._name)
        mark_deployed(self._environment.project, {self._name: self._what.image}, self._reporter)

    def _run_tasks(self, when: When, definition: Definition) -> None:
        deployment = self._environment.project.services[self._name].deployment
        if not (deployment.before if when == "before" else deployment.after):
            return
        with aws.errors(f"service `{self._name}`"):
            cluster, service = self._environment.names.cluster, self._environment.names.service(self._name)
            (found,) = self._ecs.describe_services(cluster=cluster, services=[service])["services"]
            settings = TaskSettings.of_ecs(found, definition.arn)
        run_service_tasks(
            self._environment,
            self._reporter,
            when,
            self._name,
            settings,
            again=self._again,
            sleep=self._settings.sleep,
            clock=self._settings.clock,
        )

    def _run_after(self, definition: Definition) -> None:
        """Run the tasks of `deployment.after`, if the service is known to be in a steady state."""
        tasks = self._environment.project.services[self._name].deployment.after
        if tasks and self._settings.timeout is None:
            self._reporter.warn(f"`deployment.after` of {self._name} is not run with --no-wait")
        else:
            self._run_tasks("after", definition)
