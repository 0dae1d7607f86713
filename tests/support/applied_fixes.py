"""Applies the fix of a problem to a project file, as a user would who reads only the message."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import yaml

from stacks.errors import Problem

_PAIR = re.compile(r"(?P<key>[A-Za-z_][\w.]*): (?P<value>\S.*)")
# Where a sentence continues after a value.
_ENDS = re.compile(r",? (?:and|or|with|where|if|in|at|as|directly|to|for|,)\b|; | \(|, ")
_BOUND = re.compile(r"write (?P<value>-?\d+)(?:, or .*| or more| or less)")


class NotApplicable(Exception):
    """The fix names no value."""


def applied(text: str, problem: Problem) -> str:
    """The file with the fix of `problem`. Raises `NotApplicable` for a fix without a value that could be copied."""
    tree = yaml.safe_load(text)
    holder, step = _holder(tree, problem.path)
    fix = problem.fix
    if match := re.match(r"did you mean (?P<word>[^?]+)\?", fix):
        _replaced(holder, step, match["word"], rename=problem.got == step or "unknown key" in problem.what)
    elif match := re.match(r"rename it, for example to (?P<word>[^\s,]+)", fix):
        _replaced(holder, step, match["word"], rename=True)
    elif match := re.match(r"add (?P<pairs>.*)", fix):
        _merged(holder[step] if step is not None else tree, match["pairs"])
    elif fix.startswith("remove it") or fix == "remove the item":
        del holder[step]
    elif match := _BOUND.fullmatch(fix):
        holder[step] = int(match["value"])
    elif match := re.match(
        r"(?:write(?: a list:)?|put it in quotes:|for example)(?: it in the service:)? (?P<rest>.*)", fix
    ):
        _written(tree, problem, holder, step, match["rest"].strip("`"))
    else:
        raise NotApplicable(fix)
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def _holder(tree: Any, path: tuple[str | int, ...]) -> tuple[Any, Any]:
    node = tree
    for step in path[:-1]:
        node = node[step] if isinstance(node, list) else node.setdefault(step, {})
        if node is None:
            raise NotApplicable("an empty section")
    return node, path[-1] if path else None


def _replaced(holder: Any, step: Any, word: str, *, rename: bool) -> None:
    if not rename:
        holder[step] = word
        return
    pairs = [(word if key == step else key, value) for key, value in holder.items()]
    holder.clear()
    holder.update(pairs)


def _written(tree: Any, problem: Problem, holder: Any, step: Any, rest: str) -> None:
    unknown = "unknown key" in problem.what
    pair = _PAIR.match(rest)
    if pair and isinstance(holder, dict):
        inside = isinstance(holder.get(step), dict) and pair["key"] != step
        target = holder[step] if inside and not unknown else holder
        if "at the top level" in problem.fix:
            target = tree
        elif "in the service" in problem.fix:
            target = tree["services"][problem.path[1]]
        if unknown:
            del holder[step]
        _merged(target, rest)
    elif unknown:
        raise NotApplicable(rest)
    elif isinstance(holder, list):
        holder[step : step + 1] = next(_values(f"[{rest}]", whole=True))
    else:
        holder[step] = next(_values(rest))


def _merged(target: Any, rest: str) -> None:
    """Merge `a: 1 and b: 2` into a mapping."""
    pair = _PAIR.match(rest)
    if pair is None or not isinstance(target, dict):
        raise NotApplicable(rest)
    for value, after in _with_rest(pair["value"]):
        target[pair["key"]] = value
        joined = re.match(r"(?: and| with|, and) (?P<more>.*)", after)
        if joined and _PAIR.match(joined["more"]):
            _merged(target, joined["more"])
        return
    raise NotApplicable(rest)


def _with_rest(text: str) -> Iterator[tuple[Any, str]]:
    """The readings of the start of a text as a YAML value, the longest first, and the rest of the text."""
    ends = [len(text), *sorted({match.start() for match in _ENDS.finditer(text)}, reverse=True)]
    if text[:1] in "[{\"'":
        ends = sorted({*ends, *(match.end() for match in re.finditer(r"[\]}\"']", text))})
    else:
        ends = sorted(ends)
    for end in ends:
        try:
            value = yaml.safe_load(text[:end])
        except yaml.YAMLError:
            continue
        if isinstance(value, dict) and text[0] != "{":
            continue
        yield copy.deepcopy(value), text[end:]


def _values(text: str, *, whole: bool = False) -> Iterator[Any]:
    if whole:
        yield yaml.safe_load(text)
    yield from (value for value, _ in _with_rest(text))
    raise NotApplicable(text)
