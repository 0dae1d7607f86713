"""Variables in compose files, env files and Dockerfiles.

Nothing here fails: a variable that is required and has no value is reported as missing, and text that only looks like a
variable is kept. `string.Template` does not serve: it knows no defaults.

Source: the Compose Specification, "Interpolation", and the Dockerfile reference, "Environment replacement".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_TEXT = 64 * 1024
"""Characters of a text with its variables replaced: `A=$A$A` doubles it with every line."""
_MAX_NESTING = 20
_MAX_STEPS = 100_000
"""Braces that are not closed are read again as text, each up to the end."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_OPERATORS = (":-", ":?", ":+", "-", "?", "+")


@dataclass
class Interpolated:
    """A text with its variables replaced, and the variables in it that have no value and no default."""

    text: str = ""
    missing: list[str] = field(default_factory=list)


def interpolated(text: str, values: Mapping[str, str], *, escape: str = "$") -> Interpolated:
    """`text` with each variable replaced by its value, its default, or nothing.

    `escape` before a dollar sign keeps it: `$` in compose files, a backslash in Dockerfiles.
    """
    result = Interpolated()
    result.text = _Reader(text[:MAX_TEXT], values, escape, result.missing).read()[:MAX_TEXT]
    return result


class _Reader:
    """Reads a text from left to right, with a nested text for each default."""

    def __init__(self, text: str, values: Mapping[str, str], escape: str, missing: list[str]) -> None:
        self._text, self._values, self._escape, self._missing = text, values, escape, missing
        self._at = 0
        self._steps = 0

    def read(self, depth: int = 0) -> str:
        """The text up to its end, or inside braces up to the closing one."""
        parts: list[str] = []
        length = 0
        while self._at < len(self._text) and not (depth and self._text[self._at] == "}"):
            part = self._next(depth)
            length += len(part)
            if length <= MAX_TEXT:
                parts.append(part)
        return "".join(parts)

    def _next(self, depth: int) -> str:
        text, at = self._text, self._at
        self._steps += 1
        if self._steps > _MAX_STEPS:
            self._at = len(text)
            return text[at:]
        if text.startswith(f"{self._escape}$", at):
            self._at += 2
            return "$"
        if text[at] != "$":
            end = min((i for i in (text.find(c, at + 1) for c in f"${self._escape}}}") if i > 0), default=len(text))
            self._at = end
            return text[at:end]
        if found := _NAME.match(text, at + 1):
            self._at = found.end()
            return self._value(found[0], "", "")
        if text.startswith("{", at + 1) and depth < _MAX_NESTING and (found := _NAME.match(text, at + 2)):
            return self._braced(found[0], found.end(), depth)
        self._at += 1
        return "$"

    def _braced(self, name: str, at: int, depth: int) -> str:
        start = self._at
        operator = next((each for each in _OPERATORS if self._text.startswith(each, at)), "")
        self._at = at + len(operator)
        known = len(self._missing)
        operand = self.read(depth + 1) if operator else ""
        if self._text[self._at : self._at + 1] != "}":  # not closed, or ${NAME/a/b}: neither is a variable
            del self._missing[known:]
            self._at = start + 1
            return "$"
        self._at += 1
        nested = self._missing[known:]
        del self._missing[known:]
        return self._value(name, operator, operand, nested)

    def _value(self, name: str, operator: str, operand: str, nested: list[str] | None = None) -> str:
        value = self._values.get(name)
        is_set = bool(value) if operator.startswith(":") else value is not None
        if operator.endswith("+"):
            self._missing += (nested or []) if is_set else []
            return operand if is_set else ""
        if is_set:
            return value or ""
        if operator.endswith("-"):
            self._missing += nested or []
            return operand
        self._missing.append(name)
        return ""
