"""From an ARN to Terraform: the type of the resource, and its import ID."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stacks.resources import CATALOGUE

_IMPORTS = tuple(
    (re.compile(entry.arn_import.pattern), entry.type, entry.arn_import.id)
    for entry in CATALOGUE.values()
    if entry.arn_import is not None
)


@dataclass(frozen=True)
class Imported:
    """A resource as Terraform's `import` names it."""

    type: str
    id: str


def imported(arn: str) -> Imported | None:
    """The Terraform type and the import ID of the resource with this ARN; None for a type that need not be imported.

    Terraform recreates those without harm: a queue with the same settings, a revision of a task definition, an alarm.
    """
    return next(candidates(arn), None)


def candidates(arn: str) -> Iterator[Imported]:
    """All types that a resource with this ARN can have: `db` is a database instance, or one of a cluster."""
    _, _, service, _, _, resource = arn.split(":", 5)
    for pattern, kind, id_ in _IMPORTS:
        match = pattern.fullmatch(f"{service}:{resource}")
        if match is not None:
            yield Imported(kind, id_.format(*match.groups(), arn=arn))
