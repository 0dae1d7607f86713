"""The tree of an expression, as fine as laying it out needs.

An expression is a run of parts: tokens, quoted strings, and brackets that hold expressions of their own. Operators are
not sorted by precedence here: `syntax` does that. Positions count from 0 and do not matter when parts are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

TokenKind: TypeAlias = Literal["name", "number", "string", "operator", "open", "close", "template end"]

CLOSING = {"(": ")", "[": "]", "{": "}"}
"""The bracket that closes each opening one."""


@dataclass(frozen=True)
class Token:
    """One token of an expression.

    The kinds `string`, `open` and `close` occur only where an expression is flattened into tokens: a whole quoted
    string is one, `${` opens as `(` does, and the token that closes it is a `template end`.
    """

    kind: TokenKind
    text: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Quoted:
    """`"text ${interpolation}"`. Text keeps its escapes, as written between the quotes."""

    parts: Template
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Bracket:
    """`(a, b)` or `[a, b]`; also `[for ...]` and `{for ...}`, with everything inside as the only item."""

    opening: str
    items: tuple[Expression, ...]
    at: int = field(default=0, compare=False)
    ends_with_comma: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Object:
    """`{ key = value }`."""

    entries: tuple[tuple[Expression, Expression], ...]
    at: int = field(default=0, compare=False)


Part: TypeAlias = "Token | Quoted | Bracket | Object"
Expression: TypeAlias = "tuple[Part, ...]"


@dataclass(frozen=True)
class Interpolation:
    """`${expression}` or `%{directive}` in a template, with the `~` that trim the text around them."""

    opening: str
    expression: Expression
    closing: str


Template: TypeAlias = "tuple[str | Interpolation, ...]"
"""Text and interpolations in turn. In the template of a JSON string, text has its escapes removed."""


def name(text: str) -> Expression:
    """A reference or a keyword, written as it is."""
    return (Token("name", text),)


def call(function: str, *arguments: Expression) -> Expression:
    """`function(arguments)`."""
    return (Token("name", function), Bracket("(", arguments))


def is_comprehension(part: Bracket) -> bool:
    """Whether the bracket is a `[for ...]` or `{for ...}`."""
    return part.opening != "(" and bool(part.items) and part.items[0][0] == Token("name", "for")
