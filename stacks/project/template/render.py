"""Templates: literal text, `${...}`, `%{ if }` and `%{ for }`, with the strip markers `~`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from stacks.project.template.budget import Budget
from stacks.project.template.errors import TemplateError, Unknown
from stacks.project.template.expression import Evaluator
from stacks.project.template.functions import text_of

_OPENING = re.compile(r"\$\$\{|%%\{|\$\{|%\{")
_FOR = re.compile(r"for\s+(?P<names>[A-Za-z_][\w-]*(?:\s*,\s*[A-Za-z_][\w-]*)?)\s+in\s+(?P<items>.+)", re.DOTALL)
_IF = re.compile(r"if\s+(?P<condition>.+)", re.DOTALL)
_MAX_NESTING = 20


@dataclass(frozen=True)
class _Value:
    """`${expression}`."""

    expression: str
    line: int


@dataclass(frozen=True)
class _If:
    """`%{ if condition }...%{ else }...%{ endif }`."""

    condition: str
    line: int
    then: tuple[_Node, ...]
    otherwise: tuple[_Node, ...]


@dataclass(frozen=True)
class _For:
    """`%{ for key, value in items }...%{ endfor }`."""

    names: tuple[str, ...]
    items: str
    line: int
    body: tuple[_Node, ...]


_Node: TypeAlias = "str | _Value | _If | _For"
_Parts: TypeAlias = list[tuple[str, str, int]]


def render(text: str, variables: Mapping[str, Any]) -> str:
    """The text that Terraform's `templatefile()` would render.

    Branches that are not taken are not evaluated.

    Raises:
        TemplateError: The template is invalid.
        Unknown: Only Terraform can evaluate it.
        TooLarge: Rendering it takes too long or makes too much text.
    """
    parts = _parts(text)
    nodes, rest = _parsed(parts, 0, (), 0)
    assert rest == len(parts)
    budget = Budget()
    return _Renderer(budget, Evaluator(budget)).text(nodes, variables)


@dataclass(frozen=True)
class _Renderer:
    budget: Budget
    evaluator: Evaluator

    def text(self, nodes: Sequence[_Node], variables: Mapping[str, Any]) -> str:
        return "".join(self._text(node, variables) for node in nodes)

    def _text(self, node: _Node, variables: Mapping[str, Any]) -> str:
        self.budget.step()
        if isinstance(node, str):
            self.budget.text(len(node))
            return node
        self.budget.line = node.line
        if isinstance(node, _If):
            holds = self.evaluator.value(node.condition, variables)
            return self.text(node.then if holds else node.otherwise, variables)
        if isinstance(node, _For):
            return self._loop(node, variables)
        text = text_of(self.evaluator.value(node.expression, variables))
        self.budget.text(len(text))
        return text

    def _loop(self, node: _For, variables: Mapping[str, Any]) -> str:
        items = self.evaluator.value(node.items, variables)
        if not isinstance(items, list | dict):
            raise TemplateError("%{ for } needs a list or a map")
        pairs = sorted(items.items()) if isinstance(items, dict) else enumerate(items)
        texts = []
        for pair in pairs:
            self.budget.step()
            bound = dict(zip(node.names, pair[-len(node.names) :], strict=True))
            texts.append(self.text(node.body, {**variables, **bound}))
        return "".join(texts)


def _parts(text: str) -> _Parts:
    """The template in parts: a kind (`text`, `$` or `%`), its content, and its line."""
    parts: _Parts = []
    at, line, strip_next = 0, 1, False
    while match := _OPENING.search(text, at):
        literal = text[at : match.start()]
        line += literal.count("\n")
        escaped = len(match[0]) == 3
        end = match.end() if escaped else _closing(text, match.end())
        inner = "" if escaped else text[match.end() : end]
        literal = _without_line_start(literal) if strip_next else literal
        literal = _without_line_end(literal) if inner.startswith("~") else literal
        parts.append(("text", literal + (match[0][1:] if escaped else ""), line))
        if not escaped:
            parts.append((match[0][0], inner.removeprefix("~").removesuffix("~").strip(), line))
        line += inner.count("\n")
        strip_next = inner.endswith("~")
        at = end if escaped else end + 1
    parts.append(("text", _without_line_start(text[at:]) if strip_next else text[at:], line))
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
        kind, inner, line = parts[at]
        if kind == "text":
            nodes.append(inner)
        elif kind == "$":
            nodes.append(_Value(inner, line))
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
    _, inner, line = parts[at]
    if match := _IF.fullmatch(inner):
        then, at = _parsed(parts, at + 1, ("else", "endif"), depth)
        otherwise: tuple[_Node, ...] = ()
        if parts[at][1] == "else":
            otherwise, at = _parsed(parts, at + 1, ("endif",), depth)
        return _If(match["condition"], line, then, otherwise), at
    if match := _FOR.fullmatch(inner):
        names = tuple(name.strip() for name in match["names"].split(","))
        body, at = _parsed(parts, at + 1, ("endfor",), depth)
        return _For(names, match["items"], line, body), at
    raise TemplateError(f"unexpected %{{ {inner} }}")
