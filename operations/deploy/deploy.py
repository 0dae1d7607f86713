"""Plan, show, confirm, apply exactly that plan, wait for a steady state: the steps of `plan`, `deploy` and `destroy`.

    Stack ─> plan ─> Reporter.show_plan ─> consent ─> apply, marked ─> wait ─> Outputs

The `Stack` contains what its preparation found (`operations/stack.py`), so nothing is looked up twice.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from operations import aws
from operations.deploy.consent import Consent, agreed, refuse_if_protected
from operations.deploy.expected_services import services_to_wait_for
from operations.deploy.families import deregister_families, families_of, removed_families
from operations.deploy.ownership import require_state
from operations.deploy.security_groups import close_open_groups
from operations.health.wait import wait_for_steady_state
from operations.plan.make import make_plan, private_folder, read_plan
from operations.reporter import activity
from operations.state.apply_marker import clear, marked
from stacks.errors import AwsError

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.reporter import Reporter
    from operations.stack import Stack
    from operations.terraform.stream import Outputs


def plan(stack: Stack, reporter: Reporter, file: Path, *, destroy: bool = False, details: bool = False) -> Plan:
    """Plan into `file`, and import the resources that an unfinished apply left.

    Args:
        stack: The stack, ready for Terraform.
        reporter: Receives `Started` and `Finished`, and Terraform's warnings as details.
        file: The plan file to write. It contains secrets in plain text.
        destroy: Plan to destroy everything.
        details: Also read the values of a plan that only creates resources, which takes a few seconds.

    Raises:
        TerraformError: Planning failed, or the stack exists in the account but is not in its state.
    """
    with activity(reporter, f"Planning to destroy {stack.name}" if destroy else f"Planning {stack.name}"):
        imports = stack.unfinished.orphans
        made = make_plan(stack.terraform, stack.name, file, reporter, imports=imports, destroy=destroy, details=details)
    if stack.exists:
        require_state(made, stack.backend, destroy=destroy)
    return made


def deploy(
    stack: Stack,
    reporter: Reporter,
    consent: Consent,
    *,
    saved_plan: Path | None = None,
    timeout: float | None,
) -> Outputs | None:
    """Deploy a stack as the project file describes it.

    Args:
        stack: The stack, ready for Terraform.
        reporter: Shows the plan, asks, and receives Terraform's events and the states of the services.
        consent: What may be done without asking.
        saved_plan: A plan file to apply instead of a new plan.
        timeout: Seconds to wait for a steady state; None to not wait.

    Returns:
        The stack's outputs; None when the user declined the plan.

    Raises:
        TerraformError: Planning or applying failed.
        AwsError: A service did not reach a steady state, or AWS refused a request.
        UsageError: The reporter cannot ask.
    """
    with private_folder() as folder:
        if saved_plan is None:
            stack.unfinished.keep_incomplete(stack.terraform, reporter)
            file = folder / "plan"
            planned = plan(stack, reporter, file)
        else:
            file = saved_plan
            planned = read_plan(stack.terraform, stack.name, file, stack.backend)
        destroys = planned.destroys_everything
        if destroys:
            refuse_if_protected(stack.project)
        reporter.show_plan(planned)
        if not planned.has_changes:
            clear(stack.terraform.folder)
            # The last deployment may have failed since, or `--no-wait` was set.
            _wait(stack, reporter, timeout)
            return stack.terraform.output()
        if not agreed(planned, stack.project, reporter, consent):
            return None
        if stack.unfinished.found:
            _close_groups(stack, reporter)
        outputs = _apply(stack, reporter, planned, file)
        _wait(stack, reporter, timeout)
    reporter.say(f"{'Destroyed' if destroys else 'Deployed'} {stack.name}")
    return outputs


def destroy(stack: Stack, reporter: Reporter, consent: Consent) -> bool:
    """Destroy everything in a stack; return False when the user declined. Raises the same errors as `deploy`."""
    refuse_if_protected(stack.project)
    with private_folder() as folder:
        file = folder / "plan"
        planned = plan(stack, reporter, file, destroy=True)
        if not planned.resources:
            deregister_families(stack, reporter, families_of(stack.project))
            reporter.say(f"{stack.name}: nothing to destroy")
            return True
        reporter.show_plan(planned)
        if not agreed(planned, stack.project, reporter, consent, destroy=True):
            return False
        _apply(stack, reporter, planned, file)
    reporter.say(f"Destroyed {stack.name}")
    return True


def _close_groups(stack: Stack, reporter: Reporter) -> None:
    """Close the security groups that the last deploy left open."""
    with aws.errors("closing the security groups that the last deploy did not complete"):
        closed = close_open_groups(stack.synthesized, stack.session)
    for name in closed:
        reporter.say(f"Closed the security group {name}, which the last deploy left open")


def _apply(stack: Stack, reporter: Reporter, planned: Plan, file: Path) -> Outputs:
    """Apply the plan in `file`, then deregister the task definitions of what it removed."""
    families = removed_families(planned, stack.stored_state)
    with activity(reporter, f"Applying {stack.name}", planned), marked(stack.terraform.folder):
        outputs = stack.terraform.apply(file, on_event=reporter.event)
    if planned.destroys_everything:
        families |= families_of(stack.project)
    deregister_families(stack, reporter, families)
    return outputs


def _wait(stack: Stack, reporter: Reporter, timeout: float | None) -> None:
    """Wait until every service has reached a steady state. Raises AwsError with a problem for each that has not."""
    if timeout is None:
        return
    cluster, services = services_to_wait_for(stack.project, stack.stored_state())
    if not services:
        return
    try:
        with activity(reporter, "Waiting for the services to reach a steady state"), aws.errors("waiting for ECS"):
            ecs = aws.client(stack.session, "ecs")
            problems = wait_for_steady_state(ecs, cluster, services, timeout=timeout, on_state=reporter.event)
    except KeyboardInterrupt:
        reporter.warn(f"no longer waiting: {stack.name} is deployed, and ECS continues without this command")
        raise
    if problems:
        raise AwsError(*problems)
