"""Whether a plan changes only what another one, which the user has confirmed, changes too.

A later plan knows values that were unknown when the earlier one was made, and leaves out what is done since.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operations.plan.diff import configured_arguments
from operations.plan.values import has_mark

_DOES_NOTHING = (["no-op"], ["read"])
_OF_THE_TIME = frozenset({"final_snapshot_identifier"})
"""Arguments with the time of the plan, so that every plan of a new database has another one."""


def unconfirmed(confirmed: Mapping[str, Any], later: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses that `later` changes in another way than `confirmed`, both from `terraform show -json`."""
    known = {_key(each): each["change"] for each in confirmed.get("resource_changes", ())}
    configured = configured_arguments(later)
    return tuple(
        each["address"]
        for each in later.get("resource_changes", ())
        if changes(each) and not _is_in(each, known.get(_key(each)), configured.get(each["address"], frozenset()))
    )


def changes(resource: Mapping[str, Any]) -> bool:
    """Whether an entry of `resource_changes` is a change of a resource."""
    change = resource["change"]
    moved = resource.get("previous_address") not in (None, resource["address"])
    does_nothing = change["actions"] in _DOES_NOTHING and not change.get("importing") and not moved
    return resource.get("mode") != "data" and not does_nothing


def _key(resource: Mapping[str, Any]) -> tuple[str, str]:
    return resource["address"], resource.get("deposed", "")


def _is_in(later: Mapping[str, Any], confirmed: Mapping[str, Any] | None, configured: frozenset[str]) -> bool:
    if confirmed is None:
        return False
    change = later["change"]
    if set(change["actions"]) - set(confirmed["actions"]) and set(confirmed["actions"]) != {"create", "delete"}:
        return False
    if change.get("importing") and not confirmed.get("importing"):
        return False
    names = {name.partition(".")[0] for name in configured} - _OF_THE_TIME
    before, after = confirmed.get("after") or {}, change.get("after") or {}
    unknown = confirmed.get("after_unknown") or {}
    return all(_fits(before.get(name), unknown.get(name), after.get(name)) for name in names)


def _fits(confirmed: Any, unknown: Any, later: Any) -> bool:
    """Whether a value is the confirmed one, wherever that was known."""
    if unknown is True:
        return True
    if isinstance(confirmed, Mapping) and isinstance(later, Mapping):
        marks = unknown if isinstance(unknown, Mapping) else {}
        keys = {*confirmed, *later}
        return all(_fits(confirmed.get(key), marks.get(key), later.get(key)) for key in keys)
    if isinstance(confirmed, list) and isinstance(later, list) and len(confirmed) == len(later):
        # The order of a set with unknown elements is not that of the known ones, so such a list has any value.
        return has_mark(unknown) or all(map(_fits, confirmed, [None] * len(later), later))
    return has_mark(unknown) or (confirmed or None) == (later or None) or bool(confirmed == later)
