"""Quoted strings: the escapes of HCL and the templates inside the quotes."""

from __future__ import annotations

import re

from stacks.hcl.expression import Expression, Interpolation, Template, Token, name
from stacks.hcl.spacing import flat

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

# As object keys these would start a `for` expression or read like a value.
_NOT_BARE = frozenset({"for", "null", "true", "false"})

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Control characters and those that can't be seen or that change the direction of text.
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)

# What `terraform fmt` counts as one column whatever stands beside it: Latin, Greek, Cyrillic, kana, Han.
_ONE_COLUMN = re.compile(
    r"[ -~\u00a1-\u00ac\u00ae-\u02af\u0386-\u0482\u048a-\u052f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]"
)

_MARKERS = re.compile(r"([$%])(?=\1*\{)")


def quoted(template: Template) -> Expression:
    """A quoted string with the template's text and interpolations."""
    parts = (_escaped(part) if isinstance(part, str) else interpolation(part) for part in template)
    return (Token("string", '"' + "".join(parts) + '"'),)


def key(template: Template) -> Expression:
    """An object key: bare where it is an identifier, else quoted.

    Keys are lined up, so characters of doubtful width are written as code points.
    """
    text = "".join(part for part in template if isinstance(part, str))
    if len(template) == 1 and _IDENTIFIER.fullmatch(text) and text not in _NOT_BARE:
        return name(text)
    parts = (_escaped(part, _ONE_COLUMN) if isinstance(part, str) else interpolation(part) for part in template)
    return (Token("string", '"' + "".join(parts) + '"'),)


def bare_key(string: Token) -> Token:
    """The key that the quoted `string` says, bare where it can be."""
    text = string.text[1:-1]
    bare = _IDENTIFIER.fullmatch(text) and text not in _NOT_BARE
    return Token("name", text) if bare else string


def interpolation(part: Interpolation) -> str:
    """`${…}` on one line."""
    return flat((Token("open", part.opening), *part.expression, Token("template end", part.closing)))


def _escaped(text: str, plain: re.Pattern[str] | None = None) -> str:
    return "".join(_character(char, plain) for char in _MARKERS.sub(r"\1\1", text))


def _character(char: str, plain: re.Pattern[str] | None) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if _INVISIBLE.fullmatch(char) or (plain is not None and not plain.fullmatch(char)):
        return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"
    return char
