"""Drift as text: by service and group, with the values in the state and in AWS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from cli.console import Console
from cli.views.layout import text_width, wrapped
from cli.views.plan_values import attribute_lines
from operations.drift.model import Addition, ChangedResource, Drift
from operations.text import counted

_CHANGED, _MISSING, _ADDED = ("~", "yellow"), ("-", "red"), ("+", "red")


def render(drift: Drift, console: Console, *, width: int | None = None) -> str:
    """The drift as text, in `width` columns, by default those of stdout."""
    return "\n".join(_lines(drift, console, text_width(console, "stdout") if width is None else width))


def headline(drift: Drift) -> str:
    """`shop-dev: 2 changed, 1 missing in AWS`."""
    if not drift.found:
        return f"{drift.stack}: no drift; {counted(drift.resources, 'resource')} as deployed"
    counts = [
        (len(drift.changed), "changed"),
        (len(drift.missing), "missing in AWS"),
        (len(drift.added), "added to resources of the stack"),
        (len(drift.unmanaged), "not in the state"),
    ]
    return f"{drift.stack}: {', '.join(f'{count} {text}' for count, text in counts if count)}"


def _lines(drift: Drift, console: Console, width: int) -> Iterator[str]:
    yield from wrapped(headline(drift), width, first="", rest="  ")
    entries: list[ChangedResource | Addition] = [*drift.changed, *drift.missing, *drift.added]
    missing = frozenset(each.address for each in drift.missing)
    order = {group: number for number, group in enumerate(dict.fromkeys(each.place.group for each in entries))}
    for group, members in groupby(
        sorted(entries, key=lambda each: order[each.place.group]), lambda each: each.place.group
    ):
        yield ""
        yield console.style(group, stream="stdout", bold=True)
        for each in members:
            yield from _entry(each, missing, console, width)
    if drift.unmanaged:
        yield ""
        yield console.style("not in the state", stream="stdout", bold=True)
        for resource in drift.unmanaged:
            yield from _marked(_ADDED, f"{resource.kind} {resource.name}", console, width)
            yield from wrapped(resource.arn, width, first="      ")


def _entry(each: ChangedResource | Addition, missing: frozenset[str], console: Console, width: int) -> Iterator[str]:
    if isinstance(each, Addition):
        yield from _marked(_ADDED, f"{each.place.name}: {each.what}", console, width)
        if each.id not in each.what:
            yield from wrapped(each.id, width, first="      ")
    elif each.address in missing:
        yield from _marked(_MISSING, f"{each.place.name}: in the state, but not in AWS", console, width)
    else:
        yield from _marked(_CHANGED, each.place.name, console, width)
        yield from (line for line, _ in attribute_lines(each.attributes, width))


def _marked(mark: tuple[str, str], text: str, console: Console, width: int) -> Sequence[str]:
    sign, color = mark
    first, *rest = wrapped(text, width, first="    ")
    return [f"  {console.style(sign, stream='stdout', fg=color)} {first[4:]}", *rest]
