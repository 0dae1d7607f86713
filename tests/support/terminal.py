"""A terminal for what is drawn on stderr, and what remains on its screen."""

from __future__ import annotations

import io
import re
import sys

import pytest

_CONTROL = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])")


class Terminal(io.StringIO):
    """Collects what is written to it."""

    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch, width: str) -> Terminal:
    """Make stderr a terminal of this width."""
    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", width)
    return made


def final_screen(text: str) -> list[str]:
    """The lines that remain on a screen of unlimited width after `text`, without empty ones.

    Understands what rich writes: carriage returns, moving up, and erasing lines.
    """
    lines: list[str] = [""]
    row = column = at = 0
    while at < len(text):
        control = _CONTROL.match(text, at)
        if control is not None:
            at = control.end()
            if control[2] == "A":
                row = max(row - int(control[1] or 1), 0)
            elif control[2] == "K":
                lines[row] = "" if control[1] == "2" else lines[row][:column]
            continue
        if text[at] == "\n":
            row += 1
            lines += [""] * (row - len(lines) + 1)
        if text[at] in "\r\n":
            column = 0
        else:
            lines[row] = lines[row][:column].ljust(column) + text[at] + lines[row][column + 1 :]
            column += 1
        at += 1
    return [line.rstrip() for line in lines if line.strip()]
