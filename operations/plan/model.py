"""What a plan does, resource by resource: the model behind `plan`, `deploy` and `destroy`."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal

from operations.plan.diff import AttributeChange
from operations.plan.facts import NO_FACTS, Facts
from operations.plan.undeletable import OnlyIfEmpty
from stacks.addresses import Place, logical_name
from stacks.errors import Problem
from stacks.resources import Risk, resource_type

Action = Literal["create", "update", "replace", "destroy", "import", "forget", "move", "keep"]
JSON_VERSION = 1

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
        notes: What an update in place does besides: `restarts the database`.
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
    notes: tuple[str, ...] = ()
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
        only_if_empty: What it deletes and AWS deletes only while it is empty.
    """

    stack: str
    resources: tuple[ResourceChange, ...]
    kept: int | None = None
    outputs: tuple[OutputChange, ...] = ()
    drift: tuple[ResourceChange, ...] = ()
    has_changes: bool = True
    impossible: tuple[Problem, ...] = ()
    tasks: tuple[PlannedTask, ...] = ()
    only_if_empty: tuple[OnlyIfEmpty, ...] = ()

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
        """The changes that cost data or traffic; those that cost data are first."""
        found = [resource for resource in self.resources if resource.risk is not None]
        return tuple(sorted(found, key=lambda each: each.risk is not None and each.risk.kind != "data"))

    @property
    def irreversible(self) -> tuple[ResourceChange, ...]:
        """The changes that no later deploy can undo, because data is lost."""
        return tuple(each for each in self.risks if each.risk is not None and each.risk.kind == "data")

    @property
    def lost_data(self) -> tuple[ResourceChange, ...]:
        """The changes that delete data of the user's applications: those of buckets and tables of `resources`."""
        return tuple(
            each for each in self.irreversible if resource_type(each.type).holds_user_data(logical_name(each.address))
        )

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


def _resource_json(resource: ResourceChange) -> dict[str, Any]:
    return {
        "address": resource.address,
        "type": resource.type,
        "action": resource.action,
        "service": resource.place.service,
        "group": resource.place.group,
        "concept": resource.place.name,
        "restarts_tasks": resource.restarts_tasks,
        "notes": list(resource.notes),
        "attributes": [asdict(each) for each in resource.attributes],
        "values": [asdict(each) for each in resource.facts.values],
        "public": list(resource.facts.public),
        "billed": [asdict(each) for each in resource.facts.charges],
        "risk": None if resource.risk is None else asdict(resource.risk),
        "reason": resource.reason,
        "moved_from": resource.moved_from,
        "deposed": resource.deposed,
    }
