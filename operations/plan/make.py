"""Plans of a stack: made, saved and read back, with what an interrupted deploy has left taken over."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.console import Console
from operations import aws
from operations.deploy.orphans import Orphan, importing, last_ending, orphans
from operations.deploy.ownership import require_known, unknown_to
from operations.plan.model import Plan, plan_from_actions, plan_from_json
from operations.stack import Stack, busy
from operations.terraform.runner import PlanResult, Terraform
from stacks.addresses import Owners
from stacks.errors import AwsError, TerraformError


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for a plan file, which holds secrets in plain text: it goes with the command."""
    with tempfile.TemporaryDirectory(prefix="ecsforge-") as folder:
        yield Path(folder)


def make_plan(
    stack: Stack,
    console: Console,
    file: Path,
    *,
    destroy: bool = False,
    details: bool = False,
    adopt: bool = False,
) -> Plan:
    """Plan into `file`. Raises TerraformError, also when the stack stands in the account but is not in its state.

    Arguments:
        details: read the plan's values even where they tell nothing new. It takes Terraform seconds, so of a plan that
            only creates, the actions alone are read.
        adopt: take over what bears this stack's tags but is not in its state, although the last deploy from this folder
            ended well.
    """
    with busy(console, f"Planning to destroy {stack.name}" if destroy else f"Planning {stack.name}"):
        found: tuple[Orphan, ...] = ()
        if adopt or last_ending(stack.terraform.folder) is not None:
            found = _left_behind(stack, console)
        result = _planned(stack.terraform, console, file, found, destroy=destroy)
        if stack.stands:
            require_known(result.changes, stack.name, stack.backend)
            if destroy and not result.changes:
                raise unknown_to(stack.backend, stack.name)
        for warning in result.warnings:
            console.detail(f"Terraform warns: {warning.summary}")
        told_by_actions = result.changes and all(each.action in ("create", "read") for each in result.changes)
        if told_by_actions and not details:
            return plan_from_actions(stack.name, result.changes, Owners(services=stack.services))
        if not result.has_changes and not details:
            return Plan(stack.name, (), has_changes=False)
        return plan_from_json(
            stack.name, stack.terraform.show(file), Owners(services=stack.services), result.has_changes
        )


def _planned(
    terraform: Terraform, console: Console, file: Path, found: tuple[Orphan, ...], *, destroy: bool
) -> PlanResult:
    """Plan with what was found."""
    if destroy:
        _adopt(terraform, console, found)  # a plan to destroy takes no notice of import blocks
        return terraform.plan(file, destroy=True)
    while True:
        with importing(terraform.folder, found):
            try:
                return terraform.plan(file)
            except TerraformError as error:
                # What AWS still lists may be gone already, and can't be imported then: go on without it.
                there = tuple(orphan for orphan in found if orphan.address not in str(error))
                if len(there) == len(found):
                    raise
                found = there


def _adopt(terraform: Terraform, console: Console, found: Iterable[Orphan]) -> None:
    for orphan in found:
        try:
            terraform.adopt(orphan.address, orphan.id)
        except TerraformError as error:
            console.warn(f"{orphan.address} with the id {orphan.id} may be left in the account: {error}")


def _left_behind(stack: Stack, console: Console) -> tuple[Orphan, ...]:
    """What a deploy made but Terraform does not know."""
    try:
        with aws.errors("looking for what an interrupted deploy left"):
            found = orphans(stack.terraform.folder, stack.stored_state(), stack.session)
    except AwsError as error:  # it takes a permission that a deploy does not need otherwise
        console.warn(str(error))
        return ()
    for orphan in found:
        console.detail(f"An interrupted deploy left {orphan.address}, {orphan.id}")
    return found


def read_plan(stack: Stack, file: Path) -> Plan:
    """The plan that `plan --out` saved in `file`. Raises TerraformError when it is none, or of another state."""
    if not stack.backend.is_named_in(file):
        raise TerraformError(
            f"{file}: this plan was made over another state, and Terraform would go on there; the state is now at "
            f"{stack.backend}; make a new plan"
        )
    shown = stack.terraform.show(file)
    if "planned_values" not in shown:  # Terraform shows states as well
        raise TerraformError(f"{file}: this is no plan; got a state; make a plan with `ecsforge plan --out FILE`")
    return plan_from_json(stack.name, shown, Owners(services=stack.services))
