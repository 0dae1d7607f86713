"""Blocks of a Terraform file, with positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stacks.errors import Position


@dataclass(frozen=True)
class Computed:
    """The value of an argument that only Terraform knows."""


COMPUTED = Computed()
_QUOTED = re.compile(r'"([^"\\\n]*)"')


@dataclass(frozen=True)
class Attribute:
    """An argument: its name, its position, and its expression.

    `text` is the expression in Terraform's native syntax, without comments; None in a JSON file, where `given` is the
    value, and `quoted` a string as it is written.
    """

    name: str
    position: Position
    text: str | None = None
    given: Any = COMPUTED
    quoted: str | None = None

    @cached_property
    def value(self) -> Any:
        """The value: text, a number, a boolean, None, a list or a dict; `COMPUTED` where it is not written out."""
        if self.text is None:
            return self.given
        from stacks.infra.literals import literal_value

        return literal_value(self.text)

    @property
    def template(self) -> str | None:
        """The template of a string, such as `${path.module}/a.json`; None for any other expression."""
        if self.text is None:
            return self.quoted
        found = _QUOTED.fullmatch(self.text)
        return found[1] if found else None


@dataclass(frozen=True)
class Block:
    """A block: `resource "aws_vpc" "main"` has the kind `resource` and two labels.

    `start` and `end` are its offsets in the text of the file.
    """

    kind: str
    labels: tuple[str, ...]
    position: Position
    attributes: tuple[Attribute, ...] = ()
    blocks: tuple[Block, ...] = ()
    start: int = 0
    end: int = 0

    def attribute(self, name: str) -> Attribute | None:
        """The argument of this name; None without one."""
        return next((each for each in self.attributes if each.name == name), None)

    def of_kind(self, *kinds: str) -> Iterator[Block]:
        """The blocks directly in this one that are of one of these kinds."""
        return (each for each in self.blocks if each.kind in kinds)


TOO_DEEP = "blocks or values are nested too deeply"
"""What is wrong with a file that would take more memory than there is."""


class UnreadableFile(ValueError):
    """A file that is not valid HCL or JSON.

    Attributes:
        position: Where reading stopped.
        what: What is wrong there.
    """

    def __init__(self, position: Position, what: str) -> None:
        super().__init__(position, what)
        self.position = position
        self.what = what


class Lines:
    """Positions in the text of one file, by offset."""

    def __init__(self, source: str, text: str) -> None:
        self._source = source
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)

    def position(self, at: int) -> Position:
        """The line and column of an offset."""
        from bisect import bisect_right

        line = bisect_right(self._starts, at)
        return Position(self._source, line, at - self._starts[line - 1] + 1)
