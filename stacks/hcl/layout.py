"""Where the lines of an expression break, and how `=` lines up, as `terraform fmt` would leave them.

What fits on one line stays there, except objects that read better as a column. What does not is opened at one of its
brackets, with an item or an entry a line; a call opens with its last argument: `jsonencode({`, the entries, `})`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from stacks.expressions.tree import CLOSING, Bracket, Expression, Object, Part, Token, is_comprehension
from stacks.hcl.spacing import COMMA, flat, opened, spaced, tokens

WIDTH = 100
INDENT = "  "

# How many entries an object may have and still stay on its line: as the value of an argument, of another object's
# entry, and as an item of a list.
OF_ARGUMENT, OF_ENTRY, OF_LIST = 0, 1, sys.maxsize


def laid_out(expression: Expression, room: int = WIDTH, taken: int = 0, entries: int = OF_ARGUMENT) -> list[str]:
    """The lines of `expression`.

    `room` is the columns a line may take, `taken` those of the first line that what stands before uses, and
    `entries` how many entries an object on one line may have.
    """
    line = flat(expression)
    if not _is_tall(expression, entries) and len(line) + taken <= room:
        return [line]
    index = _where_to_open(expression, entries)
    if index is None:
        return [line]
    part = expression[index]
    assert isinstance(part, Bracket | Object)
    opening, _ = opened(part)
    head = spaced([*tokens(expression[:index]), Token("open", opening)])
    tail = spaced([Token("close", CLOSING[opening]), *tokens(expression[index + 1 :])])
    if isinstance(part, Object):
        return [head, *indented(_entry_lines(part, room - len(INDENT))), tail]
    return _bracket_lines(part, head, tail, (room, taken), OF_LIST if opening == "[" else entries)


def assignments(entries: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    """`name = value` lines; the equals signs of neighbours that take one line each stand below each other."""
    lines: list[str] = []
    for single, group in groupby(entries, key=lambda entry: len(entry[1]) == 1):
        members = list(group)
        width = max(len(name) for name, _ in members) if single else 0
        for name, (first, *rest) in members:
            lines += [f"{name:<{width}} = {first}", *rest]
    return lines


def indented(lines: Iterable[str]) -> Iterator[str]:
    """The lines, one level deeper; empty ones stay empty."""
    return (INDENT + line if line else line for line in lines)


def _entry_lines(part: Object, room: int) -> list[str]:
    names = [flat(key) for key, _ in part.entries]
    values = [value for _, value in part.entries]
    pairs = zip(names, values, strict=True)
    return assignments([(name, laid_out(value, room, len(name) + len(" = "), OF_ENTRY)) for name, value in pairs])


def _bracket_lines(part: Bracket, head: str, tail: str, space: tuple[int, int], entries: int) -> list[str]:
    room, taken = space
    if _opens_with_its_last(part, entries):
        *others, last = part.items
        head += "".join(flat(item) + ", " for item in others)
        first, *rest = laid_out(last, room, taken + len(head) + len(tail), entries)
        if rest:
            return [head + first, *rest[:-1], rest[-1] + tail]
    room -= len(INDENT)
    items = [laid_out(item, room, len(COMMA.text), entries) for item in part.items]
    # Every item of a list ends with a comma; the last argument of a call may end in `...` and must not.
    ends = [COMMA.text] * len(items)
    if part.opening != "[" or is_comprehension(part):
        ends[-1] = ""
    lines = [[*item[:-1], item[-1] + end] for item, end in zip(items, ends, strict=True)]
    return [head, *indented(line for item in lines for line in item), tail]


def _opens_with_its_last(part: Bracket, entries: int) -> bool:
    """Whether the last argument's bracket opens on the line of the call's, and the only object on that of its list."""
    *others, last = part.items
    if part.opening == "(":
        return _where_to_open(last, entries) is not None and not any(map(_has_entries, others))
    return not others and isinstance(last[0], Object) and len(last) == 1


def _where_to_open(expression: Expression, entries: int) -> int | None:
    """The index of the bracket to open: one with something tall in it, else the longest.

    `terraform fmt` lines up the first `=` of a line, so no object may stand before the one that opens.
    """

    def size(index: int) -> tuple[bool, int]:
        part = (expression[index],)
        return _is_tall(part, entries), len(flat(part))

    brackets = [i for i, part in enumerate(expression) if isinstance(part, Bracket | Object) and opened(part)[1]]
    best = max(brackets, key=size, default=None)
    return next((index for index in brackets if index == best or _has_entries((expression[index],))), None)


def _is_tall(expression: Expression, entries: int) -> bool:
    """Whether something in it takes lines of its own however short it is."""
    for part in expression:
        if isinstance(part, Object) and part.entries:
            if len(part.entries) > entries or any(_has_entries(value) for _, value in part.entries):
                return True
        elif isinstance(part, Bracket):
            inner = OF_LIST if part.opening == "[" else entries
            objects = [item for item in part.items if _has_entries(item)]
            if (len(objects) > 1 and part.opening == "[") or any(_is_tall(item, inner) for item in objects):
                return True
    return False


def _has_entries(expression: Expression) -> bool:
    """Whether an `=` would be in its line."""
    return any(_has_equals(part) for part in expression)


def _has_equals(part: Part) -> bool:
    if isinstance(part, Bracket):
        return any(map(_has_entries, part.items))
    return isinstance(part, Object) and bool(part.entries)
