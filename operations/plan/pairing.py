"""Which elements of two lists belong together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from operations.plan.values import UNKNOWN, Secret, tidy

Pair = tuple[object, int | None, int | None]
"""A label, and the places of an element before and after."""
_NAMES = ("name", "Name", "Sid", "Id", "id")
"""The keys that name an element of a list."""
_PAIRS = ({"name", "value"}, {"name", "valueFrom"})
"""The keys of the elements of lists that are maps to their readers, such as the variables of a container."""


def has_blocks(value: Any) -> bool:
    return isinstance(value, list) and any(
        isinstance(item, dict) or (isinstance(item, Secret) and isinstance(item.value, dict)) for item in value
    )


def is_flat(element: Any) -> bool:
    """Whether an element of a set fits on a line: it has no blocks in it."""
    values = tidy(element).values() if isinstance(element, dict) else ()
    return not any(isinstance(value, dict) or has_blocks(value) for value in values)


def as_variables(before: list[Any], after: list[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Two lists of names and values as maps; None if they have other elements, or a name occurs twice."""
    items = [*before, *after]
    keys = next(
        (pair for pair in _PAIRS if all(isinstance(item, dict) and item.keys() == pair for item in items)), None
    )
    if keys is None or not items:
        return None
    (value,) = keys - {"name"}
    left, right = ({str(item["name"]): item[value] for item in items} for items in (before, after))
    return (left, right) if (len(left), len(right)) == (len(before), len(after)) else None


def by_place(before: list[Any], after: list[Any]) -> Iterator[Pair]:
    for place in range(max(len(before), len(after))):
        yield place, (place if place < len(before) else None), (place if place < len(after) else None)


def by_name(before: list[Any], after: list[Any]) -> Iterator[Pair] | None:
    """The elements of two lists in pairs of the same name; None if one has no name, or a name occurs twice."""
    places = [{name_of(item): place for place, item in enumerate(items)} for items in (before, after)]
    if any("" in each or len(each) != len(items) for each, items in zip(places, (before, after), strict=True)):
        return None
    return ((name, places[0].get(name), places[1].get(name)) for name in sorted({*places[0], *places[1]}))


def name_of(item: Any) -> str:
    """What an element of a list is called; empty if it has no name."""
    names = (item.get(key) for key in _NAMES) if isinstance(item, dict) else ()
    return next((name for name in names if isinstance(name, str) and name not in ("", UNKNOWN)), "")


def place_in(items: list[Any], item: Any) -> int:
    return next(place for place, each in enumerate(items) if each is item)


def namesake(new: Any, removed: list[Any], added: list[Any]) -> Any:
    """The removed element with blocks that has the name of this one, if no other one has it."""
    name = name_of(new)
    old = [each for each in removed if name and name_of(each) == name]
    alone = sum(name_of(each) == name for each in added) == 1
    return old[0] if len(old) == 1 and alone and not (is_flat(new) and is_flat(old[0])) else None


def fits(before: Any, after: Any) -> bool:
    """Whether the values can be equal once all of them are known."""
    if after == UNKNOWN:
        return True
    if isinstance(before, dict) and isinstance(after, dict):
        return all(fits(before.get(key), after.get(key)) for key in {*before, *after})
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(fits, before, after))
    return bool((before or None) == (after or None)) or before == after
