"""A plan as text: by service and group, with old and new values, and warnings at the end."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from cli.console import Console, Stream
from operations.plan.diff import UNKNOWN, AttributeChange
from operations.plan.model import Action, Plan, ResourceChange
from operations.plan.redact import MASK
from operations.plan.summary import summary
from stacks.resources import resource_type

_SIGNS: dict[Action, tuple[str, str]] = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "replace": ("±", "red"),
    "destroy": ("-", "red"),
    "import": ("<", "cyan"),
    "forget": (".", "cyan"),
}
_LISTED: tuple[Action, ...] = ("create", "destroy", "forget")
_WIDTH = 100
_LONGEST_VALUE = 80


def render(plan: Plan, console: Console, *, stream: Stream = "stdout") -> str:
    """The plan as text, in color where `stream` supports it."""
    return "\n".join(_lines(plan, _Painter(console, stream)))


def headline(plan: Plan) -> str:
    """`node-app-dev: 1 to create, 2 to change, 30 unchanged`."""
    if not plan.has_changes:
        return f"{plan.stack}: no changes; the deployed stack matches the project file"
    return f"{plan.stack}: {summary(plan)}"


@dataclass(frozen=True)
class _Painter:
    """Colors for one stream."""

    console: Console
    stream: Stream

    def bold(self, text: str) -> str:
        return self.console.style(text, stream=self.stream, bold=True)

    def red(self, text: str) -> str:
        return self.console.style(text, stream=self.stream, fg="red")

    def sign(self, action: Action) -> str:
        sign, color = _SIGNS[action]
        return self.console.style(sign, stream=self.stream, fg=color)


def _lines(plan: Plan, paint: _Painter) -> Iterator[str]:
    yield paint.bold(headline(plan))
    for group, members in groupby(plan.resources, key=lambda resource: resource.place.group):
        yield ""
        yield paint.bold(group)
        yield from _group(list(members), paint)
    if not plan.resources and plan.has_changes:
        for output in plan.outputs:
            yield f"  output {output.name}  {_change(output.before, output.after)}"
    deleted = [each for each in plan.drift if each.action == "destroy"]
    if plan.risks or deleted:
        yield ""
        yield paint.bold("Warnings")
    for resource in plan.risks:
        assert resource.risk is not None
        verb = "replaced" if resource.action == "replace" else "destroyed"
        yield f"  {paint.red('!')} {resource.place} is {verb}: {resource.risk.text}"
    for resource in deleted:
        yield f"  {paint.red('!')} {resource.place} was deleted outside of Terraform"


def _group(resources: list[ResourceChange], paint: _Painter) -> Iterator[str]:
    """The changed resources in detail; then the created, destroyed and forgotten ones as lists."""
    for resource in resources:
        if resource.action not in _LISTED:
            yield f"  {paint.sign(resource.action)} {resource.place.name}{_note(resource)}"
            yield from _attributes(resource.attributes, paint)
    for action in _LISTED:
        names = [resource.place.name for resource in resources if resource.action == action]
        if names:
            wrapped = textwrap.wrap(", ".join(names), _WIDTH - 4)
            yield f"  {paint.sign(action)} {wrapped[0]}"
            yield from (f"    {line}" for line in wrapped[1:])


def _note(resource: ResourceChange) -> str:
    """What a change means, after the name of the resource."""
    revision = resource_type(resource.type).revision
    if revision is not None and revision.note:
        return f", {revision.note}"
    return ", restarts all tasks" if resource.restarts_tasks else ""


def _attributes(attributes: tuple[AttributeChange, ...], paint: _Painter) -> Iterator[str]:
    width = min(max((len(each.path) for each in attributes), default=0), 40)
    for each in attributes:
        reason = paint.red("  forces replacement") if each.replaces else ""
        yield f"      {each.path:<{width}}  {_shown(each)}{reason}"


def _shown(each: AttributeChange) -> str:
    if each.before == each.after == MASK:
        return "changed (sensitive)"
    if each.path == "task_definition":  # an ARN that differs only in its last digits
        revision = str(each.before or "").rpartition("/")[2]
        return _change(revision or None, "the new revision" if each.after == UNKNOWN else each.after)
    return _change(each.before, each.after)


def _change(before: Any, after: Any) -> str:
    if before is None:
        return _value(after)
    return f"{_value(before)} -> {_value(after)}"


def _value(value: Any) -> str:
    """A JSON value on one line; strings without quotes if that is unambiguous."""
    if value is None:
        return "(none)"
    if value in (MASK, UNKNOWN) or (isinstance(value, str) and value == value.strip() and value and "\n" not in value):
        text = str(value)
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
