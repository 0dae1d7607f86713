"""Line breaks in expressions, and the alignment of `=`, as `terraform fmt` formats them.

An expression that fits on one line stays there, except objects that read better as a column. Others are opened at one
of their brackets, with one item or entry per line; a call opens with its last argument: `jsonencode({`, the entries,
`})`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from stacks.expressions.tree import CLOSING, Bracket, Expression, Object, Part, Token, is_comprehension
from stacks.hcl.spacing import COMMA, flat, opened, spaced, tokens

WIDTH = 100
INDENT = "  "

# How many entries an object on one line can have: as the value of an argument, as the value of another object's entry,
# and as an item of a list.
OF_ARGUMENT, OF_ENTRY, OF_LIST = 0, 1, sys.maxsize


def laid_out(expression: Expression, width: int = WIDTH, used: int = 0, entries: int = OF_ARGUMENT) -> list[str]:
    """The lines of `expression`.

    `width` is the number of columns of a line, `used` the number of columns before the expression on its first line,
    and `entries` how many entries an object on one line can have.
    """
    line = flat(expression)
    if not _is_tall(expression, entries) and len(line) + used <= width:
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
        return [head, *indented(_entry_lines(part, width - len(INDENT))), tail]
    return _bracket_lines(part, head, tail, (width, used), OF_LIST if opening == "[" else entries)


def assignments(entries: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    """`name = value` lines, with the equals signs of adjacent one-line values aligned."""
    lines: list[str] = []
    for single, group in groupby(entries, key=lambda entry: len(entry[1]) == 1):
        members = list(group)
        width = max(len(name) for name, _ in members) if single else 0
        for name, (first, *rest) in members:
            lines += [f"{name:<{width}} = {first}", *rest]
    return lines


def indented(lines: Iterable[str]) -> Iterator[str]:
    """The lines, indented by one level; empty ones stay empty."""
    return (INDENT + line if line else line for line in lines)


def _entry_lines(part: Object, width: int) -> list[str]:
    names = [flat(key) for key, _ in part.entries]
    values = [value for _, value in part.entries]
    pairs = zip(names, values, strict=True)
    return assignments([(name, laid_out(value, width, len(name) + len(" = "), OF_ENTRY)) for name, value in pairs])


def _bracket_lines(part: Bracket, head: str, tail: str, space: tuple[int, int], entries: int) -> list[str]:
    width, used = space
    if _opens_with_its_last(part, entries):
        *others, last = part.items
        head += "".join(flat(item) + ", " for item in others)
        first, *rest = laid_out(last, width, used + len(head) + len(tail), entries)
        if rest:
            return [head + first, *rest[:-1], rest[-1] + tail]
    width -= len(INDENT)
    items = [laid_out(item, width, len(COMMA.text), entries) for item in part.items]
    # Every item of a list ends with a comma; the last argument of a call must not, as it can end in `...`.
    ends = [COMMA.text] * len(items)
    if part.opening != "[" or is_comprehension(part):
        ends[-1] = ""
    lines = [[*item[:-1], item[-1] + end] for item, end in zip(items, ends, strict=True)]
    return [head, *indented(line for item in lines for line in item), tail]


def _opens_with_its_last(part: Bracket, entries: int) -> bool:
    """Whether the bracket of the last argument, or of the only object in a list, opens on the same line."""
    *others, last = part.items
    if part.opening == "(":
        return _where_to_open(last, entries) is not None and not any(map(_has_entries, others))
    return not others and isinstance(last[0], Object) and len(last) == 1


def _where_to_open(expression: Expression, entries: int) -> int | None:
    """The index of the bracket to open: one that contains something tall, else the longest.

    `terraform fmt` aligns the first `=` of a line, so an object must not precede the one that opens.
    """

    def size(index: int) -> tuple[bool, int]:
        part = (expression[index],)
        return _is_tall(part, entries), len(flat(part))

    found = (i for i, part in enumerate(expression) if isinstance(part, Bracket | Object) and opened(part)[1])
    brackets = [i for i in found if not _is_index(expression, i)]
    best = max(brackets, key=size, default=None)
    return next((index for index in brackets if index == best or _has_entries((expression[index],))), None)


def _is_index(expression: Expression, place: int) -> bool:
    """Whether the bracket at `place` is an index, in which Terraform allows no line breaks."""
    part, before = expression[place], expression[place - 1] if place else None
    if not isinstance(part, Bracket) or part.opening != "[" or before is None:
        return False
    return before.kind in ("name", "number") and before.text != "in" if isinstance(before, Token) else True


def _is_tall(expression: Expression, entries: int) -> bool:
    """Whether it contains something that takes several lines even if it is short."""
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
    """Whether there is an `=` in it."""
    return any(_has_equals(part) for part in expression)


def _has_equals(part: Part) -> bool:
    if isinstance(part, Bracket):
        return any(map(_has_entries, part.items))
    return isinstance(part, Object) and bool(part.entries)
