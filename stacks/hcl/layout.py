"""Where the lines of an expression break, and how `=` lines up, as `terraform fmt` would leave them.

What fits on one line stays there, tall objects apart. What does not is opened at one of its brackets, with an item
or an entry a line; a call opens with its last argument: `jsonencode({`, the entries, `})`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from stacks.hcl.expression import Bracket, Expression, Object, Part, Token
from stacks.hcl.spacing import CLOSING, COMMA, EQUALS, flat, opened, spaced, tokens

WIDTH = 100
INDENT = "  "


def laid_out(expression: Expression, room: int = WIDTH, taken: int = 0) -> list[str]:
    """The lines of `expression`.

    `room` is the columns a line may take, `taken` those of the first line that what stands before uses.
    """
    line = flat(expression)
    if not _has_tall(expression) and len(line) + taken <= room:
        return [line]
    index = _where_to_open(expression)
    if index is None:
        return [line]
    part = expression[index]
    assert not isinstance(part, Token)
    opening, _ = opened(part)
    head = spaced([*tokens(expression[:index]), Token("open", opening)])
    tail = spaced([Token("close", CLOSING[opening]), *tokens(expression[index + 1 :])])
    if isinstance(part, Object):
        return [head, *indented(_entries(part, room - len(INDENT))), tail]
    return _bracket(part, head, tail, room)


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


def _entries(part: Object, room: int) -> list[str]:
    names = [flat(key) for key, _ in part.entries]
    values = [laid_out(value, room, len(name) + 3) for name, (_, value) in zip(names, part.entries, strict=True)]
    return assignments(zip(names, values, strict=True))


def _bracket(part: Bracket, head: str, tail: str, room: int) -> list[str]:
    if part.opening == "(" and _opens_with_its_last(part):
        *others, last = part.items
        before = "".join(flat(item) + ", " for item in others)
        first, *rest = laid_out(last, room, len(head) + len(before))
        if rest:
            return [head + before + first, *rest[:-1], rest[-1] + tail]
    room -= len(INDENT)
    items = [laid_out(item, room, 1) for item in part.items]
    # A list ends each item with a comma; a call must not have one after its last argument when that ends in `...`.
    ends = [COMMA.text] * len(items)
    if part.opening != "[" or _is_for(part):
        ends[-1] = ""
    lines = [[*item[:-1], item[-1] + end] for item, end in zip(items, ends, strict=True)]
    return [head, *indented(line for item in lines for line in item), tail]


def _opens_with_its_last(part: Bracket) -> bool:
    *others, last = part.items
    return _where_to_open(last) is not None and not any(map(_has_entries, others))


def _where_to_open(expression: Expression) -> int | None:
    """The index of the bracket to open: one with something tall in it, else the longest.

    `terraform fmt` lines up the first `=` of a line, so no object may stand before the one that opens.
    """
    brackets = [index for index, part in enumerate(expression) if not isinstance(part, Token) and opened(part)[1]]
    best = max(brackets, key=lambda index: _size(expression[index]), default=None)
    return next((index for index in brackets if index == best or _has_entries((expression[index],))), None)


def _has_entries(expression: Expression) -> bool:
    return EQUALS in tokens(expression)


def _size(part: Part) -> tuple[bool, int]:
    return _has_tall((part,)), len(flat((part,)))


def _has_tall(expression: Expression) -> bool:
    for part in expression:
        if isinstance(part, Bracket) and any(map(_has_tall, part.items)):
            return True
        if isinstance(part, Object) and (part.tall or any(_has_tall(value) for _, value in part.entries)):
            return bool(part.entries)
    return False


def _is_for(part: Bracket) -> bool:
    return part.opening != "(" and part.items[0][0] == Token("name", "for")
