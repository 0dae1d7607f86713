"""The changes of a refresh: what differs between the state and AWS, as the user knows it.

A plan with `-refresh-only` compares the state with AWS and proposes nothing. Left out is what AWS computes, and what
the configuration leaves to others (`ignore_changes`): the count of a service that scales, the image that a pipeline
owns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from operations.drift.model import ChangedResource
from operations.drift.schema import settable_arguments
from operations.plan.diff import AttributeChange, configured_arguments, differences
from stacks.addresses import Owners, place
from stacks.resources import GROUPS, resource_type

_INDEX = re.compile(r"\[[^]]*\]")
_NO_PATHS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Refreshed:
    """The result of a refresh.

    Attributes:
        shown: The refresh-only plan, as `terraform show -json` prints it.
        configuration: The stack in Terraform's JSON syntax.
        owners: Which service each resource belongs to.
        schemas: Reads the provider's schemas, which takes seconds; called only if something depends on them.
    """

    shown: Mapping[str, Any]
    configuration: Mapping[str, Any]
    owners: Owners
    schemas: Callable[[], Mapping[str, Any]]

    def changes(self) -> tuple[tuple[ChangedResource, ...], tuple[ChangedResource, ...]]:
        """The resources that were changed, and those that AWS does not have."""
        # A local file exists only on the machine that deployed last.
        drifted = [each for each in self.shown.get("resource_drift", []) if not resource_type(each["type"]).derived]
        gone = [each for each in drifted if "delete" in each["change"]["actions"]]
        updated = [each for each in drifted if "update" in each["change"]["actions"]]
        settable = self._settable(updated)
        changed = (self._changed(each, settable.get(each["type"], _NO_PATHS)) for each in updated)
        missing = (self._resource(each, ()) for each in gone)
        return self._sorted(each for each in changed if each.attributes), self._sorted(missing)

    def _settable(self, updated: Iterable[Mapping[str, Any]]) -> Mapping[str, frozenset[str]]:
        """The arguments that only a configuration sets, if a change of any other attribute was left out."""
        types = {each["type"] for each in updated if len(self._all(each)) > len(self._configured(each, _NO_PATHS))}
        return settable_arguments(self.schemas(), types) if types else {}

    def _all(self, resource: Mapping[str, Any]) -> tuple[AttributeChange, ...]:
        return self._kept(resource, differences(resource["change"], sets=resource_type(resource["type"]).sets))

    def _configured(self, resource: Mapping[str, Any], settable: frozenset[str]) -> tuple[AttributeChange, ...]:
        """The changes of what the configuration sets, and of other arguments that AWS does not choose."""
        configured = configured_arguments(self.shown).get(_INDEX.sub("", resource["address"]), _NO_PATHS)
        own = self._differences(resource, configured)
        if not settable:
            return own
        others = self._differences(resource, configured | _in_configured_blocks(settable, configured))
        return tuple(each for each in others if each in own or not _is_default(each))

    def _differences(self, resource: Mapping[str, Any], configured: frozenset[str]) -> tuple[AttributeChange, ...]:
        found = differences(
            resource["change"],
            configured=configured,
            computed=False,
            container=place(resource["address"], self.owners).service,
            sets=resource_type(resource["type"]).sets,
        )
        return self._kept(resource, found)

    def _changed(self, resource: Mapping[str, Any], settable: frozenset[str]) -> ChangedResource:
        return self._resource(resource, self._configured(resource, settable))

    def _kept(self, resource: Mapping[str, Any], attributes: Iterable[AttributeChange]) -> tuple[AttributeChange, ...]:
        """The attributes that the configuration does not leave to others, by their names for readers."""
        ignored = self._ignored(resource["address"])
        return tuple(
            replace(each, path=_worded(resource["type"], each.path), replaces=False, computed=False)
            for each in attributes
            if "all" not in ignored and re.split(r"[.[]", each.path)[0] not in ignored
        )

    def _ignored(self, address: str) -> frozenset[str]:
        kind, _, name = _INDEX.sub("", address).partition(".")
        lifecycle = self.configuration.get("resource", {}).get(kind, {}).get(name, {}).get("lifecycle") or {}
        ignored = lifecycle.get("ignore_changes") or ()
        return frozenset([ignored] if isinstance(ignored, str) else [each.split("[")[0] for each in ignored])

    def _resource(self, resource: Mapping[str, Any], attributes: tuple[AttributeChange, ...]) -> ChangedResource:
        address = resource["address"]
        return ChangedResource(address, resource["type"], place(address, self.owners), attributes)

    def _sorted(self, resources: Iterable[ChangedResource]) -> tuple[ChangedResource, ...]:
        """By service in the order of the project file, then by group."""
        order = {group: number for number, group in enumerate((*self.owners.services, *GROUPS))}

        def key(each: ChangedResource) -> tuple[int, str, str]:
            return order.get(each.place.group, len(order)), each.place.name, each.address

        return tuple(sorted(resources, key=key))


def _in_configured_blocks(settable: frozenset[str], configured: frozenset[str]) -> frozenset[str]:
    """The arguments that are not in a block, or in one of which the configuration sets something.

    The schema does not show that AWS computes a whole block, such as the rules of a security group.
    """
    blocks = {path[:end] for path in configured for end, sign in enumerate(path) if sign == "."}
    return frozenset(path for path in settable if "." not in path or path.rpartition(".")[0] in blocks)


def _is_default(change: AttributeChange) -> bool:
    """Whether a value was only read for the first time: the provider stores zero values for what is not set."""
    return not change.before and not change.after


def _worded(kind: str, path: str) -> str:
    """The path as a plan shows it: `count` for `desired_count`."""
    plain = _INDEX.sub("", path)
    return next((each.name for each in resource_type(kind).shown if each.path == plain and each.name), path)
