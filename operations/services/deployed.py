"""A deployed environment whose services are changed: what each operation of this package starts from.

    Environment ─> its cluster, not stopped ─> the ECS service or the schedule ─> one change ─> wait

Every change is reported as `Changed` after AWS has accepted it, so that a failed or interrupted command never claims
more than it has done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.health.cluster import Cluster, cluster_of
from operations.health.deployments import Baseline, deployments_before
from operations.health.services import EcsService, describe_services
from operations.health.wait import ExpectedService, wait_for_steady_state
from operations.reporter import activity
from stacks.errors import AwsError, Position, Problem

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter

WAIT_ATTEMPTS = 2
"""How often a request of the wait is tried: the wait itself tries again."""
_GONE = frozenset({"ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"})
# UpdateService, "Errors": https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html


@dataclass(frozen=True)
class Changed:
    """A change that AWS has accepted. Its text is a line of progress.

    Attributes:
        service: The service in the project file.
        what: The change: `2 tasks -> 0, scaling suspended`.
    """

    service: str
    what: str

    def __str__(self) -> str:
        return f"service `{self.service}`: {self.what}"


class InterruptedChange(KeyboardInterrupt):
    """The command was interrupted while AWS was asked for a change: it may have been made."""


@contextmanager
def requested() -> Iterator[None]:
    """Raise `InterruptedChange` if the requests in this block, which change something, are interrupted."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise InterruptedChange from stop


@dataclass(frozen=True)
class DeployedEnvironment:
    """An environment that is deployed.

    Attributes:
        environment: The environment.
        ecs: A boto3 client for ECS.
        cluster: Its cluster.
    """

    environment: Environment
    ecs: Any
    cluster: Cluster

    @classmethod
    def of(cls, environment: Environment) -> DeployedEnvironment:
        """The deployed environment. Raises AwsError when it is not deployed or AWS refuses a request."""
        with aws.errors(f"cluster {environment.names.cluster}"):
            ecs = environment.client("ecs")
            return cls(environment, ecs, cluster_of(environment, ecs))

    def refuse_stopped(self) -> None:
        """Raise AwsError if the environment is stopped."""
        if self.cluster.stopped is not None:
            what = f"the environment has been stopped since {self.cluster.stopped.moment}"
            where = Position(self.environment.names.stack)
            raise AwsError(Problem(where, what, fix="start it first:", command=("start",)))

    def ecs_services(self) -> dict[str, EcsService]:
        """The ECS services of the selected services that exist, by name in the project file. Jobs have none."""
        names = self.environment.names
        wanted = {name: names.service(name) for name, each in self.environment.services.items() if each.type != "job"}
        with aws.errors("ECS services"):
            found = describe_services(self.ecs, names.cluster, wanted.values())
        return {name: found[ecs_name] for name, ecs_name in wanted.items() if ecs_name in found}

    def ecs_service(self, name: str) -> EcsService:
        """The ECS service of a selected service. Raises AwsError when it does not exist."""
        found = self.ecs_services().get(name)
        if found is None:
            raise AwsError(_missing(self.environment, name))
        return found

    def baselines(self, names: list[str]) -> Mapping[str, Baseline]:
        """What ECS lists for services before a change, by name in the project file."""
        of_ecs = {name: self.environment.names.service(name) for name in names}
        with aws.errors("reading the deployments of ECS"):
            found = deployments_before(self.ecs, self.environment.names.cluster, of_ecs.values())
        return {name: found[ecs_name] for name, ecs_name in of_ecs.items()}

    def update(self, name: str, **changes: Any) -> None:
        """Change an ECS service. Raises AwsError when it was deleted or AWS refuses the change, InterruptedChange."""
        names = self.environment.names
        with self.changing(name):
            self.ecs.update_service(cluster=names.cluster, service=names.service(name), **changes)

    @contextmanager
    def changing(self, name: str) -> Iterator[None]:
        """Convert the errors of a change of a service, also those of one that was deleted since it was read."""
        try:
            with aws.errors(f"service `{name}`"), requested():
                yield
        except AwsError as error:
            if error.codes & _GONE:
                raise AwsError(_missing(self.environment, name)) from error
            raise

    def expected(self, name: str, task_definition: str | None, baseline: Baseline) -> ExpectedService:
        """A service to wait for, which should run this task definition; None for any."""
        logs, status = (f"ecsforge {command} {name} {self.environment.options}" for command in ("logs", "status"))
        return ExpectedService(name, self.environment.names.service(name), task_definition, logs, status, baseline)

    def wait(self, services: list[ExpectedService], reporter: Reporter, timeout: float | None, text: str) -> None:
        """Wait until services reach a steady state; None for `timeout` does not wait. Raises AwsError if one does not.

        `text` is the activity: `Waiting for web to reach a steady state`.
        """
        if timeout is None or not services:
            return
        with activity(reporter, text), aws.errors("waiting for ECS"):
            ecs = aws.client(self.environment.session, "ecs", attempts=WAIT_ATTEMPTS)
            problems = wait_for_steady_state(
                ecs,
                self.environment.names.cluster,
                services,
                timeout=timeout,
                on_state=reporter.event,
                on_trouble=reporter.warn,
                change="request",
            )
        if problems:
            raise AwsError(*problems)


def without_redeployment(baseline: Baseline) -> Baseline:
    """The baseline for a change that starts no deployment, such as another desired count."""
    return replace(baseline, redeploys=False)


def _missing(environment: Environment, name: str) -> Problem:
    ecs_name = environment.names.service(name)
    return Problem(
        Position(f"service `{name}`"),
        f"the ECS service {ecs_name} does not exist in {environment.location}",
        fix=f"deploy it: {environment.deploy_command}",
        code="ServiceNotFoundException",
    )
