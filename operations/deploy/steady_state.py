"""The wait of a deploy for its services: what ECS lists before the apply, and the wait after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from operations import aws
from operations.deploy.expected_services import changed_services, services_to_wait_for
from operations.health.deployments import Baseline, deployments_before
from operations.health.wait import wait_for_steady_state
from operations.reporter import activity
from stacks.errors import AwsError
from stacks.naming import Names

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.reporter import Reporter
    from operations.stack import Stack
    from stacks.errors import Problem

ATTEMPTS = 2
"""How often a request of the wait is tried: the wait itself tries again."""


def before_apply(stack: Stack, reporter: Reporter, planned: Plan) -> Mapping[str, Baseline]:
    """What ECS lists for the services that a plan changes, by their name in ECS; with a detail if it can't be read."""
    changed = changed_services(stack.project, planned)
    if not stack.exists or not changed:
        return dict.fromkeys(changed, Baseline())
    try:
        with aws.errors("reading the deployments of ECS"):
            cluster = Names(stack.project.project_id, stack.project.env).cluster
            return deployments_before(aws.client(stack.session, "ecs"), cluster, changed)
    except AwsError as error:
        reporter.detail(
            f"the deployments before the apply are unknown: {error}; the wait follows what ECS lists after it"
        )
        return dict.fromkeys(changed, Baseline(known=False))


def wait(stack: Stack, reporter: Reporter, timeout: float | None, before: Mapping[str, Baseline] | None = None) -> None:
    """Wait until every service has reached a steady state.

    Args:
        stack: The stack, after the apply.
        reporter: Receives the state of each service, and a warning when AWS does not answer.
        timeout: Seconds to wait; None to not wait.
        before: The result of `before_apply`; None without an apply.

    Raises:
        AwsError: A service has not, or AWS does not say.
    """
    if timeout is None:
        return
    try:
        problems = _problems(stack, reporter, timeout, before or {})
    except KeyboardInterrupt:
        status = f"see its health with `ecsforge status --env {stack.project.env}`"
        reporter.warn(f"no longer waiting: {stack.name} is deployed, and ECS continues without this command; {status}")
        raise
    if problems:
        raise AwsError(*problems)


def _problems(stack: Stack, reporter: Reporter, timeout: float, before: Mapping[str, Baseline]) -> tuple[Problem, ...]:
    cluster, services = services_to_wait_for(stack.project, stack.stored_state(), before)
    if not services:
        return ()
    with activity(reporter, "Waiting for the services to reach a steady state"), aws.errors("waiting for ECS"):
        ecs = aws.client(stack.session, "ecs", attempts=ATTEMPTS)
        return wait_for_steady_state(
            ecs, cluster, services, timeout=timeout, on_state=reporter.event, on_trouble=reporter.warn
        )
