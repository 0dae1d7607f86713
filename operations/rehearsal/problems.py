"""The problems that a rehearsal can find in a stack."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from operations.plan.summary import summary
from operations.terraform.errors import written_at
from stacks.errors import Position, Problem, RehearsalError

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.terraform.stream import Diagnostic
    from stacks.addresses import Owners


def left_behind(resources: Iterable[str], folder: Path) -> RehearsalError | None:
    """The error for a destroy that left `resources`, or task definition files in `folder`; None if there are none."""
    files = sorted(str(file.relative_to(folder)) for file in folder.rglob("*.latest.json"))
    left = [*sorted(resources), *files]
    return RehearsalError.of("nothing left", "destroy leaves resources behind", got=", ".join(left)) if left else None


def not_empty(plan: Plan) -> RehearsalError:
    """The error for a plan after the apply that is not empty."""
    changes = [
        " ".join([resource.address, *(each.path for each in resource.attributes if not each.computed)])
        for resource in plan.resources
    ]
    return RehearsalError.of(
        "plan again",
        "the plan after the apply must be empty",
        got=f"{summary(plan)}: {', '.join(changes)}",
        fix="AWS returns different values than Terraform set, so every later plan would show these changes",
    )


def invalid(diagnostic: Diagnostic, owners: Owners) -> Problem:
    """The problem for an error of `terraform validate`."""
    return Problem(
        written_at(diagnostic, owners) or Position("validate"),
        " ".join(diagnostic.summary.split()),
        " ".join(diagnostic.detail.split()) or None,
        address=diagnostic.address or None,
    )
