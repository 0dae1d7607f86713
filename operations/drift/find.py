"""Finds the drift of a stack.

    Stack ─> refresh-only plan ─> changed, missing
          └> state ─> what was added to its resources, what has its tags ─> Drift

Nothing is changed: a refresh-only plan stores neither the state nor anything in the account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations import aws
from operations.clients import Clients, Requests
from operations.deploy.images import missing_images
from operations.drift.additions import ADDITIONS, StackState
from operations.drift.changes import Refreshed
from operations.drift.model import Addition, Drift, UnmanagedResource
from operations.drift.unmanaged import unmanaged_resources
from operations.plan.variables import Variables
from operations.private_folder import private_folder
from operations.reporter import activity
from stacks.errors import AwsError, Position, Problem, TerraformError
from stacks.shared_registry import example_image

if TYPE_CHECKING:
    from operations.reporter import Reporter
    from operations.stack import Stack
    from operations.state.document import StateDocument


def find_drift(stack: Stack, reporter: Reporter) -> Drift:
    """What differs between the state of a stack and the account.

    Args:
        stack: The stack, ready for Terraform.
        reporter: Receives `Started` and `Finished`, and a warning for what the credentials may not look up.

    Raises:
        TerraformError: The stack is not deployed, or the refresh failed.
        AwsError: AWS refused a request, for another reason than a missing permission.
    """
    state = stack.state_before
    if state.is_empty:
        what, fix = "the environment is not deployed", "deploy it first:"
        raise TerraformError(
            Problem(Position(stack.name), what, f"an empty state {stack.backend}", fix, command=("deploy",))
        )
    if stack.stopped is not None:
        what = f"the environment has been stopped since {stack.stopped.moment}, and what was stopped is drift"
        start = ("start", "--env", stack.project.env)
        reporter.warn(Problem(Position(stack.name), what, fix="start it:", severity="warning", command=start))
    with activity(reporter, f"Comparing {stack.name} with the account"):
        with private_folder(stack.terraform.folder) as folder:
            file = folder / "drift"
            stack.terraform.plan_refresh(file, variables=_variables(stack))
            shown = stack.terraform.show(file)
        owners = stack.terraform.owners
        refreshed = Refreshed(shown, stack.synthesized.configuration, owners, stack.terraform.schemas)
        changed, missing = refreshed.changes()
        requests = Requests(Clients(stack.session, stack.project.region))
        gone = {each.address for each in missing}
        added = _added(
            StackState([each for each in state.managed if each.address not in gone], owners), requests, reporter
        )
        unmanaged = _unmanaged(stack, state, requests, reporter)
    return Drift(stack.name, changed, missing, added, unmanaged, len(state.managed))


def _variables(stack: Stack) -> dict[str, str]:
    """The values of the stack's variables as they were deployed; any image for a service that was not."""
    project = stack.project
    images = {name: example_image(project, name, project.services[name]) for name in missing_images(stack)}
    configuration, env_vars = stack.synthesized.configuration, stack.terraform.env_vars
    return Variables.of(configuration, stack.state_before, images=images, env_vars=env_vars).values


def _added(state: StackState, requests: Requests, reporter: Reporter) -> tuple[Addition, ...]:
    found: list[Addition] = []
    for look_up in ADDITIONS:
        try:
            found += look_up(state, requests)
        except AwsError as error:
            _warn_if_denied(error, reporter)
    return tuple(found)


def _unmanaged(
    stack: Stack, state: StateDocument, requests: Requests, reporter: Reporter
) -> tuple[UnmanagedResource, ...]:
    tags = stack.synthesized.own_tags
    try:
        return tuple(unmanaged_resources(requests, tags, state, f"{stack.name}-"))
    except AwsError as error:
        _warn_if_denied(error, reporter)
        return ()


def _warn_if_denied(error: AwsError, reporter: Reporter) -> None:
    """Warn about what the credentials may not look up. Raises any other error."""
    if aws.trouble(error) != "denied":
        raise error
    for problem in error.problems:
        reporter.warn(problem)
