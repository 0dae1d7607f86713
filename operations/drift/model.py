"""Drift as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from operations.plan.diff import AttributeChange
from stacks.addresses import Place

JSON_VERSION = 1


@dataclass(frozen=True)
class ChangedResource:
    """A resource that was changed or deleted outside of Terraform.

    Attributes:
        address: Terraform's address.
        type: Terraform's resource type.
        place: The service that owns it, and its name.
        attributes: What was changed, `before` as in the state and `after` as in AWS; empty if it was deleted.
    """

    address: str
    type: str
    place: Place
    attributes: tuple[AttributeChange, ...] = ()


@dataclass(frozen=True)
class Addition:
    """A part that somebody added to a resource of the stack, which Terraform does not see.

    Attributes:
        address: The address of the resource that it was added to.
        place: The service that owns that resource, and its name.
        what: What was added, in a few words: `ingress rule, tcp 22 from 0.0.0.0/0`.
        id: Its ID, ARN or name.
    """

    address: str
    place: Place
    what: str
    id: str


@dataclass(frozen=True)
class UnmanagedResource:
    """A resource with the tags of the stack that is not in its state.

    Attributes:
        arn: Its ARN.
        kind: What it is: `queue`, `log group`.
        name: Its Name tag, or the end of its ARN.
        importable: Whether `ecsforge deploy --adopt` could import it, if it is in the configuration.
    """

    arn: str
    kind: str
    name: str
    importable: bool = False


@dataclass(frozen=True)
class Drift:
    """What differs between a state and the account.

    Attributes:
        stack: The stack.
        changed: Resources with other attributes than in the state, by service and group.
        missing: Resources in the state that AWS does not have.
        added: Parts that were added to resources of the stack.
        unmanaged: Resources with the stack's tags that are not in the state.
        resources: How many resources are in the state.
    """

    stack: str
    changed: tuple[ChangedResource, ...] = ()
    missing: tuple[ChangedResource, ...] = ()
    added: tuple[Addition, ...] = ()
    unmanaged: tuple[UnmanagedResource, ...] = ()
    resources: int = 0

    @property
    def found(self) -> bool:
        """Whether anything differs."""
        return bool(self.changed or self.missing or self.added or self.unmanaged)

    def to_json(self) -> dict[str, Any]:
        """The drift as `drift --json` prints it; keys are only ever added within a `version`."""
        return {
            "version": JSON_VERSION,
            "stack": self.stack,
            "drift": self.found,
            "resources": self.resources,
            "changed": [
                {**_owner(each.address, each.place), "type": each.type, "attributes": _attributes(each)}
                for each in self.changed
            ],
            "missing": [{**_owner(each.address, each.place), "type": each.type} for each in self.missing],
            "added": [{**_owner(each.address, each.place), "what": each.what, "id": each.id} for each in self.added],
            "unmanaged": [asdict(each) for each in self.unmanaged],
        }


def _owner(address: str, place: Place) -> Mapping[str, Any]:
    return {"address": address, "service": place.service, "group": place.group, "concept": place.name}


def _attributes(resource: ChangedResource) -> list[dict[str, Any]]:
    return [
        {"path": each.path, "state": each.before, "aws": each.after, "sensitive": each.sensitive}
        for each in resource.attributes
    ]
