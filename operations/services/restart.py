"""Restart all tasks of a service: a new deployment of what it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations.deploy.consent import Consent, agreed_to
from operations.services.deployed import Changed, DeployedEnvironment
from stacks.errors import AwsError, Position, Problem, UsageError

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter


def restart(
    environment: Environment, service: str, reporter: Reporter, consent: Consent, *, timeout: float | None
) -> bool:
    """Replace all tasks of a service by new ones of the same revision, as a deployment does, and wait.

    Args:
        environment: The environment.
        service: The service, one of `environment.services`.
        reporter: Receives `Changed`, `Started`, `Finished` and `ServiceState`, and asks.
        consent: What may be done without asking.
        timeout: Seconds to wait for a steady state; None to not wait.

    Returns:
        False when the user declined.

    Raises:
        AwsError: The service has no tasks or does not reach a steady state, AWS refused a request, or the environment
            is not deployed or is stopped.
        UsageError: The service is a job, or the reporter cannot ask.
    """
    if environment.services[service].type == "job":
        what = "a job has no tasks to restart: each run starts new ones"
        raise UsageError.of("", what, got=service, fix="restart a web service or a worker")
    deployed = DeployedEnvironment.of(environment)
    deployed.refuse_stopped()
    ecs_service = deployed.ecs_service(service)
    if not ecs_service.desired:
        what, fix = "it has no tasks to restart: its desired count is 0", "start some first:"
        raise AwsError(Problem(Position(f"service `{service}`"), what, fix=fix, command=("scale", service, "1")))
    primary = ecs_service.primary
    if not agreed_to(f"restart {service}", environment, reporter, consent):
        return False
    before = deployed.baselines([service])[service]
    deployed.update(service, forceNewDeployment=True)
    reporter.event(Changed(service, "its tasks are being replaced"))
    expected = deployed.expected(service, primary.task_definition if primary else None, before)
    deployed.wait([expected], reporter, timeout, f"Waiting for {service} to reach a steady state")
    return True
