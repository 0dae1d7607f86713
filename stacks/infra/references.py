"""The references and function calls in an expression, with their positions, also those inside of quoted strings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.expressions.tree import Bracket, Expression, Interpolation, Object, Part, Quoted, Token, is_comprehension

_WORDS = frozenset({"true", "false", "null"})
_LONGEST = 5


@dataclass(frozen=True)
class Reference:
    """`data.aws_ami.web` in `data.aws_ami.web.id`: the first names, up to five; `at` is its offset."""

    names: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class FunctionCall:
    """A call of a function, whose name may have a namespace: `core::upper`."""

    name: str
    at: int


def references_in(expression: Expression) -> Iterator[Reference | FunctionCall]:
    """Every reference and call, in order. The names that a `for` binds are none."""
    return _parts(expression, frozenset())


def _parts(parts: Expression, bound: frozenset[str]) -> Iterator[Reference | FunctionCall]:
    index = 0
    while index < len(parts):
        part = parts[index]
        if isinstance(part, Token):
            if part.kind == "name" and not _is(parts, index - 1, "."):
                found, index = _named(parts, index)
                if isinstance(found, FunctionCall) or found.names[0] not in bound | _WORDS:
                    yield found
            else:
                index += 1
            continue
        yield from _inside(part, bound)
        index += 1


def _named(parts: Expression, index: int) -> tuple[Reference | FunctionCall, int]:
    """The reference or call that begins at `index`, and where it ends."""
    names, at = [_text(parts[index])], parts[index].at
    separator = "::" if _is(parts, index + 1, "::") else "."
    index += 1
    while _is(parts, index, separator) and index + 1 < len(parts) and _is_word(parts[index + 1]):
        names.append(_text(parts[index + 1]))
        index += 2
    is_call = index < len(parts) and isinstance(following := parts[index], Bracket) and following.opening == "("
    if separator == "::" or (is_call and len(names) == 1):
        return FunctionCall(separator.join(names), at), index
    return Reference(tuple(names[:_LONGEST]), at), index


def _inside(part: Part, bound: frozenset[str]) -> Iterator[Reference | FunctionCall]:
    match part:
        case Quoted(parts):
            yield from _template([each for each in parts if isinstance(each, Interpolation)], bound)
        case Object(entries):
            for key, value in entries:
                if not (len(key) == 1 and isinstance(key[0], Token)):
                    yield from _parts(key, bound)
                yield from _parts(value, bound)
        case Bracket() if is_comprehension(part):
            rest, names = _for(part.items[0])
            yield from _comprehension(rest, bound | names)
        case Bracket(items=items):
            for item in items:
                yield from _parts(item, bound)


def _template(parts: list[Interpolation], bound: frozenset[str]) -> Iterator[Reference | FunctionCall]:
    """What is in `${...}` and `%{...}`, without keywords; a `for` binds names up to its `endfor`."""
    outer: list[frozenset[str]] = []
    for each in parts:
        expression = each.expression
        keyword = expression[0] if each.opening.startswith("%") and expression else None
        if not isinstance(keyword, Token):
            yield from _parts(expression, bound)
        elif keyword.text == "for":
            rest, names = _for(expression)
            yield from _parts(rest, bound)
            outer.append(bound)
            bound |= names
        else:
            yield from _parts(expression[1:], bound)
            if keyword.text == "endfor" and outer:
                bound = outer.pop()


def _for(expression: Expression) -> tuple[Expression, frozenset[str]]:
    """What follows the `in` of a `for`, and the names that it binds."""
    index = next(i for i, part in enumerate(expression) if isinstance(part, Token) and part.text == "in")
    names = {part.text for part in expression[1:index] if isinstance(part, Token) and part.kind == "name"}
    return expression[index + 1 :], frozenset(names)


def _comprehension(rest: Expression, bound: frozenset[str]) -> Iterator[Reference | FunctionCall]:
    """The rest of a `for` without its keyword `if`."""
    return _parts(tuple(part for part in rest if not (isinstance(part, Token) and part.text == "if")), bound)


def _is(parts: Expression, index: int, text: str) -> bool:
    if not 0 <= index < len(parts):
        return False
    part = parts[index]
    return isinstance(part, Token) and part.text == text


def _is_word(part: Part) -> bool:
    return isinstance(part, Token) and part.kind == "name"


def _text(part: Part) -> str:
    assert isinstance(part, Token)
    return part.text
