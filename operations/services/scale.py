"""Change the desired count of a service, without Terraform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations import aws
from operations.deploy.consent import Consent, agreed_to
from operations.services.deployed import Changed, DeployedEnvironment, without_redeployment
from operations.services.scaling import ScalableTarget, scalable_targets
from operations.text import counted
from stacks.errors import UsageError

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter
    from stacks.project.models import Service


@dataclass(frozen=True)
class Scaled:
    """The result of a change of the desired count.

    Attributes:
        service: The service in the project file.
        config: The service in the project file.
        before: The desired count before.
        count: The desired count now.
        target: Its scaling by Application Auto Scaling; None without.
    """

    service: str
    config: Service
    before: int
    count: int
    target: ScalableTarget | None

    @property
    def changed(self) -> bool:
        """Whether it was another count before."""
        return self.before != self.count

    @property
    def count_of_deploy(self) -> int | None:
        """The count that the next deploy sets; None where scaling manages it, or where it is the same."""
        wanted = self.config.desired_count
        return None if self.config.scaling is not None or wanted == self.count else wanted


def scale(
    environment: Environment,
    service: str,
    count: int,
    reporter: Reporter,
    consent: Consent,
    *,
    timeout: float | None,
) -> Scaled | None:
    """Set the desired count of a service, and wait until that many tasks run.

    Args:
        environment: The environment.
        service: The service, one of `environment.services`.
        count: The desired count; 0 stops all its tasks.
        reporter: Receives `Changed`, `Started`, `Finished` and `ServiceState`, and asks.
        consent: What may be done without asking.
        timeout: Seconds to wait; None to not wait.

    Returns:
        The change, and what may undo it; None when the user declined.

    Raises:
        AwsError: The service does not reach a steady state, AWS refused a request, or the environment is not deployed
            or is stopped.
        UsageError: The service is a job, or the reporter cannot ask.
    """
    if environment.services[service].type == "job":
        what = "a job has no desired count: `count` in the project file is the number of tasks in each run"
        raise UsageError.of("", what, got=service, fix="scale a web service or a worker")
    deployed = DeployedEnvironment.of(environment)
    deployed.refuse_stopped()
    ecs_service = deployed.ecs_service(service)
    with aws.errors(f"scaling of service `{service}`"):
        autoscaling = environment.client("application-autoscaling")
        target = scalable_targets(autoscaling, environment.names.cluster, [ecs_service.name]).get(ecs_service.name)
    result = Scaled(service, environment.services[service], ecs_service.desired, count, target)
    if not result.changed:
        return result
    if not agreed_to(f"scale {service} to {counted(count, 'task')}", environment, reporter, consent):
        return None
    before = deployed.baselines([service])[service]
    deployed.update(service, desiredCount=count)
    reporter.event(Changed(service, f"{counted(ecs_service.desired, 'task')} -> {count}"))
    expected = deployed.expected(service, None, without_redeployment(before))
    deployed.wait([expected], reporter, timeout, f"Waiting for {service} to run {counted(count, 'task')}")
    return result
