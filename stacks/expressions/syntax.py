"""The syntax of expressions: operands and operators, nested by precedence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from stacks.expressions.tree import Quoted


@dataclass(frozen=True)
class Constant:
    """`true`, `false` or `null`."""

    value: bool | None


@dataclass(frozen=True)
class Number:
    """A number as written, without a sign."""

    text: str


@dataclass(frozen=True)
class Text:
    """A quoted string; the expressions in its interpolations are valid, but not part of this tree."""

    quoted: Quoted


@dataclass(frozen=True)
class Name:
    """The first name of a reference: `local` in `local.a.b`."""

    name: str


@dataclass(frozen=True)
class Call:
    """`function(a, b)`; with `expands`, `function(a, b...)`. The function may have a namespace: `core::upper`."""

    function: str
    arguments: tuple[Node, ...]
    expands: bool


@dataclass(frozen=True)
class Member:
    """`of.name`; the name is a number in the legacy index syntax, `of.0`."""

    of: Node
    name: str


@dataclass(frozen=True)
class Index:
    """`of[key]`."""

    of: Node
    key: Node


@dataclass(frozen=True)
class Splat:
    """`of[*]` or `of.*`; the rest of the expression applies to each item."""

    of: Node


@dataclass(frozen=True)
class UnaryOperation:
    """`!operand` or `-operand`."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class BinaryOperation:
    """`left operator right`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Conditional:
    """`condition ? then : otherwise`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True)
class List:
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Map:
    """`{ key = value }`; a key that is a bare name is a string."""

    entries: tuple[tuple[str | Node, Node], ...]


@dataclass(frozen=True)
class Comprehension:
    """`[for names in items : value if condition]`, or with `key =>` in braces."""

    names: tuple[str, ...]
    items: Node
    key: Node | None
    value: Node
    condition: Node | None


Node: TypeAlias = (
    "Constant | Number | Text | Name | Call | Member | Index | Splat | UnaryOperation | BinaryOperation | Conditional"
    " | List | Map | Comprehension"
)
