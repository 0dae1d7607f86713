"""Lines of text that fit the terminal. A long value continues on the next line."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator

from cli.console import Console, Stream

WIDEST = 100
"""The width of text in files and pipes, and the most that is used of a terminal, in columns."""
_NARROWEST = 40


def text_width(console: Console, stream: Stream) -> int:
    """The width of text on `stream`, 40-100 columns."""
    if not console.is_terminal(stream):
        return WIDEST
    try:
        columns = os.get_terminal_size((sys.stdout if stream == "stdout" else sys.stderr).fileno()).columns
    except (OSError, ValueError):
        return WIDEST
    return max(_NARROWEST, min(columns or WIDEST, WIDEST))


def wrapped(text: str, width: int, *, first: str, rest: str | None = None) -> Iterator[str]:
    """`text` in lines of `width`: `first` begins the first one, `rest` the others, by default as many spaces."""
    rest = " " * len(first) if rest is None else rest
    lines = textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    yield from lines or [first.rstrip()]
