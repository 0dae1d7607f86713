"""Text that others wrote, made safe to show on a terminal: `visible` for messages, `plain` for what programs log."""

from __future__ import annotations

import re

# ECMA-48: control sequences (colour, cursor, screen), strings (titles, links, the clipboard) up to their end, then the
# short ones. The 8-bit forms of the same come as one character.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-Z\\^-~]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
# What moves the cursor or changes the direction of text, but for line ends and tabs; and the styles that we use.
_UNSEEN = re.compile(
    r"(?P<style>\x1b\[(?:[012]|3[1-6])m)|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def plain(text: str) -> str:
    """One line of `text` without escape sequences and without control characters but the tab."""
    return _CONTROL.sub("", _SEQUENCE.sub("", text))


def visible(text: str, *, styled: bool = False) -> str:
    """`text` with its control characters written out, as `\\x1b`; with `styled`, the styles that we use stay."""

    def written(found: re.Match[str]) -> str:
        if styled and found["style"]:
            return found[0]
        return found[0].encode("unicode_escape").decode("ascii")

    return _UNSEEN.sub(written, text)
