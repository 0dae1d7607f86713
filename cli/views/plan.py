"""A plan as text: by service and group, with old and new values, what is public and billed, and warnings at the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from cli.console import Console, Stream
from cli.views.layout import text_width, wrapped
from cli.views.plan_values import attribute_lines, short_text, value_text
from operations.plan.model import Action, OutputChange, Plan, ResourceChange
from operations.plan.summary import summary
from operations.text import counted
from stacks.resources import GROUPS, PRICES_OF, resource_type

_SIGNS: dict[Action, tuple[str, str]] = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "replace": ("±", "red"),
    "destroy": ("-", "red"),
    "import": ("<", "cyan"),
    "forget": (".", "cyan"),
    "move": (">", "cyan"),
}
_LISTED: tuple[Action, ...] = ("create", "destroy", "forget")
# https://developer.hashicorp.com/terraform/internals/json-format#plan-representation, `action_reason`.
_REASONS = {
    "replace_because_tainted": "tainted: an earlier deploy did not complete it",
    "replace_by_request": "replaced on request",
    "replace_by_triggers": "replaced because of replace_triggered_by",
}


def render(plan: Plan, console: Console, *, stream: Stream = "stdout", width: int | None = None) -> str:
    """The plan as text, in color where `stream` supports it, and in `width` columns, by default those of `stream`."""
    columns = text_width(console, stream) if width is None else width
    return "\n".join(_lines(plan, _Painter(console, stream, columns)))


def headline(plan: Plan) -> str:
    """`node-app-dev: 1 to create, 2 to change, 30 unchanged`."""
    if not plan.has_changes:
        return f"{plan.stack}: no changes; the deployed stack matches the project file"
    return f"{plan.stack}: {summary(plan)}"


@dataclass(frozen=True)
class _Painter:
    """Colors and width of one stream."""

    console: Console
    stream: Stream
    width: int

    def bold(self, text: str) -> str:
        return self.console.style(text, stream=self.stream, bold=True)

    def red(self, text: str) -> str:
        return self.console.style(text, stream=self.stream, fg="red")

    def sign(self, action: Action) -> str:
        sign, color = _SIGNS[action]
        return self.console.style(sign, stream=self.stream, fg=color)

    def warning(self, text: str) -> Iterator[str]:
        """`  ! text`, in as many lines as it needs."""
        first, *rest = wrapped(text, self.width, first="    ")
        yield f"  {self.red('!')} {first[4:]}"
        yield from rest

    def listed(self, action: Action, text: str) -> Iterator[str]:
        """`  + text`, in as many lines as it needs."""
        first, *rest = wrapped(text, self.width, first="    ")
        yield f"  {self.sign(action)} {first[4:]}"
        yield from rest


def _lines(plan: Plan, paint: _Painter) -> Iterator[str]:
    yield paint.bold(headline(plan))
    for group, members in groupby(plan.resources, key=lambda resource: resource.place.group):
        yield ""
        yield paint.bold(group)
        yield from _group(list(members), paint)
    if plan.outputs and not plan.destroys_everything:
        yield ""
        yield paint.bold("outputs")
        yield from _outputs(plan.outputs, paint)
    yield from _tasks(plan, paint)
    yield from _public(plan, paint)
    yield from _billed(plan, paint)
    yield from _warnings(plan, paint)


def _group(resources: list[ResourceChange], paint: _Painter) -> Iterator[str]:
    """The changed resources in detail; then the created ones with their values; then lists of names."""
    for resource in resources:
        if resource.action not in _LISTED:
            yield from paint.listed(resource.action, f"{resource.place.name}{_note(resource)}")
            yield from _attributes(resource, paint)
    for resource in resources:
        if resource.action == "create" and resource.facts.values:
            yield from paint.listed("create", f"{resource.place.name}: {_values(resource)}")
    for action in _LISTED:
        names = [each.place.name for each in resources if each.action == action and not each.facts.values]
        if names:
            yield from paint.listed(action, ", ".join(names))


def _note(resource: ResourceChange) -> str:
    revision = resource_type(resource.type).revision
    notes = [
        *([revision.note] if revision is not None and revision.note and resource.action == "update" else []),
        *([_REASONS[resource.reason]] if resource.reason in _REASONS else []),
        *([f"moved from {resource.moved_from}"] if resource.moved_from else []),
        *(["restarts all tasks"] if resource.restarts_tasks else []),
        *resource.notes,
    ]
    return "".join(f", {note}" for note in notes)


def _values(resource: ResourceChange) -> str:
    return ", ".join(f"{each.name} {short_text(each.value)}".strip() for each in resource.facts.values)


def _attributes(resource: ResourceChange, paint: _Painter) -> Iterator[str]:
    attributes = resource.attributes
    if resource_type(resource.type).derived:  # the same values as another resource's
        names = dict.fromkeys(re.split(r"[.[]", each.path)[0] for each in attributes)
        yield from wrapped(", ".join(names), paint.width, first="      ") if names else ()
        return
    for line, forces_replacement in attribute_lines(attributes, paint.width):
        yield f"{line}{paint.red('  forces replacement')}" if forces_replacement else line


def _outputs(outputs: tuple[OutputChange, ...], paint: _Painter) -> Iterator[str]:
    created = [each for each in outputs if each.before is None]
    if created:
        yield from paint.listed("create", ", ".join(map(_created_output, created)))
    for output in outputs:
        if output in created:
            continue
        action: Action = "destroy" if output.after is None else "update"
        for change in output.changes:
            separator = "." if change.path and not change.path.startswith("[") else ""
            named = replace(change, path=f"{output.name}{separator}{change.path}")
            (first, _), *rest = attribute_lines((named,), paint.width)
            yield f"  {paint.sign(action)} {first.strip()}"
            yield from (line for line, _ in rest)


def _created_output(output: OutputChange) -> str:
    """An output that is created, with its value if it is a single one."""
    return output.name if isinstance(output.after, dict | list) else f"{output.name} {value_text(output.after)}"


def _tasks(plan: Plan, paint: _Painter) -> Iterator[str]:
    """The one-off tasks that a deploy runs."""
    if plan.tasks:
        yield ""
        yield paint.bold("One-off tasks")
    for task in plan.tasks:
        yield from wrapped(f"{task.service} runs {task.when}: {task.command}", paint.width, first="  ", rest="    ")


def _public(plan: Plan, paint: _Painter) -> Iterator[str]:
    """What becomes public, and how."""
    found: dict[str, list[str]] = {}
    for resource in plan.resources:
        for text in resource.facts.public:
            found.setdefault(text, []).append(str(resource.place))
    if found:
        yield ""
        yield paint.bold("Public addresses and open ports")
    for text, places in found.items():
        yield from wrapped(f"{text}: {', '.join(places)}", paint.width, first="  ", rest="    ")


def _billed(plan: Plan, paint: _Painter) -> Iterator[str]:
    """What begins to cost money by the hour."""
    order = {group: number for number, group in enumerate(GROUPS)}
    resources = sorted(plan.resources, key=lambda each: order.get(resource_type(each.type).group, len(order)))
    charges = [charge for resource in resources for charge in resource.facts.charges]
    if charges:
        yield ""
        yield paint.bold("Billed by the hour")
    counts = Counter((charge.name, charge.about) for charge in charges if not charge.tasks)
    names = [
        f"{name if count == 1 else counted(count, name)}{_price(about, count)}"
        for (name, about), count in counts.items()
    ]
    if names:
        yield from wrapped(", ".join(names), paint.width, first="  ", rest="    ")
    for charge in charges:
        if charge.tasks:
            text = f"{charge.name}: {charge.tasks}{_price(charge.about)}"
            yield from wrapped(text, paint.width, first="  ", rest="    ")
    if any(charge.about for charge in charges):
        text = f"Prices: about, a month without traffic, in us-east-1 in {PRICES_OF}"
        yield from wrapped(text, paint.width, first="  ", rest="    ")


def _price(about: str, count: int = 1) -> str:
    """` (33 USD each)`; empty without a price."""
    return f" ({about}{' each' if count > 1 else ''})" if about else ""


def _warnings(plan: Plan, paint: _Painter) -> Iterator[str]:
    deleted = [each for each in plan.drift if each.action == "destroy"]
    if plan.risks or deleted:
        yield ""
        yield paint.bold("Warnings")
    for resource in plan.risks:
        assert resource.risk is not None
        verb = "replaced" if resource.action == "replace" else "destroyed"
        yield from paint.warning(f"{resource.place} is {verb}: {resource.risk.text}")
    for resource in deleted:
        yield from paint.warning(f"{resource.place} was deleted outside of Terraform")
