"""Where the parts of a stack come from that ecsforge did not write: the user's own files and expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from stacks.errors import Position

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Sources:
    """The origin of the user's own Terraform in a stack.

    Attributes:
        files: The path of the user's file, as in messages, by its path in the stack's folder.
        expressions: The expressions of the project file, each with its position.
        addresses: The addresses of the user's own resources and data sources.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    expressions: tuple[tuple[str, Position], ...] = ()
    addresses: frozenset[str] = frozenset()

    def place(self, file: str, line: int, column: int, code: str) -> Position | None:
        """The place in the user's files of what Terraform reports; None for what ecsforge wrote.

        Args:
            file: The file in the stack's folder.
            line: The line in it.
            column: The column.
            code: The lines that Terraform shows.
        """
        plain = file.removeprefix("./")
        if plain in self.files:
            return Position(self.files[plain], line, column)
        shown = _plain(code)
        found = [(len(text), where) for text, where in self.expressions if _plain(text) and _plain(text) in shown]
        return max(found, key=lambda each: each[0])[1] if found else None


def _plain(text: str) -> str:
    """Text without white space, and without the escapes of JSON."""
    return _SPACE.sub("", text.replace('\\"', '"').replace("\\n", ""))
