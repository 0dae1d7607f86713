"""Templates: literal text, `${...}`, `%{ if }` and `%{ for }`, with the strip markers `~`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from stacks.project.template.expression import evaluate, text_of
from stacks.project.template.work import MAX_SIZE, TemplateError, Unknown, Work

_OPENING = re.compile(r"\$\$\{|%%\{|\$\{|%\{")
_FOR = re.compile(r"for\s+(?P<names>[A-Za-z_][\w-]*(?:\s*,\s*[A-Za-z_][\w-]*)?)\s+in\s+(?P<items>.+)", re.DOTALL)
_IF = re.compile(r"if\s+(?P<condition>.+)", re.DOTALL)
_MAX_NESTING = 20
MAX_STEPS = 100_000
"""How many parts a template may render, counting each iteration of a loop."""


@dataclass(frozen=True)
class _Value:
    """`${expression}`."""

    expression: str


@dataclass(frozen=True)
class _If:
    """`%{ if condition }...%{ else }...%{ endif }`."""

    condition: str
    then: tuple[_Node, ...]
    otherwise: tuple[_Node, ...]


@dataclass(frozen=True)
class _For:
    """`%{ for key, value in items }...%{ endfor }`."""

    names: tuple[str, ...]
    items: str
    body: tuple[_Node, ...]


_Node: TypeAlias = "str | _Value | _If | _For"
_Parts: TypeAlias = list[tuple[str, str]]


def render(text: str, variables: Mapping[str, Any]) -> str:
    """The text that Terraform's `templatefile()` would render.

    Raises `TemplateError` when the template is invalid or renders without end in sight, and `Unknown` when only
    Terraform can evaluate it. Branches that are not taken are not evaluated.
    """
    parts = _parts(text)
    nodes, rest = _parsed(parts, 0, (), 0)
    assert rest == len(parts)
    rendering = _Rendering()
    rendering.write(nodes, variables)
    return "".join(rendering.output)


class _Rendering:
    """The output so far, and how many parts it took."""

    def __init__(self) -> None:
        self.output: list[str] = []
        self._size = self._steps = 0
        self._work = Work()

    def write(self, nodes: Sequence[_Node], variables: Mapping[str, Any]) -> None:
        """Render these nodes. Raises TemplateError when it takes too many steps, or the output is too long."""
        for node in nodes:
            self._step()
            if isinstance(node, str):
                self._append(node)
            elif isinstance(node, _Value):
                self._append(text_of(evaluate(node.expression, variables, self._work)))
            elif isinstance(node, _If):
                self.write(node.then if evaluate(node.condition, variables, self._work) else node.otherwise, variables)
            else:
                self._repeat(node, variables)

    def _repeat(self, loop: _For, variables: Mapping[str, Any]) -> None:
        items = evaluate(loop.items, variables, self._work)
        if not isinstance(items, list | dict):
            raise TemplateError("%{ for } needs a list or a map")
        pairs = sorted(items.items()) if isinstance(items, dict) else enumerate(items)
        for pair in pairs:
            self._step()
            names = dict(zip(loop.names, pair[-len(loop.names) :], strict=True))
            self.write(loop.body, {**variables, **names})

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TemplateError(f"its loops take more than {MAX_STEPS:,} steps")

    def _append(self, text: str) -> None:
        self._size += len(text)
        if self._size > MAX_SIZE:
            raise TemplateError(f"it renders more than {MAX_SIZE:,} characters")
        self.output.append(text)


def _parts(text: str) -> _Parts:
    """The template as pairs of a kind (`text`, `$` or `%`) and its content."""
    parts: _Parts = []
    at, strip_next = 0, False
    while match := _OPENING.search(text, at):
        literal = text[at : match.start()]
        escaped = len(match[0]) == 3
        end = match.end() if escaped else _closing(text, match.end())
        inner = "" if escaped else text[match.end() : end]
        literal = _without_line_start(literal) if strip_next else literal
        literal = _without_line_end(literal) if inner.startswith("~") else literal
        parts.append(("text", literal + (match[0][1:] if escaped else "")))
        if not escaped:
            parts.append((match[0][0], inner.removeprefix("~").removesuffix("~").strip()))
        strip_next = inner.endswith("~")
        at = end if escaped else end + 1
    parts.append(("text", _without_line_start(text[at:]) if strip_next else text[at:]))
    return parts


def _without_line_start(literal: str) -> str:
    """The text after a `~}`, without the whitespace up to and including the end of the line."""
    first, newline, rest = literal.partition("\n")
    return rest if newline and not first.strip() else first.lstrip() + newline + rest


def _without_line_end(literal: str) -> str:
    """The text before a `${~` or `%{~`, without the whitespace at the end of its last line."""
    lines = literal.splitlines(keepends=True)
    return "".join([*lines[:-1], lines[-1].rstrip()]) if lines else ""


def _closing(text: str, start: int) -> int:
    """The index of the brace that closes a sequence, after nested braces and strings."""
    depth, at = 1, start
    while at < len(text):
        letter = text[at]
        if letter == '"':
            at = _string_end(text, at)
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0:
            return at
        at += 1
    line = text.count("\n", 0, start) + 1
    raise TemplateError(f"{text[start - 2 : start]} on line {line} is not closed")


def _string_end(text: str, start: int) -> int:
    at = start + 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at


def _parsed(parts: _Parts, at: int, ends: tuple[str, ...], depth: int) -> tuple[tuple[_Node, ...], int]:
    """The nodes from `at` up to one of the directives `ends`, and the index of that directive."""
    if depth > _MAX_NESTING:
        raise Unknown("deep nesting")
    nodes: list[_Node] = []
    while at < len(parts):
        kind, inner = parts[at]
        if kind == "text":
            nodes.append(inner)
        elif kind == "$":
            nodes.append(_Value(inner))
        elif inner in ends:
            return tuple(nodes), at
        else:
            node, at = _directive(parts, at, depth + 1)
            nodes.append(node)
        at += 1
    if ends:
        raise TemplateError(f"missing %{{ {ends[-1]} }}")
    return tuple(nodes), at


def _directive(parts: _Parts, at: int, depth: int) -> tuple[_Node, int]:
    """The node of a directive, and the index of the one that ends it."""
    inner = parts[at][1]
    if match := _IF.fullmatch(inner):
        then, at = _parsed(parts, at + 1, ("else", "endif"), depth)
        otherwise: tuple[_Node, ...] = ()
        if parts[at][1] == "else":
            otherwise, at = _parsed(parts, at + 1, ("endif",), depth)
        return _If(match["condition"], then, otherwise), at
    if match := _FOR.fullmatch(inner):
        names = tuple(name.strip() for name in match["names"].split(","))
        body, at = _parsed(parts, at + 1, ("endfor",), depth)
        return _For(names, match["items"], body), at
    raise TemplateError(f"unexpected %{{ {inner} }}")
