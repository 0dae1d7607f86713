"""For loops over what is checked: without anything to check, a test must fail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")


def some(items: Iterable[Item]) -> list[Item]:
    """The items; fails when there are none, because a loop over them would assert nothing."""
    found = list(items)
    assert found, "nothing was checked"
    return found
