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

from operations.plan.pairing import (
    Pair,
    as_variables,
    by_name,
    by_place,
    fits,
    has_blocks,
    is_flat,
    name_of,
    namesake,
    place_in,
)
from operations.plan.values import Secret, tidy

Step = str | int


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
        elif _are(list, before, after) and (has_blocks(before) or has_blocks(after)):
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
        if at.kind == "json" and (variables := as_variables(before, after)) is not None:
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
            yield from self._pairs(at, before, after, by_place(before, after))

    def _json_items(self, at: _At, before: list[Any], after: list[Any]) -> Iterator[Leaf]:
        named = by_name(before, after)
        if named is None:
            yield from self._pairs(at, before, after, self._aligned(at, before, after))
            return
        found = list(self._pairs(at, before, after, named))
        if not found:  # only their order differs
            names = [[name_of(item) for item in items] for items in (before, after)]
            found = [_leaf(at, *names)]
        yield from found

    def _pairs(
        self,
        at: _At,
        before: Sequence[Any],
        after: Sequence[Any],
        pairs: Iterator[Pair],
    ) -> Iterator[Leaf]:
        for label, old, new in pairs:
            left, right = (None if old is None else before[old]), (None if new is None else after[new])
            yield from self.leaves(at.item(label, old if old is not None else new), left, right)

    def _aligned(self, at: _At, before: list[Any], after: list[Any]) -> Iterator[Pair]:
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
            old = next((each for each in removed if fits(each, new)), None) or namesake(new, removed, added)
            if old is not None:
                removed.remove(old)
                added.remove(new)
                yield from self.leaves(at.item(name_of(new) or place_in(after, new), None), old, new)
        for old in removed:
            yield from self._element(at, before, old, None)
        for new in added:
            yield from self._element(at, after, None, new)

    def _element(self, at: _At, items: list[Any], before: Any, after: Any) -> Iterator[Leaf]:
        element = before if after is None else after
        if is_flat(element):
            yield _leaf(at, before, after)
        else:
            yield from self.leaves(at.item(name_of(element) or place_in(items, element), None), before, after)

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
            inner = self._canonical(at, value.value)
            return None if inner is None else Secret(inner)
        if _is_json(value):
            value, at = parsed(value), replace(at, kind="json")
        if isinstance(value, dict):
            inner = at if at.element or at.kind == "json" else replace(at, kind="map")
            items = {key: self._canonical(inner.key(key), item) for key, item in value.items()}
            return {key: item for key, item in items.items() if item is not None} or ({} if at.element else None)
        if isinstance(value, list):
            variables = as_variables(value, []) if at.kind == "json" else None
            if variables is not None:
                return {name: self._canonical(at.key(name), item) for name, item in variables[0].items()}
            found = [self._canonical(at.item(None, 0), item) for item in value]
            return (sorted(found, key=_text) if at.name in self._sets and at.kind != "json" else found) or None
        if isinstance(value, bool):
            return ("bool", value)  # in Python, true is 1
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


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=lambda secret: ["secret", secret.value])
