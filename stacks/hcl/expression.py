"""The tree of an HCL expression, as fine as laying it out needs.

An expression is a run of parts: tokens, and brackets that hold expressions of their own. Operators are not
sorted by precedence: nothing here changes what an expression means, only where its lines break.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

TokenKind: TypeAlias = Literal["name", "number", "string", "operator", "open", "close", "template end"]


@dataclass(frozen=True)
class Token:
    """One word of an expression; a whole quoted string counts as one.

    `open` and `close` stand for brackets when an expression is flattened into tokens, and `${` opens as `(` does;
    what closes that one is a `template end`.
    """

    kind: TokenKind
    text: str


@dataclass(frozen=True)
class Bracket:
    """`(a, b)` or `[a, b]`; also `[for …]` and `{for …}`, with everything inside as the one item."""

    opening: str
    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Object:
    """`{ key = value }`."""

    entries: tuple[tuple[Expression, Expression], ...]


Part: TypeAlias = "Token | Bracket | Object"
Expression: TypeAlias = "tuple[Part, ...]"


@dataclass(frozen=True)
class Interpolation:
    """`${expression}` or `%{directive}` inside a template, with the `~` that trim the text around them."""

    opening: str
    expression: Expression
    closing: str


Template: TypeAlias = "tuple[str | Interpolation, ...]"
"""Text and interpolations in turn; the text is what it says, with no escapes."""


def name(text: str) -> Expression:
    """A reference or a keyword, written as it is."""
    return (Token("name", text),)


def call(function: str, *arguments: Expression) -> Expression:
    """`function(arguments)`."""
    return (Token("name", function), Bracket("(", arguments))
