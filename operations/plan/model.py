"""What a plan does, resource by resource: the model behind `plan`, `deploy` and `destroy`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from operations.plan.diff import AttributeChange, differences
from operations.plan.redact import MASK
from operations.terraform.stream import Planned
from stacks.addresses import Owners, Place, place
from stacks.resources import GROUPS, Risk, resource_type

Action = Literal["create", "update", "replace", "destroy", "import", "forget", "keep"]
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
}


@dataclass(frozen=True)
class ResourceChange:
    """A resource that a plan changes.

    Attributes:
        address: Terraform's address.
        type: Terraform's resource type.
        place: The service that owns it, and its name.
        action: What happens to it. A new revision of a task definition counts as an update.
        attributes: The changes; empty if it is created or destroyed, or if only the actions are known.
        risk: What replacing or destroying it costs; None when it costs nothing.
        steps: How many operations it takes: two for a replacement, even if it counts as an update.
    """

    address: str
    type: str
    place: Place
    action: Action
    attributes: tuple[AttributeChange, ...] = ()
    risk: Risk | None = None
    steps: int = 1


@dataclass(frozen=True)
class OutputChange:
    """An output that changes; sensitive values are masked."""

    name: str
    before: Any
    after: Any


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
    """

    stack: str
    resources: tuple[ResourceChange, ...]
    kept: int | None = None
    outputs: tuple[OutputChange, ...] = ()
    drift: tuple[ResourceChange, ...] = ()
    has_changes: bool = True

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
        return {resource.address: resource.place for resource in self.resources}

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
        return destroyed > (self.kept or 0) + self.count("update", "import", "forget")

    def to_json(self) -> dict[str, Any]:
        """The plan as `plan --json` prints it; keys are only ever added within a `version`."""
        counts = Counter(resource.action for resource in self.resources)
        return {
            "version": JSON_VERSION,
            "stack": self.stack,
            "has_changes": self.has_changes,
            "summary": {
                **{action: counts[action] for action in ("create", "update", "replace", "destroy", "import", "forget")},
                "keep": self.kept,
            },
            "resources": [_resource_json(resource) for resource in self.resources],
            "outputs": [{"name": each.name, "before": each.before, "after": each.after} for each in self.outputs],
            "drift": [_resource_json(resource) for resource in self.drift],
        }


def plan_from_actions(stack: str, planned: Iterable[Planned], owners: Owners) -> Plan:
    """The plan without values, from the events of planning: which resources, which actions."""
    resources = (
        _resource(each.address, each.type, _STREAMED[each.action], (), owners)
        for each in planned
        if each.action in _STREAMED
    )
    return Plan(stack, _sorted(resources, owners))


def plan_from_json(stack: str, shown: Mapping[str, Any], owners: Owners, has_changes: bool = True) -> Plan:
    """The plan with all values, from `terraform show -json`. Secrets are masked."""
    configured = _configured(shown)
    every = [each for each in shown.get("resource_changes", []) if each.get("mode") != "data"]
    resources = [_from_json(each, configured, owners) for each in every]
    # A local file exists only on the machine that deployed last: it was not deleted.
    drifted = [each for each in shown.get("resource_drift", []) if not resource_type(each["type"]).derived]
    # Values that AWS computes are not drift, such as the rules of a group whose rules are separate resources.
    drift = (_from_json(each, configured, owners, computed=False) for each in drifted)
    return Plan(
        stack,
        _sorted((each for each in resources if each.action != "keep"), owners),
        kept=sum(each.action == "keep" for each in resources),
        outputs=tuple(_outputs(shown.get("output_changes") or {})),
        drift=_sorted((each for each in drift if each.attributes or each.action == "destroy"), owners),
        has_changes=has_changes,
    )


def _from_json(
    resource: Mapping[str, Any],
    configured: Mapping[str, frozenset[str]],
    owners: Owners,
    *,
    computed: bool = True,
) -> ResourceChange:
    address, kind, change = resource["address"], resource["type"], resource["change"]
    action = _ACTIONS.get(tuple(change["actions"]), "keep")
    if change.get("importing") and action in ("keep", "update"):
        action = "import"
    attributes: tuple[AttributeChange, ...] = ()
    if action in ("update", "replace", "import") and not resource_type(kind).derived:
        owner = place(address, owners).service
        own = configured.get(address, frozenset())
        attributes = differences(change, configured=own, computed=computed, container=owner)
    return _resource(address, kind, action, attributes, owners)


def _resource(
    address: str, kind: str, action: Action, attributes: tuple[AttributeChange, ...], owners: Owners
) -> ResourceChange:
    steps = 2 if action == "replace" else 1
    entry = resource_type(kind)
    if action == "replace" and entry.revision is not None:
        action = "update"
        attributes = tuple(replace(each, replaces=False) for each in attributes)
    return ResourceChange(
        address, kind, place(address, owners), action, attributes, entry.risk(action, address.partition(".")[2]), steps
    )


def _configured(shown: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    module = shown.get("configuration", {}).get("root_module", {})
    return {each["address"]: frozenset(each.get("expressions", {})) for each in module.get("resources", [])}


def _outputs(changes: Mapping[str, Any]) -> Iterable[OutputChange]:
    for name, change in sorted(changes.items()):
        if change["actions"] == ["no-op"]:
            continue
        before, after = change.get("before"), change.get("after")
        if change.get("after_unknown"):
            after = "(known after apply)"
        if change.get("before_sensitive") or change.get("after_sensitive"):
            before, after = (None if value is None else MASK for value in (before, after))
        yield OutputChange(name, before, after)


def _sorted(resources: Iterable[ResourceChange], owners: Owners) -> tuple[ResourceChange, ...]:
    """By service in the order of the project file, then by group; by name within."""
    order = {group: number for number, group in enumerate((*owners.services, *GROUPS))}
    return tuple(
        sorted(resources, key=lambda each: (order.get(each.place.group, len(order)), each.place.name, each.address))
    )


def _resource_json(resource: ResourceChange) -> dict[str, Any]:
    risk = resource.risk
    return {
        "address": resource.address,
        "type": resource.type,
        "action": resource.action,
        "service": resource.place.service,
        "group": resource.place.group,
        "concept": resource.place.name,
        "attributes": [
            {
                "path": each.path,
                "before": each.before,
                "after": each.after,
                "sensitive": each.sensitive,
                "replaces": each.replaces,
            }
            for each in resource.attributes
        ],
        "risk": None if risk is None else {"kind": risk.kind, "text": risk.text},
    }
