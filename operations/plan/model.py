"""What a plan does, resource by resource: the model behind `plan`, `deploy` and `destroy`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from operations.plan.containers import with_containers
from operations.plan.diff import AttributeChange, configured_arguments, differences, output_change
from operations.plan.facts import NO_FACTS, Facts, Reviewer
from operations.plan.impossible import impossible_changes
from operations.plan.restarts import SERVICE, restarts_tasks, runs_another_definition
from operations.terraform.stream import Planned
from stacks.addresses import Owners, Place, place
from stacks.errors import Problem
from stacks.resources import GROUPS, Risk, resource_type

Action = Literal["create", "update", "replace", "destroy", "import", "forget", "move", "keep"]
JSON_VERSION = 1

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
_COUNTED: tuple[Action, ...] = ("create", "update", "replace", "destroy", "import", "forget", "move")


@dataclass(frozen=True)
class ResourceChange:
    """A resource that a plan changes.

    Attributes:
        address: Terraform's address.
        type: Terraform's resource type.
        place: The service that owns it, and its name.
        action: What happens to it. A new revision of a task definition counts as an update.
        attributes: The changes; empty if it is created or destroyed, or if only the actions are known.
        facts: Its values if it is created, and how it becomes public and costs money by the hour.
        risk: What replacing or destroying it costs; None when it costs nothing.
        steps: How many operations it takes: two for a replacement, even if it counts as an update; none for a move.
        reason: Why Terraform takes this action if no change of an attribute says it: `replace_because_tainted`.
        moved_from: The address in the state, if it has another one in the configuration.
        deposed: Whether it is what an interrupted replacement left of the resource at this address.
        restarts_tasks: Whether it is a service that is updated in place and replaces all its tasks, some at a time.
        other_definition: Whether it is a service that runs another task definition afterwards, or a new one.
    """

    address: str
    type: str
    place: Place
    action: Action
    attributes: tuple[AttributeChange, ...] = ()
    risk: Risk | None = None
    steps: int = 1
    facts: Facts = NO_FACTS
    reason: str | None = None
    moved_from: str | None = None
    deposed: bool = False
    restarts_tasks: bool = False
    other_definition: bool = False


@dataclass(frozen=True)
class OutputChange:
    """An output that changes; sensitive values are masked. `changes` are the values in it that differ."""

    name: str
    before: Any
    after: Any
    changes: tuple[AttributeChange, ...] = ()


@dataclass(frozen=True)
class PlannedTask:
    """A one-off task that a deploy of the plan runs.

    Attributes:
        service: The service whose task definition it uses.
        when: Before the service changes, or after it has reached a steady state.
        command: The command as text; masked if it looks like it contains a credential.
        timeout: How many seconds it may run.
    """

    service: str
    when: Literal["before", "after"]
    command: str
    timeout: int


@dataclass(frozen=True)
class Plan:
    """A plan.

    Attributes:
        stack: The stack it is for.
        resources: The changes, by service and group.
        kept: How many resources do not change; None when only the actions are known.
        outputs: The outputs that change.
        drift: The changes outside of Terraform since the last deploy.
        has_changes: Whether applying it would do anything.
        impossible: The changes that AWS would refuse while they are applied.
        tasks: The one-off tasks that a deploy of it runs, in order.
    """

    stack: str
    resources: tuple[ResourceChange, ...]
    kept: int | None = None
    outputs: tuple[OutputChange, ...] = ()
    drift: tuple[ResourceChange, ...] = ()
    has_changes: bool = True
    impossible: tuple[Problem, ...] = ()
    tasks: tuple[PlannedTask, ...] = ()

    def count(self, *actions: Action) -> int:
        """How many resources have one of these actions."""
        return sum(resource.action in actions for resource in self.resources)

    @property
    def steps(self) -> int:
        """How many operations applying it takes."""
        return sum(resource.steps for resource in self.resources)

    @property
    def places(self) -> dict[str, Place]:
        """The service and the name of each resource that changes, by address."""
        ordered = sorted(self.resources, key=lambda resource: not resource.deposed)
        return {resource.address: resource.place for resource in ordered}

    @property
    def risks(self) -> tuple[ResourceChange, ...]:
        """The changes that cost data or traffic."""
        return tuple(resource for resource in self.resources if resource.risk is not None)

    @property
    def irreversible(self) -> tuple[ResourceChange, ...]:
        """The changes that no later deploy can undo, because data is lost."""
        return tuple(each for each in self.risks if each.risk is not None and each.risk.kind == "data")

    @property
    def destroys_everything(self) -> bool:
        """Whether it destroys all resources, so that it was planned to destroy the stack."""
        return bool(self.resources) and not self.kept and self.count("destroy") == len(self.resources)

    @property
    def destroys_more_than_it_keeps(self) -> bool:
        """Whether it destroys more resources than it keeps or changes. A replaced resource counts as destroyed."""
        destroyed = self.count("destroy", "replace")
        return destroyed > (self.kept or 0) + self.count("update", "import", "forget", "move")

    def to_json(self) -> dict[str, Any]:
        """The plan as `plan --json` prints it; keys are only ever added within a `version`."""
        counts = Counter(resource.action for resource in self.resources)
        return {
            "version": JSON_VERSION,
            "stack": self.stack,
            "has_changes": self.has_changes,
            "summary": {
                **{action: counts[action] for action in _COUNTED},
                "keep": self.kept,
            },
            "resources": [_resource_json(resource) for resource in self.resources],
            "outputs": [{"name": each.name, "before": each.before, "after": each.after} for each in self.outputs],
            "drift": [_resource_json(resource) for resource in self.drift],
            "tasks": [asdict(task) for task in self.tasks],
        }


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
    reader = _Reader(shown, owners)
    every = [each for each in shown.get("resource_changes", []) if each.get("mode") != "data"]
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
        impossible=impossible_changes(every),
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
        found = _resource(address, kind, action, attributes, self._owners)
        if resource.get("deposed"):
            return _as_deposed(found)
        return replace(
            found,
            facts=NO_FACTS if drift else self._reviewer.news(resource, action),
            reason=resource.get("action_reason"),
            moved_from=resource.get("previous_address"),
            restarts_tasks=_restarts(kind, change, action) and not drift,
            other_definition=kind == SERVICE and not drift and runs_another_definition(change),
        )


def _restarts(kind: str, change: Mapping[str, Any], action: Action) -> bool:
    return kind == SERVICE and action in ("update", "import") and restarts_tasks(change)


def _action(resource: Mapping[str, Any]) -> Action:
    change = resource["change"]
    action = _ACTIONS.get(tuple(change["actions"]), "keep")
    if change.get("importing") and action in ("keep", "update"):
        return "import"
    return "move" if action == "keep" and resource.get("previous_address") else action


def _resource(
    address: str, kind: str, action: Action, attributes: tuple[AttributeChange, ...], owners: Owners
) -> ResourceChange:
    steps = _STEPS.get(action, 1)
    entry = resource_type(kind)
    if action == "replace" and entry.revision is not None:
        action = "update"
        attributes = tuple(replace(each, replaces=False) for each in attributes)
    return ResourceChange(
        address, kind, place(address, owners), action, attributes, entry.risk(action, address.partition(".")[2]), steps
    )


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


def _resource_json(resource: ResourceChange) -> dict[str, Any]:
    return {
        "address": resource.address,
        "type": resource.type,
        "action": resource.action,
        "service": resource.place.service,
        "group": resource.place.group,
        "concept": resource.place.name,
        "restarts_tasks": resource.restarts_tasks,
        "attributes": [asdict(each) for each in resource.attributes],
        "values": [asdict(each) for each in resource.facts.values],
        "public": list(resource.facts.public),
        "billed": [asdict(each) for each in resource.facts.charges],
        "risk": None if resource.risk is None else asdict(resource.risk),
        "reason": resource.reason,
        "moved_from": resource.moved_from,
        "deposed": resource.deposed,
    }
