"""Which changes of a plan wait until the tasks of `deployment.before` have succeeded, and which come first.

The services with tasks and all that depends on them wait. So does what their running tasks use now, if the plan would
destroy it after them: in a whole plan, Terraform destroys it once the service no longer uses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from operations.plan.dependencies import Dependencies, node_of
from operations.plan.subset import changes

# A replaced definition stays registered (`skip_destroy`), so tasks can still be started from it.
_KEPT = "aws_ecs_task_definition"


def held_back(shown: Mapping[str, Any], services: Iterable[str]) -> frozenset[str]:
    """The nodes that wait.

    Args:
        shown: The plan as `terraform show -json` prints it.
        services: The addresses of the ECS services with tasks to run before they change.
    """
    dependencies = Dependencies(shown)
    held = dependencies.with_dependents(services)
    while True:
        used = {node for each in held for node in dependencies.deployed(each)}
        late = {
            node_of(each["address"])
            for each in shown.get("resource_changes", ())
            if node_of(each["address"]) in used - held and _is_destroyed_last(each)
        }
        if not late:
            return held
        held |= dependencies.with_dependents(late)


def first_targets(shown: Mapping[str, Any], held: frozenset[str]) -> tuple[str, ...]:
    """The addresses that the plan changes and that do not wait."""
    every = (each["address"] for each in shown.get("resource_changes", ()) if changes(each))
    return tuple(dict.fromkeys(address for address in every if node_of(address) not in held))


def _is_destroyed_last(resource: Mapping[str, Any]) -> bool:
    """Whether Terraform destroys the resource after it has changed what depends on it."""
    actions: list[str] = resource["change"]["actions"]
    return actions == ["delete"] or (actions == ["create", "delete"] and str(resource["type"]) != _KEPT)
