"""The values of a plan as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from cli.views.layout import wrapped
from operations.plan.diff import AttributeChange
from operations.plan.redact import MASK
from operations.plan.values import UNKNOWN

_INDENT = " " * 6
_WIDEST_PATH = 40


def attribute_lines(attributes: tuple[AttributeChange, ...], width: int) -> Iterator[tuple[str, bool]]:
    """The changes of attributes as lines, each with whether it ends with what forces a replacement."""
    listed = [_readable(each) for each in attributes if not each.computed]
    column = min(max((len(each.path) for each in listed if not _is_element(each)), default=0), _WIDEST_PATH, width // 2)
    for path, group in groupby(listed, key=lambda each: each.path if _is_element(each) else id(each)):
        changes = list(group)
        if isinstance(path, str):
            yield from _element_lines(changes, width)
        else:
            yield from _attribute_lines(changes[0], column, width)
    computed = ", ".join(each.path for each in attributes if each.computed)
    if computed:
        lines = wrapped(computed, width, first=f"{_INDENT}known after apply: ", rest=f"{_INDENT}  ")
        yield from ((line, False) for line in lines)


def _readable(each: AttributeChange) -> AttributeChange:
    """A change of the revision of a task definition without the rest of its ARN."""
    if each.path != "task_definition":
        return each
    revision = str(each.before or "").rpartition("/")[2]
    after = "the new revision" if each.after == UNKNOWN else each.after
    return replace(each, before=revision or None, after=after)


def _element_lines(elements: list[AttributeChange], width: int) -> Iterator[tuple[str, bool]]:
    """The path of a set, and below it the elements that are removed and added."""
    yield f"{_INDENT}{elements[0].path}", any(each.replaces for each in elements)
    for each in elements:
        sign, value = ("+", each.after) if each.before is None else ("-", each.before)
        yield from ((line, False) for line in wrapped(value_text(value), width, first=f"{_INDENT}  {sign} "))


def _attribute_lines(each: AttributeChange, column: int, width: int) -> Iterator[tuple[str, bool]]:
    reason = len("  forces replacement") if each.replaces else 0
    line = f"{_INDENT}{each.path:<{column}}  {_change(each)}"
    if len(line) + reason <= width:
        yield line, each.replaces
        return
    yield f"{_INDENT}{each.path}", each.replaces
    if each.before is None or _is_hidden(each):
        yield from ((line, False) for line in wrapped(_change(each), width, first=f"{_INDENT}  "))
        return
    for sign, value in (("-", each.before), ("+", each.after)):
        yield from ((line, False) for line in wrapped(value_text(value), width, first=f"{_INDENT}  {sign} "))


def _is_element(each: AttributeChange) -> bool:
    """Whether this is an element of a set that is removed or added."""
    values = (each.before, each.after)
    return None in values and any(isinstance(value, dict) for value in values)


def _is_hidden(each: AttributeChange) -> bool:
    return each.sensitive and each.before == each.after


def _change(each: AttributeChange) -> str:
    """`2 -> 3`, `web:1 -> the new revision`, `value` when there was none."""
    if _is_hidden(each):
        return "changed (sensitive)"
    return value_text(each.after) if each.before is None else f"{value_text(each.before)} -> {value_text(each.after)}"


def value_text(value: Any) -> str:
    """A JSON value on one line; strings without quotes if that is unambiguous."""
    if value is None:
        return "(none)"
    if value in (MASK, UNKNOWN) or _is_plain(value):
        return str(value)
    if isinstance(value, dict) and value and not any(isinstance(item, dict | list) for item in value.values()):
        return ", ".join(f"{key} {value_text(item)}" for key, item in _names_first(value))
    return json.dumps(value, ensure_ascii=False)


def short_text(value: Any) -> str:
    """A value of a resource that is created: `FARGATE weight 1`, `[80, 443]`."""
    if isinstance(value, list):
        return f"[{', '.join(map(short_text, value))}]"
    if isinstance(value, dict):
        (_, first), *others = _names_first(value)
        return " ".join([short_text(first), *(f"{key} {short_text(item)}" for key, item in others if item != 0)])
    return value_text(value)


def _names_first(value: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(value.items(), key=lambda item: (not isinstance(item[1], str), item[0]))


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and value == value.strip() and bool(value) and value.isprintable()
