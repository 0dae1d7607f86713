"""What a plan does, resource by resource, in the user's words; the model behind `plan`, `deploy` and `destroy`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from operations.plan.diff import AttributeChange, differences
from operations.plan.redact import MASK
from operations.plan.risks import Risk, risk_of
from operations.terraform.stream import Planned
from operations.words import GROUPS, Place, place

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
# Terraform replaces these to change them, and nothing is lost by it: a task definition gets one more revision.
_REVISED = {"aws_ecs_task_definition", "local_file"}


@dataclass(frozen=True)
class ResourceChange:
    """A resource that a plan changes.

    Attributes:
        address: Terraform's address.
        type: Terraform's resource type.
        place: whose it is and what it is called.
        action: what happens to it. A new revision of a task definition counts as an update.
        attributes: what changes; empty for what is created or destroyed, and when only the actions are known.
        risk: what its replacement or destruction costs, None when nothing.
        steps: how many operations it takes: two to replace it, under whatever name.
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
        stack: the stack it is for.
        resources: what changes, by service and concept.
        kept: how many resources stay as they are; None when only the actions are known.
        outputs: the outputs that change.
        drift: what was changed outside of Terraform since the last deploy.
        has_changes: whether applying it would do anything.
    """

    stack: str
    resources: tuple[ResourceChange, ...]
    kept: int | None = None
    outputs: tuple[OutputChange, ...] = ()
    drift: tuple[ResourceChange, ...] = ()
    has_changes: bool = True

    def count(self, *actions: Action) -> int:
        """How many resources any of `actions` happens to."""
        return sum(resource.action in actions for resource in self.resources)

    @property
    def steps(self) -> int:
        """How many operations applying it takes."""
        return sum(resource.steps for resource in self.resources)

    @property
    def risks(self) -> tuple[ResourceChange, ...]:
        """The changes that cost data or traffic."""
        return tuple(resource for resource in self.resources if resource.risk is not None)

    @property
    def irreversible(self) -> tuple[ResourceChange, ...]:
        """The changes that no later deploy can undo: data goes."""
        return tuple(each for each in self.risks if each.risk is not None and each.risk.kind == "data")

    @property
    def destroys_everything(self) -> bool:
        """Whether nothing stays and nothing is made: it was planned to destroy the stack."""
        return bool(self.resources) and not self.kept and self.count("destroy") == len(self.resources)

    @property
    def destroys_more_than_it_keeps(self) -> bool:
        """Whether more resources go than stay, be they changed or not. A replaced resource goes."""
        gone = self.count("destroy", "replace")
        return gone > (self.kept or 0) + self.count("update", "import", "forget")

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


def plan_from_actions(stack: str, planned: Iterable[Planned], services: Sequence[str]) -> Plan:
    """The plan as far as the stream of planning tells it: which resources, which actions."""
    resources = (
        _resource(each.address, each.type, _STREAMED[each.action], (), services)
        for each in planned
        if each.action in _STREAMED
    )
    return Plan(stack, _sorted(resources, services))


def plan_from_json(stack: str, shown: Mapping[str, Any], services: Sequence[str], has_changes: bool = True) -> Plan:
    """The plan with all values, from `terraform show -json`. Secrets are masked."""
    configured = _configured(shown)
    every = [each for each in shown.get("resource_changes", []) if each.get("mode") != "data"]
    resources = [_from_json(each, configured, services) for each in every]
    # The file for CI is missing on every machine but the one that deployed last: nobody deleted it.
    strayed = [each for each in shown.get("resource_drift", []) if each["type"] != "local_file"]
    # Nor has anyone changed what AWS computes, such as the rules of a group that were made as resources of their own.
    drift = (_from_json(each, configured, services, computed=False) for each in strayed)
    return Plan(
        stack,
        _sorted((each for each in resources if each.action != "keep"), services),
        kept=sum(each.action == "keep" for each in resources),
        outputs=tuple(_outputs(shown.get("output_changes") or {})),
        drift=_sorted((each for each in drift if each.attributes or each.action == "destroy"), services),
        has_changes=has_changes,
    )


def _from_json(
    resource: Mapping[str, Any],
    configured: Mapping[str, frozenset[str]],
    services: Sequence[str],
    *,
    computed: bool = True,
) -> ResourceChange:
    address, kind, change = resource["address"], resource["type"], resource["change"]
    action = _ACTIONS.get(tuple(change["actions"]), "keep")
    if change.get("importing") and action in ("keep", "update"):
        action = "import"
    attributes: tuple[AttributeChange, ...] = ()
    # A task definition's file repeats what the task definition tells, its environment included.
    if action in ("update", "replace", "import") and kind != "local_file":
        owner = place(address, services).service
        own = configured.get(address, frozenset())
        attributes = differences(change, configured=own, computed=computed, container=owner)
    return _resource(address, kind, action, attributes, services)


def _resource(
    address: str, kind: str, action: Action, attributes: tuple[AttributeChange, ...], services: Sequence[str]
) -> ResourceChange:
    steps = 2 if action == "replace" else 1
    if action == "replace" and kind in _REVISED:
        action = "update"
        attributes = tuple(replace(each, replaces=False) for each in attributes)
    return ResourceChange(address, kind, place(address, services), action, attributes, risk_of(kind, action), steps)


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


def _sorted(resources: Iterable[ResourceChange], services: Sequence[str]) -> tuple[ResourceChange, ...]:
    """By service in the order of the project file, then by concept."""
    order = {group: number for number, group in enumerate((*services, *GROUPS))}
    return tuple(
        sorted(resources, key=lambda each: (order.get(each.place.group, len(order)), each.place.concept, each.address))
    )


def _resource_json(resource: ResourceChange) -> dict[str, Any]:
    risk = resource.risk
    return {
        "address": resource.address,
        "type": resource.type,
        "action": resource.action,
        "service": resource.place.service,
        "group": resource.place.group,
        "concept": resource.place.concept,
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
