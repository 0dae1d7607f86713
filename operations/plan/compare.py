"""The leaves in which two states of an attribute differ.

Terraform's rendering is the standard (`internal/command/jsonformat/differ`): blocks in a list are compared by their
position, elements of a set by their content, and JSON in a string as JSON. Which lists are sets is in the catalogue of
resource types, because a plan does not say it. An empty string in a block is the same as none, as it is for Terraform
and the provider; in maps and in JSON it is a value. Empty lists and maps, and null, are the same as none everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Literal

from operations.plan.values import UNKNOWN, Secret

Step = str | int
_NAMES = ("name", "Name", "Sid", "Id", "id")
"""The keys that name an element of a list."""
_PAIRS = ({"name", "value"}, {"name", "valueFrom"})
"""The keys of the elements of lists that are maps to their readers, such as the variables of a container."""


@dataclass(frozen=True)
class Leaf:
    """A value that differs.

    Attributes:
        path: Its path for readers: `health_check.path`, `rule[1].priority`, `rule[rate-limit].priority`.
        steps: Its path as Terraform counts it, up to JSON in a string.
        before: The value before; None when there was none.
        after: The value after; None when there is none.
        variable: The name of the variable that the value belongs to, in a list of variables in JSON.
        in_json: Whether it is in JSON in a string.
    """

    path: str
    steps: tuple[Step, ...]
    before: Any
    after: Any
    variable: str = ""
    in_json: bool = False


@dataclass(frozen=True)
class _At:
    """Where a comparison is. `kind` says what the parent of a value is."""

    path: str
    steps: tuple[Step, ...]
    kind: Literal["block", "map", "json"] = "block"
    variable: str = ""
    element: bool = False

    @property
    def name(self) -> str:
        """The name of the attribute, without positions."""
        return next((step for step in reversed(self.steps) if isinstance(step, str)), "")

    def key(self, key: str, *, variable: bool = False) -> _At:
        """The value of a key. Terraform's steps end where JSON begins."""
        steps = self.steps if self.kind == "json" else (*self.steps, key)
        return replace(
            self,
            path=f"{self.path}.{key}" if self.path else key,
            steps=steps,
            variable=key if variable else self.variable,
            element=False,
        )

    def item(self, label: object, place: int | None) -> _At:
        """An element of a list. Without a label it is the only one, and its path is the list's."""
        steps = self.steps if self.kind == "json" or place is None else (*self.steps, place)
        path = self.path if label is None else f"{self.path}[{label}]"
        return replace(self, path=path, steps=steps, kind="json" if self.kind == "json" else "block", element=True)


def differing(name: str, before: Any, after: Any, *, sets: Collection[str] = ()) -> Iterator[Leaf]:
    """The leaves of the attribute `name` that differ. `sets` are the names of attributes whose order has no meaning."""
    yield from _Comparison(frozenset(sets)).leaves(_At(name, (name,)), before, after)


def differing_json(path: str, before: Any, after: Any, *, steps: tuple[Step, ...] = ()) -> Iterator[Leaf]:
    """The same for two JSON values; `path` is a prefix, and may be empty."""
    yield from _Comparison(frozenset()).leaves(_At(path, steps, "json"), before, after)


def parsed(value: Any) -> Any:
    """The JSON in a string that contains an object or a list; any other value unchanged."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def tidy(value: Any) -> Any:
    """A value without the empty ones in it, for display."""
    if isinstance(value, dict):
        return {key: tidy(item) for key, item in value.items() if item not in (None, "", [], {})}
    return [tidy(item) for item in value] if isinstance(value, list) else value


class _Comparison:
    """Compares two values, knowing which lists are sets."""

    def __init__(self, sets: frozenset[str]) -> None:
        self._sets = sets

    def leaves(self, at: _At, before: Any, after: Any) -> Iterator[Leaf]:
        """The values that differ at and below `at`."""
        if self._same(at, before, after):
            return
        if isinstance(before, Secret) or isinstance(after, Secret):
            yield _leaf(at, before, after)
            return
        if _is_json(before) or _is_json(after):
            before, after, at = parsed(before), parsed(after), replace(at, kind="json")
        if _are(dict, before, after):
            yield from self._keys(at, before, after)
        elif _are(list, before, after) and (_has_blocks(before) or _has_blocks(after)):
            yield from self._items(at, before or [], after or [])
        else:
            yield _leaf(at, before, after)

    def _keys(self, at: _At, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Iterator[Leaf]:
        if not before and not after:  # a block without arguments
            yield _leaf(at, before, after)
            return
        left, right = before or {}, after or {}
        inner = at if at.element or at.kind == "json" else replace(at, kind="map")
        for key in sorted({*left, *right}):
            yield from self.leaves(inner.key(key), left.get(key), right.get(key))

    def _items(self, at: _At, before: list[Any], after: list[Any]) -> Iterator[Leaf]:
        if at.kind == "json" and (variables := _variables(before, after)) is not None:
            for name in sorted({*variables[0], *variables[1]}):
                secret = "value" in (before or after)[0]
                yield from self.leaves(at.key(name, variable=secret), variables[0].get(name), variables[1].get(name))
        elif len(before) <= 1 and len(after) <= 1:
            yield from self.leaves(at.item(None, 0), *(items[0] if items else None for items in (before, after)))
        elif at.kind == "json":
            yield from self._json_items(at, before, after)
        elif at.name in self._sets:
            yield from self._elements(at, before, after)
        else:
            yield from self._pairs(at, before, after, _by_place(before, after))

    def _json_items(self, at: _At, before: list[Any], after: list[Any]) -> Iterator[Leaf]:
        named = _by_name(before, after)
        if named is None:
            yield from self._pairs(at, before, after, self._aligned(at, before, after))
            return
        found = list(self._pairs(at, before, after, named))
        if not found:  # only their order differs
            names = [[_name_of(item) for item in items] for items in (before, after)]
            found = [_leaf(at, *names)]
        yield from found

    def _pairs(
        self,
        at: _At,
        before: Sequence[Any],
        after: Sequence[Any],
        pairs: Iterator[tuple[object, int | None, int | None]],
    ) -> Iterator[Leaf]:
        for label, old, new in pairs:
            left, right = (None if old is None else before[old]), (None if new is None else after[new])
            yield from self.leaves(at.item(label, old if old is not None else new), left, right)

    def _aligned(self, at: _At, before: list[Any], after: list[Any]) -> Iterator[tuple[object, int | None, int | None]]:
        """The elements of two lists in pairs, so that one that is inserted does not change all those after it."""
        left, right = ([_text(self._canonical(at, item)) for item in items] for items in (before, after))
        for _, start, end, begin, stop in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            for offset in range(max(end - start, stop - begin)):
                old = start + offset if start + offset < end else None
                new = begin + offset if begin + offset < stop else None
                yield (old if new is None else new), old, new

    def _elements(self, at: _At, before: list[Any], after: list[Any]) -> Iterator[Leaf]:
        """The elements of a set: removed, added, or changed where they have the same name or only gain unknown values.

        Elements without blocks in them are shown whole.
        """
        at = replace(at, element=True)
        removed, added = self._unmatched(at, before, after), self._unmatched(at, after, before)
        for new in list(added):
            old = next((each for each in removed if _fits(each, new)), None) or _namesake(new, removed, added)
            if old is not None:
                removed.remove(old)
                added.remove(new)
                yield from self.leaves(at.item(_name_of(new) or _place(after, new), None), old, new)
        for old in removed:
            yield from self._element(at, before, old, None)
        for new in added:
            yield from self._element(at, after, None, new)

    def _element(self, at: _At, items: list[Any], before: Any, after: Any) -> Iterator[Leaf]:
        element = before if after is None else after
        if _is_flat(element):
            yield _leaf(at, before, after)
        else:
            yield from self.leaves(at.item(_name_of(element) or _place(items, element), None), before, after)

    def _unmatched(self, at: _At, items: list[Any], others: list[Any]) -> list[Any]:
        """The elements of `items` without an equal one in `others`."""
        left = [self._canonical(at, other) for other in others]
        found = []
        for item in items:
            canonical = self._canonical(at, item)
            if canonical in left:
                left.remove(canonical)
            else:
                found.append(item)
        return found

    def _same(self, at: _At, before: Any, after: Any) -> bool:
        return bool(self._canonical(at, before) == self._canonical(at, after))

    def _canonical(self, at: _At, value: Any) -> Any:
        """A form in which equivalent values are equal: without empty ones, JSON parsed, sets sorted."""
        if isinstance(value, Secret):
            return Secret(self._canonical(at, value.value))
        if _is_json(value):
            value, at = parsed(value), replace(at, kind="json")
        if isinstance(value, dict):
            inner = at if at.element or at.kind == "json" else replace(at, kind="map")
            items = {key: self._canonical(inner.key(key), item) for key, item in value.items()}
            return {key: item for key, item in items.items() if item is not None} or ({} if at.element else None)
        if isinstance(value, list):
            variables = _variables(value, []) if at.kind == "json" else None
            if variables is not None:
                return {name: self._canonical(at.key(name), item) for name, item in variables[0].items()}
            found = [self._canonical(at.item(None, 0), item) for item in value]
            return (sorted(found, key=_text) if at.name in self._sets and at.kind != "json" else found) or None
        return None if value == "" and at.kind == "block" else value


def _leaf(at: _At, before: Any, after: Any) -> Leaf:
    return Leaf(at.path, at.steps, _shown(at, before), _shown(at, after), at.variable, at.kind == "json")


def _shown(at: _At, value: Any) -> Any:
    """A value as a leaf shows it: None for an empty one, unless it is an empty block or a string that counts."""
    if value is None or value == [] or (value == "" and at.kind == "block") or (value == {} and not at.element):
        return None
    return tidy(value) if at.kind == "block" else value


def _are(kind: type, before: Any, after: Any) -> bool:
    """Whether both values are of this kind, where one of them may be missing."""
    return all(isinstance(value, kind | None) for value in (before, after))


def _is_json(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(parsed(value), str)


def _has_blocks(value: Any) -> bool:
    return isinstance(value, list) and any(
        isinstance(item, dict) or (isinstance(item, Secret) and isinstance(item.value, dict)) for item in value
    )


def _is_flat(element: Any) -> bool:
    """Whether an element of a set fits on a line: it has no blocks in it."""
    values = tidy(element).values() if isinstance(element, dict) else ()
    return not any(isinstance(value, dict) or _has_blocks(value) for value in values)


def _variables(before: list[Any], after: list[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
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


def _by_place(before: list[Any], after: list[Any]) -> Iterator[tuple[object, int | None, int | None]]:
    for place in range(max(len(before), len(after))):
        yield place, (place if place < len(before) else None), (place if place < len(after) else None)


def _by_name(before: list[Any], after: list[Any]) -> Iterator[tuple[object, int | None, int | None]] | None:
    """The elements of two lists in pairs of the same name; None if one has no name, or a name occurs twice."""
    places = [{_name_of(item): place for place, item in enumerate(items)} for items in (before, after)]
    if any("" in each or len(each) != len(items) for each, items in zip(places, (before, after), strict=True)):
        return None
    return ((name, places[0].get(name), places[1].get(name)) for name in sorted({*places[0], *places[1]}))


def _name_of(item: Any) -> str:
    """What an element of a list is called; empty if it has no name."""
    names = (item.get(key) for key in _NAMES) if isinstance(item, dict) else ()
    return next((name for name in names if isinstance(name, str) and name not in ("", UNKNOWN)), "")


def _place(items: list[Any], item: Any) -> int:
    return next(place for place, each in enumerate(items) if each is item)


def _namesake(new: Any, removed: list[Any], added: list[Any]) -> Any:
    """The removed element with blocks that has the name of this one, if no other one has it."""
    name = _name_of(new)
    old = [each for each in removed if name and _name_of(each) == name]
    alone = sum(_name_of(each) == name for each in added) == 1
    return old[0] if len(old) == 1 and alone and not (_is_flat(new) and _is_flat(old[0])) else None


def _fits(before: Any, after: Any) -> bool:
    """Whether the values can be equal once all of them are known."""
    if after == UNKNOWN:
        return True
    if isinstance(before, dict) and isinstance(after, dict):
        return all(_fits(before.get(key), after.get(key)) for key in {*before, *after})
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_fits, before, after))
    return bool((before or None) == (after or None)) or before == after


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=lambda secret: ["secret", secret.value])
