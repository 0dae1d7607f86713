"""Quoted strings: escapes, and templates inside the quotes."""

from __future__ import annotations

import re

from stacks.expressions.tree import Bracket, Expression, Interpolation, Object, Part, Quoted, Template, Token
from stacks.hcl.spacing import flat

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

# As object keys these would start a `for` expression or look like a value.
_NOT_BARE = frozenset({"for", "null", "true", "false"})

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Quotes, backslashes, invisible characters, and characters that change the direction of text.
_SPECIAL = re.compile(
    r'["\\\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]'
)

# All characters but those that `terraform fmt` always counts as one column: Latin, Greek, Cyrillic, kana, Han.
_SPECIAL_IN_KEY = re.compile(
    r'["\\]|[^ -~\u00a1-\u00ac\u00ae-\u02af\u0386-\u0482\u048a-\u052f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]'
)

_MARKER = re.compile(r"([$%])(\1*\{)")


def quoted(template: Template) -> Expression:
    """A quoted string with the template's text and interpolations."""
    return (_string(template, _SPECIAL),)


def key(template: Template) -> Expression:
    """An object key: bare where it is an identifier, else quoted.

    Keys are aligned, so characters of ambiguous width are written as code points.
    """
    return (_bare(_string(template, _SPECIAL_IN_KEY)),)


def written(expression: Expression) -> Expression:
    """The expression with each quoted string as one token, and object keys without quotes where possible."""
    return tuple(map(_written, expression))


def _written(part: Part) -> Part:
    if isinstance(part, Quoted):
        return _token(part.parts)
    if isinstance(part, Bracket):
        return Bracket(part.opening, tuple(map(written, part.items)))
    if isinstance(part, Object):
        return Object(tuple((_object_key(written(key)), written(value)) for key, value in part.entries))
    return part


def _object_key(key: Expression) -> Expression:
    return (_bare(key[0]),) if len(key) == 1 and isinstance(key[0], Token) and key[0].kind == "string" else key


def _bare(string: Token) -> Token:
    """The object key without its quotes where it is an identifier."""
    text = string.text[1:-1]
    bare = _IDENTIFIER.fullmatch(text) and text not in _NOT_BARE
    return Token("name", text) if bare else string


def _string(template: Template, special: re.Pattern[str]) -> Token:
    return _token(tuple(_escaped(part, special) if isinstance(part, str) else part for part in template))


def _token(parts: Template) -> Token:
    """A quoted string whose text is escaped already."""
    return Token(
        "string", '"' + "".join(part if isinstance(part, str) else _interpolation(part) for part in parts) + '"'
    )


def _interpolation(part: Interpolation) -> str:
    """`${...}` on one line."""
    return flat((Token("open", part.opening), *written(part.expression), Token("template end", part.closing)))


def _escaped(text: str, special: re.Pattern[str]) -> str:
    return special.sub(lambda found: _ESCAPES.get(found[0]) or _code_point(found[0]), _MARKER.sub(r"\1\1\2", text))


def _code_point(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"
