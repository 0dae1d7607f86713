"""Values as messages show them: on one line, shortened, with invisible characters escaped, without credentials."""

from __future__ import annotations

import json
import re
import unicodedata

from stacks.errors import NOT_SHOWN
from stacks.project.nodes import Node, Path, Scalar, kind

_LONGEST = 60
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_LARGEST_SHORT_ESCAPE = 0xFFFF
# White space at the ends, line breaks and tabs, and several spaces in a row.
_HIDDEN = re.compile(r"^\s|\s$|[\t\r\n]| {2}")
# Values below these keys are user data and may be credentials: messages never show them.
PRIVATE = frozenset({"environment", "secrets", "args"})
# A pair such as NAME=value, whose value may be a credential.
_PAIR_OF = re.compile(r"\S[=:]\s*\S")


def shown(node: Node, path: Path = ()) -> str:
    """A value for a message: as it was written, shortened, and never a possible credential."""
    if not isinstance(node, Scalar) or node.bare:
        return kind(node)
    private = [index for index, step in enumerate(path) if step in PRIVATE]
    if private and (private[0] < len(path) - 1 or _PAIR_OF.search(node.text)):
        return NOT_SHOWN
    return quoted(node.text) if node.quoted else truncated(node.text)


def truncated(text: str) -> str:
    """Text on one line, cut after 60 characters; in quotes with escapes where white space would not be visible."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return quoted(text) if _HIDDEN.search(text) or any(map(_is_invisible, text)) else short


def _is_invisible(letter: str) -> bool:
    """Whether a character can't be seen, such as a no-break space pasted from a web page."""
    return letter != " " and unicodedata.category(letter) in _UNSEEN


def _escaped(letter: str) -> str:
    code = ord(letter)
    return f"\\u{code:04x}" if code <= _LARGEST_SHORT_ESCAPE else f"\\U{code:08x}"


def quoted(text: str) -> str:
    """Text in double quotes, as valid YAML, cut after 60 characters."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    plain = json.dumps(short, ensure_ascii=False)
    return "".join(_escaped(letter) if _is_invisible(letter) else letter for letter in plain)
