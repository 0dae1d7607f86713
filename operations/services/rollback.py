"""Roll a service back to an earlier revision of its task definition, without Terraform.

A service gets a new deployment of the earlier revision, a job's schedule names it. Terraform's state still has the
newest revision: unless `image_owner: external` leaves the task definition to others, the next deploy brings it back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from operations import aws
from operations.deploy.consent import Consent, agreed_to
from operations.health.services import revision_of
from operations.services.deployed import Changed, DeployedEnvironment
from operations.services.revisions import TaskRevision, active_revisions, described, endings, number_of
from operations.services.schedules import require_schedule, target_with, task_definition_of, update_schedule
from stacks.errors import AwsError, Position, Problem, UsageError

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter
    from stacks.project.models import Service

_REVISION = re.compile(r"(?:(?P<family>.*):)?(?P<number>[1-9]\d*)")
_REFUSED = frozenset({"InvalidParameterException", "ClientException", "PlatformTaskDefinitionIncompatibilityException"})
"""ECS's errors for a task definition that does not fit the service."""


@dataclass(frozen=True)
class Revisions:
    """The revisions that a service can run.

    Attributes:
        service: The service in the project file.
        current: The ARN that it runs; that of the family for a schedule without a revision.
        listed: The newest active revisions, newest first.
    """

    service: str
    current: str
    listed: tuple[TaskRevision, ...]

    @property
    def newest(self) -> TaskRevision | None:
        """The newest revision."""
        return next(iter(self.listed), None)

    @property
    def current_number(self) -> int:
        """The number of the revision that it runs."""
        return number_of(self.current) or (self.newest.number if self.newest else 0)

    @property
    def previous(self) -> TaskRevision | None:
        """The revision to go back to: the newest earlier one whose deployment completed, else one that did not fail."""
        earlier = [each for each in self.listed if each.number < self.current_number]
        completed = (each for each in earlier if each.ending == "completed")
        return next(completed, next((each for each in earlier if each.ending != "failed"), None))


@dataclass(frozen=True)
class RolledBack:
    """The result of a rollback.

    Attributes:
        service: The service in the project file.
        config: The service in the project file.
        before: What it ran: the family and revision.
        after: What it runs now.
        newest: The newest revision of the family, which Terraform's state has unless others deploy.
        changed: Whether it ran another revision before.
    """

    service: str
    config: Service
    before: str
    after: TaskRevision
    newest: TaskRevision
    changed: bool = True

    @property
    def is_external(self) -> bool:
        """Whether deploys leave the task definition to others."""
        return self.config.deployment.image_owner == "external"

    @property
    def image_changed_in_file(self) -> bool:
        """Whether the project file has another image than the newest revision."""
        return self.config.image != self.newest.image(self.service)


def revisions(environment: Environment, service: str) -> Revisions:
    """The revisions that a service or a job of the environment can run.

    Raises AwsError when the environment or the service is not deployed, or AWS refuses a request.
    """
    return _revisions(DeployedEnvironment.of(environment), service)


def rollback(
    environment: Environment,
    service: str,
    reporter: Reporter,
    consent: Consent,
    *,
    to: str | None = None,
    timeout: float | None,
) -> RolledBack | None:
    """Roll a service back, and wait until it reaches a steady state; or let a job's schedule run an earlier revision.

    Args:
        environment: The environment.
        service: The service, one of `environment.services`.
        reporter: Receives `Changed`, `Started`, `Finished` and `ServiceState`, and asks.
        consent: What may be done without asking.
        to: The revision, `7` or `web-shop-dev:7`; by default the newest earlier one that was deployed successfully.
        timeout: Seconds to wait for a steady state; None to not wait.

    Returns:
        What it runs now; None when the user declined.

    Raises:
        AwsError: The service does not reach a steady state, the revision does not exist, AWS refused a request, or the
            environment is not deployed or is stopped.
        UsageError: `to` is not a revision of the service, or the reporter cannot ask.
    """
    deployed = DeployedEnvironment.of(environment)
    deployed.refuse_stopped()
    found = _revisions(deployed, service)
    target = _target(deployed, found, to)
    newest = max((target, *found.listed), key=lambda each: each.number)
    result = RolledBack(service, environment.services[service], revision_of(found.current), target, newest)
    if target.arn == found.current:
        return replace(result, changed=False)
    if not agreed_to(f"roll {service} back to {target.name}", environment, reporter, consent):
        return None
    _change(deployed, result, reporter, timeout)
    return result


def _revisions(deployed: DeployedEnvironment, service: str) -> Revisions:
    environment = deployed.environment
    names, is_job = environment.names, environment.services[service].type == "job"
    if is_job:
        with aws.errors(f"service `{service}`"):
            schedule = require_schedule(environment, environment.client("scheduler"), service)
        current = task_definition_of(schedule)
    else:
        primary = deployed.ecs_service(service).primary
        current = primary.task_definition if primary else ""
    with aws.errors(f"revisions of {service}"):
        listed = active_revisions(deployed.ecs, names.task_definition(service))
    ended = {} if is_job else endings(deployed.ecs, names.cluster, names.service(service))
    known = (replace(each, ending=ended[each.arn].ending, deployed_at=ended[each.arn].at) if each.arn in ended else each
             for each in listed)  # fmt: skip
    return Revisions(service, current, tuple(known))


def _target(deployed: DeployedEnvironment, found: Revisions, to: str | None) -> TaskRevision:
    """The revision to go back to. Raises AwsError when there is none."""
    if to is None:
        if found.previous is None:
            what = f"it has no earlier revision than {revision_of(found.current)} that was deployed successfully"
            listed = ", ".join(each.name for each in found.listed) or "none"
            where = f"service `{found.service}`"
            raise AwsError.of(where, what, got=f"the active revisions {listed}", fix="pass one with --to")
        return found.previous
    name = _name(deployed.environment.names.task_definition(found.service), to)
    known = next((each for each in found.listed if each.name == name), None)
    return known or _older(deployed, found.service, name)


def _older(deployed: DeployedEnvironment, service: str, name: str) -> TaskRevision:
    """A revision that is not among the newest. Raises AwsError when it does not exist or is deregistered."""
    try:
        with aws.errors(f"service `{service}`"):
            found = described(deployed.ecs, name)
    except AwsError as error:
        if "ClientException" not in error.codes:
            raise
        raise AwsError(_unusable(service, "this revision does not exist", name)) from error
    if not found.is_active:
        raise AwsError(_unusable(service, "this revision is deregistered, so ECS starts no tasks from it", name))
    return found


def _unusable(service: str, what: str, got: str | None) -> Problem:
    command = ("rollback", service, "--list")
    return Problem(Position(f"service `{service}`"), what, got=got, fix="list the revisions:", command=command)


def _name(family: str, text: str) -> str:
    """The family and revision that a user typed. Raises UsageError for anything else."""
    match = _REVISION.fullmatch(text.rpartition("/")[2])
    if match is None or match["family"] not in (None, "", family):
        raise UsageError.of("--to", "not a revision of this service", got=text, fix=f"write it as 7 or {family}:7")
    return f"{family}:{match['number']}"


def _change(deployed: DeployedEnvironment, result: RolledBack, reporter: Reporter, timeout: float | None) -> None:
    service, arn = result.service, result.after.arn
    changed = Changed(service, f"{result.before} -> {result.after.name}")
    if result.config.type == "job":
        with deployed.changing(service):
            scheduler = deployed.environment.client("scheduler")
            schedule = require_schedule(deployed.environment, scheduler, service)
            update_schedule(scheduler, schedule, Target=target_with(schedule, arn))
        reporter.event(changed)
        return
    before = deployed.baselines([service])[service]
    try:
        deployed.update(service, taskDefinition=arn)
    except AwsError as error:
        if error.codes & _REFUSED:
            what = f"ECS can't run {result.after.name} in the service as it is today; nothing was changed"
            (problem, *_) = error.problems
            raise AwsError(replace(_unusable(service, what, problem.got), code=problem.code)) from error
        raise
    reporter.event(changed)
    expected = deployed.expected(service, arn, before)
    deployed.wait([expected], reporter, timeout, f"Waiting for {service} to reach a steady state")
