"""The order of the resources in a file: what others stand on comes first, what hangs on it follows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from stacks.hcl.document import Entry

_WATCHING = ("aws_cloudwatch_metric_alarm.", "aws_cloudwatch_composite_alarm.")

_ADDRESS = re.compile(r"(?:data\.)?[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*")


def in_dependency_order(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, none before one that it refers to.

    After each entry come those that only waited for it, in the order given. Where the choice is free, data sources
    go first, then what entries with another reference already placed wait for, then what most others stand on.
    Alarms, which watch the rest, come last.
    """
    by_address = {entry.address: entry for entry in entries}
    needs = {address: _references(entry) & by_address.keys() - {address} for address, entry in by_address.items()}
    users = {address: [user for user in by_address if address in needs[user]] for address in by_address}
    weights = {address: len(_all_users(address, users)) for address in by_address}
    placed: dict[str, Entry] = {}

    def place(address: str) -> None:
        if address in placed or not needs[address] <= placed.keys():
            return
        placed[address] = by_address[address]
        for user in users[address]:
            place(user)

    def urgency(address: str) -> tuple[bool, bool, int]:
        awaited = any(needs[user] & placed.keys() for user in users[address])
        return by_address[address].kind == "data", awaited, weights[address]

    while ready := [address for address in by_address if address not in placed and needs[address] <= placed.keys()]:
        place(max(ready, key=urgency))
    # An address in a description looks like a reference, so two may seem to wait for each other.
    whole = [*placed.values(), *(entry for entry in entries if entry.address not in placed)]
    return sorted(whole, key=lambda entry: entry.address.startswith(_WATCHING) and not users[entry.address])


def _references(entry: Entry) -> set[str]:
    return set(_ADDRESS.findall(json.dumps(entry.source, ensure_ascii=False)))


def _all_users(address: str, users: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [address]
    while waiting:
        new = [user for user in users[waiting.pop()] if user not in found]
        found.update(new)
        waiting += new
    return found
