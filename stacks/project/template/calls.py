"""Finds calls of functions anywhere in a template.

Only Terraform can separate text from expressions reliably, so text counts too. Space and comments can separate a
function's name from its bracket. Each part of the text is read once, however the comments overlap.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection

_SPACE = re.compile(r"\s+")


def called(text: str, names: Collection[str]) -> str | None:
    """The first of the functions `names` that the template calls; None if it calls none of them."""
    names_in_text = re.compile(rf"\b(?:{'|'.join(sorted(names))})(?![\w-])")
    gaps = _Gaps(text)
    for found in names_in_text.finditer(text):
        if text.startswith("(", gaps.end(found.end())):
            return found[0]
    return None


class _Gaps:
    """The space and comments of a text: https://developer.hashicorp.com/terraform/language/syntax/configuration."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [found.end() for found in re.finditer("\n", text)]
        self._closings = [found.end() for found in re.finditer(r"\*/", text)]
        self._ends: dict[int, int] = {}

    def end(self, start: int) -> int:
        """Where space and comments from `start` on end; `start` itself without any."""
        passed, at = [], start
        while at not in self._ends:
            passed.append(at)
            after = self._after(at)
            if after == at:
                self._ends[at] = at
            at = after
        self._ends.update(dict.fromkeys(passed, self._ends[at]))
        return self._ends[at]

    def _after(self, at: int) -> int:
        """The end of the space or the comment at this index; the index itself without one, or if it is not closed."""
        if space := _SPACE.match(self._text, at):
            return space.end()
        if self._text.startswith("/*", at):
            return _first(self._closings, at + 4, at)
        if self._text.startswith(("#", "//"), at):
            return _first(self._lines, at + 1, at)
        return at


def _first(ends: list[int], least: int, otherwise: int) -> int:
    """The first of the sorted `ends` that is at least `least`."""
    index = bisect_left(ends, least)
    return ends[index] if index < len(ends) else otherwise
