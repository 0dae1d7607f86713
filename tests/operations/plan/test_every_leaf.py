"""Every leaf that Terraform's rendering of a change would show is in ours, and no sensitive value is.

Random changes in the form of `terraform show -json`: known values without the unknown ones, and marks beside them
whose skeletons repeat the shape of the known values. The expectation is Terraform's
`internal/command/jsonformat/differ` in short: blocks in a list by their position, sets by content, a leaf is unknown or
sensitive if its mark is true.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operations.plan.diff import AttributeChange, differences
from operations.plan.values import UNKNOWN

SETS = frozenset({"set", "plain_set"})


class RandomChange:
    """A random change, and what of it has to be shown.

    Attributes:
        shown: The values before and after that have to be shown.
        unknown: How many leaves are unknown after it.
        secrets: The values that must not be shown.
        masked: How many leaves are masked.
    """

    def __init__(self, random: Random) -> None:
        self._random, self._numbers = random, count()
        self.shown: set[str] = set()
        self.secrets: set[str] = set()
        self.unknown = self.masked = 0
        names = ("a", "b", "list", "map", "set", "plain_set", "json")
        columns = {name: self._attribute(name) for name in names}
        self.change: dict[str, Any] = {
            key: {name: column[place] for name, column in columns.items() if column[place] is not _ABSENT}
            for place, key in enumerate(("before", "after", "after_unknown", "before_sensitive", "after_sensitive"))
        }

    def _token(self) -> str:
        return f"value-{next(self._numbers)}."

    def _maybe(self, chance: float) -> bool:
        return self._random.random() < chance

    def _attribute(self, name: str) -> tuple[Any, ...]:
        """Before, after, and the three marks of an attribute."""
        match name:
            case "list":
                return self._columns([self._block(2) for _ in range(self._random.randint(0, 3))])
            case "map":
                return self._keys({key: self._leaf() for key in ("x", "y.z")})
            case "set":
                return self._set([self._element() for _ in range(self._random.randint(0, 3))])
            case "plain_set":
                return self._set([self._token() for _ in range(self._random.randint(0, 3))])
            case "json":
                return self._json()
        return self._leaf()

    def _leaf(self) -> tuple[Any, ...]:
        before = self._token() if self._maybe(0.8) else None
        if self._maybe(0.2):
            self.unknown += 1
            self.shown |= {before} if before else set()
            return before, _ABSENT, True, _ABSENT, _ABSENT
        after = before if self._maybe(0.5) else self._token() if self._maybe(0.8) else None
        if self._maybe(0.2):
            self.secrets |= {each for each in (before, after) if each}
            self.masked += before != after
            both = self._maybe(0.5)
            return before, after, False, True, True if both or after != before else _ABSENT
        if before != after:
            self.shown |= {each for each in (before, after) if each}
        return before, after, self._random.choice((False, _ABSENT)), _ABSENT, _ABSENT

    def _block(self, depth: int) -> tuple[Any, ...]:
        columns = {key: self._leaf() for key in ("k", "l")}
        if depth:
            columns["inner"] = self._columns([self._block(depth - 1)])
        return self._keys(columns)

    def _keys(self, columns: dict[str, tuple[Any, ...]]) -> tuple[Any, ...]:
        return tuple(
            {key: column[place] for key, column in columns.items() if column[place] is not _ABSENT}
            for place in range(5)
        )

    def _columns(self, items: list[tuple[Any, ...]]) -> tuple[Any, ...]:
        return tuple([item[place] for item in items] for place in range(5))

    def _element(self) -> dict[str, str]:
        return {"name": self._token(), "weight": self._token()}

    def _set(self, kept: list[Any]) -> tuple[Any, ...]:
        """A set with elements that stay, are removed and added, in any order; marks of a set are marks of all of it."""
        made = self._element if kept and isinstance(kept[0], dict) else self._token
        removed, added = ([made() for _ in range(self._random.randint(0, 2))] for _ in range(2))
        before, after = [*kept, *removed], [*kept, *added]
        self._random.shuffle(before)
        self._random.shuffle(after)
        if self._maybe(0.2):
            self.secrets |= set(_texts([before, after]))
            self.masked += bool(removed or added)
            return before, after, [], True, True
        self.shown |= set(_texts([removed, added]))
        skeleton = [{} if isinstance(each, dict) else False for each in after]
        return before, after, skeleton, _ABSENT, skeleton

    def _json(self) -> tuple[Any, ...]:
        """JSON in a string is known or unknown as a whole."""
        token, old, new = self._token(), self._token(), self._token()
        before, after = ({"same": token, "list": [{"name": "n", "key": each}]} for each in (old, new))
        self.shown |= {old, new}
        return json.dumps(before), json.dumps(after, indent=1), _ABSENT, _ABSENT, _ABSENT


_ABSENT = object()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _listed(found: tuple[AttributeChange, ...]) -> list[str]:
    return [text for each in found for text in _texts([each.before, each.after])]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_every_changed_leaf_is_listed_and_no_sensitive_value_is(random: Random) -> None:
    made = RandomChange(random)

    found = differences(made.change, sets=SETS)

    listed = _listed(found)
    assert made.shown <= set(listed)
    assert listed.count(UNKNOWN) == made.unknown
    assert sum(each.sensitive for each in found) >= made.masked
    assert not [secret for secret in made.secrets if secret in repr(found)]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_a_leaf_that_does_not_change_is_not_listed(random: Random) -> None:
    """Elements of sets that are listed as a whole are all that may repeat a value."""
    made = RandomChange(random)
    change = {**made.change, "after": made.change["before"], "after_unknown": {}, "after_sensitive": {}}
    change["before_sensitive"] = {}

    assert differences(change, sets=SETS) == ()
