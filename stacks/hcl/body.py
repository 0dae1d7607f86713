"""Blocks: what stands between the braces, and the blank lines that group it."""

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
    """`header { … }`. Blank lines part the groups, and the members of several lines too unless the block is dense."""

    header: str
    groups: tuple[tuple[Member, ...], ...]
    dense: bool = False


Member: TypeAlias = "Attribute | Block"


def block_lines(block: Block, room: int = WIDTH) -> list[str]:
    """The block as `terraform fmt` would leave it."""
    inner: list[str] = []
    for group in block.groups:
        for paragraph in _paragraphs(group, room - len(INDENT), block.dense):
            inner += ["", *paragraph] if inner else paragraph
    if not inner:
        return [f"{block.header} {{}}"]
    return [f"{block.header} {{", *indented(inner), "}"]


def _paragraphs(group: Sequence[Member], room: int, dense: bool) -> Iterator[list[str]]:
    """The group's lines: attributes of one line together, then each longer member by itself."""
    together: list[tuple[str, list[str]]] = []
    apart: list[list[str]] = []
    for member in group:
        if isinstance(member, Block):
            apart.append(block_lines(member, room))
            continue
        lines = laid_out(member.value, room, len(member.name) + len(" = "))
        if dense or len(lines) == 1:
            together.append((member.name, lines))
        else:
            apart.append(assignments([(member.name, lines)]))
    if together:
        yield assignments(together)
    yield from apart
