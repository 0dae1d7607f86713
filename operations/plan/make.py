"""Creates plans, and reads saved ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from operations.plan.import_blocks import import_blocks
from operations.plan.model import Plan
from operations.plan.read import plan_from_json
from operations.plan.variables import Variables, plan_with_variables
from operations.private_folder import private_folder as private_folder  # for scripts: docs/library.md
from operations.reporter import Reporter
from operations.state.backend import Backend
from operations.terraform.runner import PlanResult, Terraform
from stacks.errors import TerraformError

_TARGETED = "Resource targeting is in effect"


def make_plan(
    terraform: Terraform,
    name: str,
    file: Path,
    reporter: Reporter,
    *,
    imports: Mapping[str, str],
    unread: Sequence[str] = (),
    variables: Variables | None = None,
    destroy: bool = False,
    details: bool = False,
    targets: Sequence[str] = (),
) -> Plan:
    """Plan into `file`.

    Args:
        terraform: Terraform in the stack's folder.
        name: The name of the stack.
        file: The plan file to write.
        reporter: Receives Terraform's warnings as details.
        imports: Resources to import, address to id; those that no longer exist are left out.
        unread: Addresses of resources that an import leaves incomplete; see `unread_addresses`.
        variables: The values of the stack's variables for a stack that does not change.
        destroy: Plan to destroy everything.
        details: Also read a plan without changes, which takes a few seconds.
        targets: The addresses to plan, with what they depend on; everything by default.

    Raises:
        TerraformError: Planning failed.
    """
    variables = variables or Variables()
    if destroy:
        _import_now(terraform, imports, reporter)  # a plan to destroy ignores import blocks
        result = terraform.plan(file, destroy=True, variables=variables.values)
    else:
        plan = partial(_with_imports, terraform, file, imports, unread, targets)
        result = plan_with_variables(terraform, file, variables, plan)
    for warning in result.warnings:
        if targets and warning.summary == _TARGETED:
            continue
        reporter.detail(f"Terraform warning: {warning.summary}")
    if not result.has_changes and not details:
        return Plan(name, (), has_changes=False)
    shown = terraform.show(file)
    return plan_from_json(name, shown, terraform.owners, result.has_changes, folder=terraform.folder)


def read_plan(terraform: Terraform, name: str, file: Path, backend: Backend) -> Plan:
    """The plan that `ecsforge plan --out` saved in `file`.

    Raises:
        TerraformError: It is not a plan, or not one for the state in `backend`.
    """
    if not backend.is_named_in(file):
        raise TerraformError.of(
            str(file),
            "this plan was created for another state, and Terraform would write to that state",
            fix=f"the state is now in {backend}; create a new plan",
        )
    shown = terraform.show(file)
    if "planned_values" not in shown:  # Terraform shows states as well
        fix = "create a plan with `ecsforge plan --out FILE`"
        raise TerraformError.of(str(file), "this is not a plan", got="a state", fix=fix)
    return plan_from_json(name, shown, terraform.owners, folder=terraform.folder)


def _with_imports(
    terraform: Terraform,
    file: Path,
    imports: Mapping[str, str],
    unread: Sequence[str],
    targets: Sequence[str],
    variables: Mapping[str, str],
) -> PlanResult:
    """Plan with import blocks. A resource that AWS still lists may already be deleted; it is left out then."""
    while True:
        try:
            with import_blocks(terraform.folder, imports, unread):
                return terraform.plan(file, variables=variables, targets=targets)
        except TerraformError as error:
            failed = {each.address for each in error.problems}
            left = {address: id_ for address, id_ in imports.items() if address not in failed}
            if len(left) == len(imports):
                raise
            imports = left


def _import_now(terraform: Terraform, imports: Mapping[str, str], reporter: Reporter) -> None:
    for address, id_ in imports.items():
        try:
            terraform.adopt(address, id_)
        except TerraformError as error:
            reporter.warn(f"{address} with the id {id_} may remain in the account")
            for problem in error.problems:
                reporter.warn(problem)
