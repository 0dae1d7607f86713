"""Text for messages: paths, counts, durations, and text from elsewhere made safe for a terminal."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

INSTALL_ALL = "uv tool install --force '.[rehearse,terraform]'"
"""Installs ecsforge with all extras, in its clone: it is not on PyPI."""

# ECMA-48: control sequences (color, cursor, screen), strings (titles, links, the clipboard) up to their end, then the
# short ones. Their 8-bit forms are a single character.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-Z\\^-~]"
)
_DECORATION = re.compile(r"\x1b\[[0-9;]*m|[╷│╵]")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
# Characters that move the cursor or change the direction of text, except line ends and tabs; and our own styles.
_UNSEEN = re.compile(
    r"(?P<style>\x1b\[(?:[012]|3[1-6])m)|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def plain(text: str) -> str:
    """One line of text without escape sequences, and without control characters except tabs."""
    return _CONTROL.sub("", _SEQUENCE.sub("", text))


def undecorated(text: str) -> str:
    """A message that Terraform printed for people, without its colors and without the lines around it."""
    return _DECORATION.sub("", text)


def visible(text: str, *, styled: bool = False) -> str:
    """`text` with its control characters escaped, as `\\x1b`; with `styled`, except the styles that we use."""

    def written(found: re.Match[str]) -> str:
        if styled and found["style"]:
            return found[0]
        return found[0].encode("unicode_escape").decode("ascii")

    return _UNSEEN.sub(written, text)


def shown_path(path: Path) -> str:
    """`path` as a user would type it in the current folder: relative unless the absolute path is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) <= len(str(path)) or not path.is_absolute() else str(path)


def counted(number: int, noun: str) -> str:
    """`1 stack`, `2 stacks`, `3 policies`."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{number} {noun[:-1]}ies"
    return f"{number} {noun}{'es' if noun.endswith(('ss', 'x', 'ch', 'sh')) else '' if noun.endswith('s') else 's'}"


def spoken(seconds: float) -> str:
    """`45 s`, `15 min`, `1 min 30 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return " ".join([*([f"{minutes} min"] if minutes else []), *([f"{rest} s"] if rest or not minutes else [])])


def clock(seconds: float) -> str:
    """`7s`, `1m 05s`: short, for lines that change."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"


def since(at: datetime, now: datetime | None = None) -> str:
    """`45 s ago`, `3 min ago`, `5 h ago`, `2 days ago`; `in 3 min` for a time to come. `now` is the current time."""
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    text = duration(abs(seconds))
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def duration(seconds: float) -> str:
    """A duration in its largest unit: `45 s`, `3 min`, `5 h`, `2 days`."""
    if seconds < 60:
        return f"{int(seconds)} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 2 * 86400:
        return f"{int(seconds // 3600)} h"
    return counted(int(seconds // 86400), "day")
