"""Reads what Terraform says about a plan into the model: only its actions while it plans, or all values afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from operations.plan.containers import with_containers
from operations.plan.diff import AttributeChange, configured_arguments, differences, output_change
from operations.plan.facts import NO_FACTS, Reviewer
from operations.plan.impossible import impossible_changes
from operations.plan.model import Action, OutputChange, Plan, ResourceChange
from operations.plan.restarts import SERVICE, restarts_tasks, runs_another_definition
from operations.plan.undeletable import only_if_empty
from operations.terraform.stream import Planned
from stacks.addresses import Owners, place, with_removed
from stacks.resources import CATALOGUE, GROUPS, OWN, resource_type
from stacks.resources.own import risk_of_own

_ACTIONS: dict[tuple[str, ...], Action] = {
    ("no-op",): "keep",
    ("create",): "create",
    ("update",): "update",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("create", "forget"): "replace",
    ("delete",): "destroy",
    ("forget",): "forget",
}
_STREAMED: dict[str, Action] = {
    "create": "create",
    "update": "update",
    "replace": "replace",
    "delete": "destroy",
    "remove": "forget",
    "forget": "forget",
    "import": "import",
    "move": "move",
}
_STEPS: dict[Action, int] = {"replace": 2, "move": 0}


def plan_from_actions(stack: str, planned: Iterable[Planned], owners: Owners) -> Plan:
    """The plan without values, from the events of planning: which resources, which actions."""
    resources = (
        _resource(each.address, each.type, _STREAMED[each.action], (), owners)
        for each in planned
        if each.action in _STREAMED
    )
    return Plan(stack, _sorted(resources, owners))


def plan_from_json(
    stack: str, shown: Mapping[str, Any], owners: Owners, has_changes: bool = True, *, folder: Path | None = None
) -> Plan:
    """The plan with all values, from `terraform show -json`. Secrets are masked.

    With `folder`, the stack's folder, containers are shown although Terraform does not know all of their values.
    """
    if folder is not None:
        shown = with_containers(shown, folder)
    every = [each for each in shown.get("resource_changes", []) if each.get("mode") != "data"]
    owners = with_removed(owners, ((each["address"], each["change"].get("before") or {}) for each in every))
    reader = _Reader(shown, owners)
    resources = [reader.read(each) for each in every]
    # A local file exists only on the machine that deployed last: it was not deleted.
    drifted = [each for each in shown.get("resource_drift", []) if not resource_type(each["type"]).derived]
    # Values that AWS computes are not drift, such as the rules of a group whose rules are separate resources.
    drift = (reader.read(each, drift=True) for each in drifted)
    return Plan(
        stack,
        _sorted((each for each in resources if each.action != "keep"), owners),
        kept=sum(each.action == "keep" for each in resources),
        outputs=tuple(_outputs(shown.get("output_changes") or {})),
        drift=_sorted((each for each in drift if each.attributes or each.action == "destroy"), owners),
        has_changes=has_changes,
        impossible=impossible_changes(every, owners),
        only_if_empty=only_if_empty(every, owners),
    )


class _Reader:
    """Reads the changes of resources in a plan."""

    def __init__(self, shown: Mapping[str, Any], owners: Owners) -> None:
        self._owners = owners
        self._configured = configured_arguments(shown)
        self._reviewer = Reviewer(shown, owners)

    def read(self, resource: Mapping[str, Any], *, drift: bool = False) -> ResourceChange:
        """The change of a resource; of drift only what the configuration sets."""
        address, kind, change = resource["address"], resource["type"], resource["change"]
        action = _action(resource)
        attributes: tuple[AttributeChange, ...] = ()
        if action in ("update", "replace", "import"):
            attributes = differences(
                change,
                configured=self._configured.get(address, frozenset()),
                computed=not drift,
                container=place(address, self._owners).service,
                sets=resource_type(kind).sets,
            )
        found = _resource(address, kind, action, attributes, self._owners, change.get("before"))
        if resource.get("deposed"):
            return _as_deposed(found)
        return replace(
            found,
            facts=NO_FACTS if drift else self._reviewer.news(resource, action),
            reason=resource.get("action_reason"),
            moved_from=resource.get("previous_address"),
            restarts_tasks=_restarts(kind, change, action) and not drift,
            notes=tuple(_notes(kind, change)) if action == "update" and not drift else (),
            other_definition=kind == SERVICE and not drift and runs_another_definition(change),
        )


def _restarts(kind: str, change: Mapping[str, Any], action: Action) -> bool:
    return kind == SERVICE and action in ("update", "import") and restarts_tasks(change)


def _notes(kind: str, change: Mapping[str, Any]) -> Iterator[str]:
    """What an update of a resource in place does besides, by the arguments that change."""
    before, after, unknown = (change.get(key) or {} for key in ("before", "after", "after_unknown"))
    for note in resource_type(kind).notes:
        if any(unknown.get(name) is True or before.get(name) != after.get(name) for name in note.arguments):
            yield note.text


def _action(resource: Mapping[str, Any]) -> Action:
    change = resource["change"]
    action = _ACTIONS.get(tuple(change["actions"]), "keep")
    if change.get("importing") and action in ("keep", "update"):
        return "import"
    return "move" if action == "keep" and resource.get("previous_address") else action


def _resource(
    address: str,
    kind: str,
    action: Action,
    attributes: tuple[AttributeChange, ...],
    owners: Owners,
    before: Mapping[str, Any] | None = None,
) -> ResourceChange:
    steps = _STEPS.get(action, 1)
    entry = resource_type(kind)
    if action == "replace" and entry.revision is not None:
        action = "update"
        attributes = tuple(replace(each, replaces=False) for each in attributes)
    where = place(address, owners)
    risk = entry.risk(action, address.partition(".")[2], before)
    if risk is None and action in ("destroy", "replace") and (where.group == OWN or kind not in CATALOGUE):
        risk = risk_of_own(kind)
    return ResourceChange(address, kind, where, action, attributes, risk, steps)


def _as_deposed(resource: ResourceChange) -> ResourceChange:
    """The remains of a replacement. Destroying them loses data, but no traffic: the new resource has it.

    See https://developer.hashicorp.com/terraform/internals/json-format#change-representation, `deposed`.
    """
    risk = resource.risk if resource.risk is not None and resource.risk.kind == "data" else None
    name = f"{resource.place.name} (deposed)"
    return replace(resource, place=replace(resource.place, name=name), risk=risk, deposed=True)


def _outputs(changes: Mapping[str, Any]) -> Iterable[OutputChange]:
    for name, change in sorted(changes.items()):
        if change["actions"] != ["no-op"]:
            yield OutputChange(name, *output_change(change))


def _sorted(resources: Iterable[ResourceChange], owners: Owners) -> tuple[ResourceChange, ...]:
    """By service in the order of the project file, then by group; by name within."""
    order = {group: number for number, group in enumerate((*owners.services, *GROUPS))}
    return tuple(
        sorted(resources, key=lambda each: (order.get(each.place.group, len(order)), each.place.name, each.address))
    )
