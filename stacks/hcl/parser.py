"""Reads what Terraform JSON puts into its strings: templates, and the expressions in their `${…}`.

In a JSON string only `$${` and `%%{` are escapes; backslashes and quotes stand for themselves. Inside `${…}` the
native syntax holds, with quoted strings of its own.

https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping
"""

from __future__ import annotations

import re

from stacks.hcl.expression import Bracket, Expression, Interpolation, Object, Part, Template, Token, TokenKind
from stacks.hcl.spacing import CLOSING
from stacks.hcl.strings import bare_key, interpolation

_OPENING = re.compile(r"(?<!\$)\$\{~?|(?<!%)%\{~?")
_ESCAPED_MARKER = re.compile(r"([$%])\1+\{")
_SPACE = re.compile(r"[ \t]*")
_SPACE_AND_LINES = re.compile(r"[ \t\r\n]*")
_OPERATOR = re.compile(r"\.\.\.|=>|==|!=|>=|<=|&&|\|\||::|[-+*/%<>!?:.,=]")
_WORDS: tuple[tuple[TokenKind, re.Pattern[str]], ...] = (
    ("name", re.compile(r"[^\W\d][\w-]*")),
    ("number", re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")),
    ("operator", _OPERATOR),
)
_NO_OPERATOR = ("//", "/*", "<<")
_FOR = re.compile(r"\s*for(?![\w-])")
_QUOTED_TEXT = re.compile(r'(?:[^"\\$%\n]|\\.|\$\$+\{|%%+\{|\$(?!\{)|%(?!\{))*')


class UnreadableExpression(ValueError):
    """The text is no template or expression, or one with a heredoc, a comment or a `~` that trims text in it."""


def parse_template(text: str) -> Template:
    """The template in a JSON string."""
    if "{" not in text:
        return (text,) if text else ()
    return _Reader(text).template()


def parse_expression(text: str) -> Expression:
    """An expression outside quotes."""
    reader = _Reader(text)
    expression = reader.run(frozenset())
    if reader.position < len(text):
        raise reader.error()
    return expression


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def error(self) -> UnreadableExpression:
        return UnreadableExpression(f"character {self.position + 1} of {self.text!r}")

    def template(self) -> Template:
        parts: list[str | Interpolation] = []
        while self.position < len(self.text):
            opening = _OPENING.search(self.text, self.position)
            end = opening.start() if opening else len(self.text)
            if end > self.position:
                parts.append(_ESCAPED_MARKER.sub(lambda found: found[0][1:], self.text[self.position : end]))
            self.position = end
            if opening:
                parts.append(self.interpolation(opening[0]))
                # `~` trims the text beside it, in JSON up to the end of the line, in a quoted string beyond it.
                if "~" in self.text[opening.start() : opening.end()] or self.text[self.position - 2] == "~":
                    raise self.error()
        return tuple(parts)

    def interpolation(self, opening: str) -> Interpolation:
        self.position += len(opening)
        expression = self.run(frozenset({"}", "~}"}))
        closing = "~}" if self.text.startswith("~}", self.position) else "}"
        if not expression:
            raise self.error()
        self.take(closing)
        return Interpolation(opening, expression, closing)

    def run(self, stops: frozenset[str], *, lines_end_it: bool = False) -> Expression:
        """The parts up to one of `stops`, which is not taken."""
        parts: list[Part] = []
        space = _SPACE if lines_end_it else _SPACE_AND_LINES
        while True:
            self.skip(space)
            if self.position == len(self.text) or self.at(stops):
                return tuple(parts)
            if lines_end_it and self.text[self.position] in "\r\n":
                return tuple(parts)
            parts.append(self.part())

    def part(self) -> Part:
        char = self.text[self.position]
        if char == '"':
            return self.string()
        if char == "{" and not _FOR.match(self.text, self.position + 1):
            return self.object()
        if char in CLOSING:
            return self.bracket(char)
        for kind, pattern in _WORDS:
            found = pattern.match(self.text, self.position)
            if found and not self.text.startswith(_NO_OPERATOR, self.position):
                self.position = found.end()
                return Token(kind, found[0])
        raise self.error()

    def bracket(self, opening: str) -> Bracket:
        closing = CLOSING[opening]
        whole = opening != "(" and _FOR.match(self.text, self.position + 1)
        stops = frozenset({closing} if whole else {closing, ","})
        self.take(opening)
        items: list[Expression] = []
        while not self.at_closing(closing):
            items.append(self.run(stops))
            if not items[-1]:
                raise self.error()
            self.skip_over(",")
        self.take(closing)
        return Bracket(opening, tuple(items))

    def object(self) -> Object:
        self.take("{")
        entries: list[tuple[Expression, Expression]] = []
        while not self.at_closing("}"):
            key = self.run(frozenset({"=", ":"}))
            self.position += 1
            value = self.run(frozenset({"}", ","}), lines_end_it=True)
            if not key or not value:
                raise self.error()
            if len(key) == 1 and isinstance(key[0], Token) and key[0].kind == "string":
                key = (bare_key(key[0]),)
            entries.append((key, value))
            self.skip_over(",")
        self.take("}")
        return Object(tuple(entries))

    def string(self) -> Token:
        """A quoted string; its escapes stay, its interpolations are spaced anew."""
        self.take('"')
        parts = ['"']
        while not self.text.startswith('"', self.position):
            start = self.position
            self.skip(_QUOTED_TEXT)
            parts.append(self.text[start : self.position])
            opening = _OPENING.match(self.text, self.position)
            if opening:
                parts.append(interpolation(self.interpolation(opening[0])))
            elif self.position == start:
                raise self.error()
        self.take('"')
        return Token("string", "".join(parts) + '"')

    def at(self, stops: frozenset[str]) -> bool:
        found = _OPERATOR.match(self.text, self.position)
        return (found[0] if found else self.text[self.position]) in stops or (
            "~}" in stops and self.text.startswith("~}", self.position)
        )

    def at_closing(self, closing: str) -> bool:
        self.skip(_SPACE_AND_LINES)
        if self.position == len(self.text):
            raise self.error()
        return self.text[self.position] == closing

    def skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()

    def skip_over(self, text: str) -> None:
        self.skip(_SPACE_AND_LINES)
        if self.text.startswith(text, self.position):
            self.position += len(text)

    def take(self, text: str) -> None:
        if not self.text.startswith(text, self.position):
            raise self.error()
        self.position += len(text)
