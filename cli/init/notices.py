"""What `init` found, left out and could not convert, printed in short groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from cli.console import Console
from cli.views.layout import text_width, wrapped

_INDENT = "  "


class Group(Enum):
    """The heading of a notice, in the order of the output. Notices of `FOUND` have no heading."""

    FOUND = ""
    OMITTED = "Not deployed:"
    DROPPED = "Not converted:"
    CHECK = "Check before you deploy:"


@dataclass(frozen=True)
class Notice:
    """Something the user should know: about `subject`, a service or a file; empty for the whole folder."""

    group: Group
    subject: str
    text: str


def print_notices(console: Console, notices: Iterable[Notice]) -> None:
    """Print each group under its heading, in lines that fit the terminal."""
    lines = notice_lines(notices, text_width(console, "stderr"))
    for line in lines:
        console.say(line)


def notice_lines(notices: Iterable[Notice], width: int) -> Iterator[str]:
    """The lines of the groups. Services with the same text share an entry."""
    every = list(notices)
    for group in Group:
        entries: dict[str, list[str]] = {}
        for notice in every:
            if notice.group is group and notice.subject not in entries.setdefault(notice.text, []):
                entries[notice.text].append(notice.subject)
        if entries and group.value:
            yield group.value
        for text, subjects in entries.items():
            about = ", ".join(filter(None, subjects))
            first = _INDENT if group.value else ""
            yield from wrapped(f"{about}: {text}" if about else text, width, first=first, rest=f"{first}{_INDENT}")
