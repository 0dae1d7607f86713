"""Text that others wrote, made safe to show on a terminal."""

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


def plain(text: str) -> str:
    """One line of `text` without escape sequences and without control characters but the tab."""
    return _CONTROL.sub("", _SEQUENCE.sub("", text))
