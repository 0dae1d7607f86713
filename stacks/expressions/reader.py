"""Parses text to trees: the templates in Terraform JSON strings, and the expressions in their `${...}`.

In a JSON string only `$${` and `%%{` are escapes; backslashes and quotes have no special meaning. Inside `${...}` the
native syntax applies, which has its own quoted strings.

https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from stacks.expressions.errors import MalformedExpression, UnreadableExpression
from stacks.expressions.grammar import check_directive, syntax
from stacks.expressions.syntax import Node
from stacks.expressions.tree import (
    CLOSING,
    Bracket,
    Expression,
    Interpolation,
    Object,
    Part,
    Quoted,
    Template,
    Token,
    TokenKind,
)

_OPENING = re.compile(r"(?<!\$)\$\{~?|(?<!%)%\{~?")
# A run of `$` or `%` is read once, not again from each of its characters.
_ESCAPED_MARKER = re.compile(r"(?<!\$)\$\$++\{|(?<!%)%%++\{")
_SPACE = re.compile(r"[ \t]*")
_SPACE_AND_LINES = re.compile(r"[ \t\r\n]*")
_OPERATOR = re.compile(r"\.\.\.|=>|==|!=|>=|<=|&&|\|\||::|[-+*/%<>!?:.,=]")
_TOKENS: tuple[tuple[TokenKind, re.Pattern[str]], ...] = (
    ("name", re.compile(r"[^\W\d][\w-]*")),
    ("number", re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")),
    ("operator", _OPERATOR),
)
_UNSUPPORTED = ("//", "/*", "<<")
_FOR = re.compile(r"\s*for(?![\w-])")
_QUOTED_TEXT = re.compile(r'(?:[^"\\$%\n]|\\.|\$\$++\{|%%++\{|\$++(?!\{)|%++(?!\{))*')

_T = TypeVar("_T")


def parse_template(text: str) -> Template:
    """The template in a JSON string.

    Raises:
        UnreadableExpression: An interpolation is not an expression.
    """
    if "{" not in text:
        return (text,) if text else ()
    return _read(text, _Reader.template)


def parse_expression(text: str) -> Expression:
    """The tree of an expression outside quotes. Raises the same errors as `parse_template`."""
    return _read(text, _Reader.whole)[0]


def parse_syntax(text: str) -> Node:
    """The syntax of an expression outside quotes. Raises the same errors as `parse_template`."""
    return _read(text, _Reader.whole)[1]


def _read(text: str, read: Callable[[_Reader], _T]) -> _T:
    try:
        return read(_Reader(text))
    except RecursionError:
        raise UnreadableExpression(text, 1) from None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def whole(self) -> tuple[Expression, Node]:
        expression = self.run(frozenset())
        if self.position < len(self.text):
            raise self.no_operand() if not expression else self.error()
        return expression, syntax(expression, self.text, self.position)

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
                # `~` trims the text next to it: in JSON up to the end of the line, in a quoted string beyond it.
                if "~" in self.text[opening.start() : opening.end()] or self.text[self.position - 2] == "~":
                    raise self.error()
        return tuple(parts)

    def interpolation(self, opening: str) -> Interpolation:
        self.position += len(opening)
        expression = self.run(frozenset({"}", "~}"}))
        end = self.position
        closing = "~}" if self.text.startswith("~}", self.position) else "}"
        if not expression:
            raise self.error()
        self.take(closing)
        (check_directive if opening.startswith("%") else syntax)(expression, self.text, end)
        return Interpolation(opening, expression, closing)

    def run(self, stops: frozenset[str], *, ends_with_line: bool = False) -> Expression:
        """The parts up to one of `stops` or an unmatched closing bracket; neither is consumed."""
        parts: list[Part] = []
        space = _SPACE if ends_with_line else _SPACE_AND_LINES
        while True:
            self.skip(space)
            if self.position == len(self.text) or self.at(stops) or self.text[self.position] in ")]}":
                return tuple(parts)
            if ends_with_line and self.text[self.position] in "\r\n":
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
        at = self.position
        for kind, pattern in _TOKENS:
            found = pattern.match(self.text, at)
            if found and not self.text.startswith(_UNSUPPORTED, at):
                self.position = found.end()
                return Token(kind, found[0], at)
        raise self.error()

    def bracket(self, opening: str) -> Bracket:
        at, closing = self.position, CLOSING[opening]
        whole = opening != "(" and _FOR.match(self.text, at + 1)
        stops = frozenset({closing} if whole else {closing, ","})
        self.take(opening)
        items: list[Expression] = []
        comma = False
        while not self.at_closing(closing):
            items.append(self.run(stops))
            if not items[-1]:
                raise self.no_operand()
            comma = self.skip_over(",")
            if not comma and not self.at_closing(closing):
                raise self.malformed(f"missing {closing} in an expression")
        self.take(closing)
        return Bracket(opening, tuple(items), at, comma)

    def object(self) -> Object:
        at = self.position
        self.take("{")
        entries: list[tuple[Expression, Expression]] = []
        while not self.at_closing("}"):
            key = self.run(frozenset({"=", ":"}))
            if self.text[self.position : self.position + 1] not in ("=", ":"):
                raise self.error()
            self.position += 1
            value = self.run(frozenset({"}", ","}), ends_with_line=True)
            if not key or not value:
                raise self.error()
            entries.append((key, value))
            self.skip_over(",")
        self.take("}")
        return Object(tuple(entries), at)

    def string(self) -> Quoted:
        """A quoted string with its escapes.

        An error inside is never a `MalformedExpression`: the text may have been cut at a quote of an inner string.
        """
        try:
            return self.quoted()
        except MalformedExpression as error:
            raise UnreadableExpression(self.text, error.character) from None

    def quoted(self) -> Quoted:
        at = self.position
        self.take('"')
        parts: list[str | Interpolation] = []
        while not self.text.startswith('"', self.position):
            start = self.position
            self.skip(_QUOTED_TEXT)
            if self.position > start:
                parts.append(self.text[start : self.position])
            opening = _OPENING.match(self.text, self.position)
            if opening:
                parts.append(self.interpolation(opening[0]))
            elif self.position == start:
                raise self.error()
        self.take('"')
        return Quoted(tuple(parts), at)

    def error(self) -> UnreadableExpression:
        return UnreadableExpression(self.text, self.position + 1)

    def malformed(self, problem: str) -> MalformedExpression:
        return MalformedExpression(self.text, self.position + 1, problem)

    def no_operand(self) -> MalformedExpression:
        """The error for an empty expression."""
        if self.position == len(self.text):
            return self.malformed("unexpected end of an expression")
        return self.malformed(f"unexpected {self.text[self.position]} in an expression")

    def at(self, stops: frozenset[str]) -> bool:
        found = _OPERATOR.match(self.text, self.position)
        return (found[0] if found else self.text[self.position]) in stops or (
            "~}" in stops and self.text.startswith("~}", self.position)
        )

    def at_closing(self, closing: str) -> bool:
        """Whether the bracket closes here."""
        self.skip(_SPACE_AND_LINES)
        if self.position == len(self.text):
            raise self.malformed(f"missing {closing} in an expression")
        return self.text[self.position] == closing

    def skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()

    def skip_over(self, text: str) -> bool:
        """Skip whitespace and then `text` if it comes next, and return whether it did."""
        self.skip(_SPACE_AND_LINES)
        found = self.text.startswith(text, self.position)
        if found:
            self.position += len(text)
        return found

    def take(self, text: str) -> None:
        if not self.text.startswith(text, self.position):
            raise self.error()
        self.position += len(text)
