"""Changes of databases and caches that AWS refuses, or that would cost their data.

Sources: the RDS API reference, ModifyDBInstance (`AllocatedStorage`, `EngineVersion`) and DeleteDBInstance (deletion
protection); the RDS User Guide, "Limitations of Amazon RDS encrypted DB instances" (the key can't change); the AWS
provider, which replaces a store whose `kms_key_id` changes, and sees no change when it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from operations.plan.undeletable import CLUSTER, INSTANCE, is_deleted
from stacks.addresses import Owners, origin
from stacks.errors import Position, Problem

CACHE = "aws_elasticache_replication_group"
_KEY = "aws_kms_key"
_ANOTHER = "or add a resource with another name, copy the data, and remove this one with a later deploy"


def impossible_store_changes(changes: Sequence[Mapping[str, Any]], owners: Owners) -> Iterator[Problem]:
    """The problems of the databases and caches in a plan's `resource_changes`.

    In the user's own Terraform, only changes that AWS refuses are problems: their cost is for the user to decide.
    """
    lost_keys = {each["change"]["before"].get("arn") for each in changes if each["type"] == _KEY and _goes(each)}
    for each in changes:
        if each["type"] not in (CLUSTER, INSTANCE, CACHE) or not each["change"].get("before"):
            continue
        made_by = origin(each["address"], owners)
        own = made_by == "own"
        problem = None if own else _costly(each, changes, lost_keys - {None})
        problem = problem or _refused(each, own=own) or (_protected(each) if made_by == "stack" else None)
        if problem is not None:
            yield problem


def _costly(store: Mapping[str, Any], changes: Sequence[Mapping[str, Any]], lost_keys: set[Any]) -> Problem | None:
    """The problem of a store of `resources` whose data would be lost."""
    if _goes(store):
        return _switched(store, changes)
    if _replaced_for_its_key(store) or store["change"]["before"].get("kms_key_id") in lost_keys:
        what = "the encryption of a deployed store can't change"
        return _of(store, what, None, f"restore `encryption`; {_ANOTHER}")
    return None


def _refused(store: Mapping[str, Any], *, own: bool) -> Problem | None:
    """The problem of a change that AWS refuses."""
    before, after = store["change"]["before"], store["change"]["after"] or {}
    storage = before.get("allocated_storage"), after.get("allocated_storage")
    if store["type"] == INSTANCE and all(isinstance(each, int) for each in storage) and storage[1] < storage[0]:
        what, got = "the storage of a deployed database can't shrink", f"{storage[0]} -> {storage[1]} GiB"
        if own:
            return _of_own(store, what, got, f"write allocated_storage = {storage[0]} or more")
        return _of(store, what, got, f"write storage: {storage[0]} or more; {_ANOTHER}")
    old, new = str(before.get("engine_version") or ""), str(after.get("engine_version") or "")
    if store["type"] != CACHE and _is_older(new, old):
        # Also after AWS has upgraded the minor version by itself: RDS User Guide, "Automatic minor version upgrades".
        what, got = "the version of a deployed database can't be lowered", f"{old} -> {new}"
        if own:
            return _of_own(store, what, got, f'write engine_version = "{old}"')
        return _of(store, what, got, f'write version: "{old}"; {_ANOTHER}')
    return None


def _switched(store: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> Problem | None:
    """A database that goes while one of the other kind and the same name comes."""
    other = {CLUSTER: INSTANCE, INSTANCE: CLUSTER}.get(store["type"])
    address = f"{other}.{store['address'].partition('.')[2]}"
    if not any(each["address"] == address and each["change"]["actions"] == ["create"] for each in changes):
        return None
    kinds = {CLUSTER: "capacity", INSTANCE: "instance"}
    was, wanted = kinds[store["type"]], kinds[str(other)]
    what = "a deployed database can't change between capacity and instance"
    return _of(store, what, wanted, f"restore `{was}`; {_ANOTHER}")


def _protected(store: Mapping[str, Any]) -> Problem | None:
    """The problem of a database that goes or is replaced while AWS protects it."""
    if not is_deleted(store) or not store["change"]["before"].get("deletion_protection"):
        return None
    what = "AWS does not delete a database with deletion protection"
    fix = "restore it; or write protected: false, deploy, and remove or replace it with the next deploy"
    return _of(store, what, None, fix)


def _replaced_for_its_key(store: Mapping[str, Any]) -> bool:
    paths = store["change"].get("replace_paths") or ()
    return any(path[:1] == ["kms_key_id"] for path in paths)


def _goes(resource: Mapping[str, Any]) -> bool:
    return bool(resource["change"]["actions"] == ["delete"])


def _is_older(version: str, than: str) -> bool:
    new, old = ([int(number) for number in re.findall(r"\d+", each)] for each in (version, than))
    common = min(len(new), len(old))
    return new[:common] < old[:common]


def _of(store: Mapping[str, Any], what: str, got: str | None, fix: str) -> Problem:
    # Names in the project file have dashes where Terraform's have underscores.
    name = store["address"].partition(".")[2].replace("_", "-")
    return Problem(Position(f"resources.{name}"), what, got, fix)


def _of_own(store: Mapping[str, Any], what: str, got: str, fix: str) -> Problem:
    return Problem(Position(store["address"]), what, got, fix, address=store["address"])
