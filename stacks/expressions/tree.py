"""The tree of an expression, in the detail that formatting needs.

An expression is a sequence of parts: tokens, quoted strings, and brackets that contain expressions. Operators are not
nested by precedence here, but in `syntax`. Positions count from 0 and are ignored when parts are compared.
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

    The kinds `string`, `open` and `close` occur only when an expression is flattened into tokens: a quoted string is
    one token, `${` is an `open` like `(`, and the token that closes it is a `template end`.
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
"""Alternating text and interpolations. In the template of a JSON string, text has its escapes removed."""


def name(text: str) -> Expression:
    """A reference or a keyword."""
    return (Token("name", text),)


def call(function: str, *arguments: Expression) -> Expression:
    """`function(arguments)`."""
    return (Token("name", function), Bracket("(", arguments))


def is_comprehension(part: Bracket) -> bool:
    """Whether the bracket is a `[for ...]` or `{for ...}`."""
    return part.opening != "(" and bool(part.items) and part.items[0][0] == Token("name", "for")
