"""Blocks: their members, and the blank lines between groups of members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from stacks.expressions.tree import Expression
from stacks.hcl.layout import INDENT, WIDTH, assignments, indented, laid_out


@dataclass(frozen=True)
class Attribute:
    """`name = value`."""

    name: str
    value: Expression


@dataclass(frozen=True)
class Block:
    """`header { ... }`. Blank lines separate groups, and in a block that is not dense also members of several lines."""

    header: str
    groups: tuple[tuple[Member, ...], ...]
    dense: bool = False


Member: TypeAlias = "Attribute | Block"


def block_lines(block: Block, width: int = WIDTH) -> list[str]:
    """The lines of the block, as `terraform fmt` formats them."""
    inner: list[str] = []
    for group in block.groups:
        for paragraph in _paragraphs(group, width - len(INDENT), block.dense):
            inner += ["", *paragraph] if inner else paragraph
    if not inner:
        return [f"{block.header} {{}}"]
    return [f"{block.header} {{", *indented(inner), "}"]


def _paragraphs(group: Sequence[Member], width: int, dense: bool) -> Iterator[list[str]]:
    """The lines of a group: one-line attributes together, then each longer member separately."""
    together: list[tuple[str, list[str]]] = []
    apart: list[list[str]] = []
    for member in group:
        if isinstance(member, Block):
            apart.append(block_lines(member, width))
            continue
        lines = laid_out(member.value, width, len(member.name) + len(" = "))
        if dense or len(lines) == 1:
            together.append((member.name, lines))
        else:
            apart.append(assignments([(member.name, lines)]))
    if together:
        yield assignments(together)
    yield from apart
