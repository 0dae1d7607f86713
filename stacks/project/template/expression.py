"""Expressions of Terraform's template language: parsed and evaluated in one go, by precedence."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from stacks.project.data.functions import FUNCTIONS

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)"
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<symbol>==|!=|<=|>=|&&|\|\||=>|\.\.\.|[-+*/%<>!?:.,=()\[\]{}]))"
)
_MAX_DEPTH = 40
_BINARY: tuple[Mapping[str, Callable[[Any, Any], Any]], ...] = (
    {"||": lambda one, other: one or other},
    {"&&": lambda one, other: one and other},
    {"==": operator.eq, "!=": operator.ne},
    {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "%": operator.mod},
)
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "coalesce": lambda *values: next(value for value in values if value not in (None, "")),
    "concat": lambda *lists: [item for items in lists for item in items],
    "contains": lambda items, value: value in items,
    "join": lambda separator, items: separator.join(text_of(item) for item in items),
    "jsonencode": lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    "keys": lambda value: sorted(value),
    "length": len,
    "lookup": lambda value, key, default: value.get(key, default),
    "lower": lambda text: text.lower(),
    "merge": lambda *maps: {key: value for items in maps for key, value in items.items()},
    "replace": lambda text, old, new: _replaced(text, old, new),
    "tonumber": int,
    "tostring": lambda value: text_of(value),
    "trimspace": lambda text: text.strip(),
    "upper": lambda text: text.upper(),
    "values": lambda value: [value[key] for key in sorted(value)],
}


class TemplateError(Exception):
    """The template is wrong: Terraform would refuse it too."""


class UnknownVariableError(TemplateError):
    """The template uses a variable that it does not get."""


class Unknown(Exception):
    """The template uses what only Terraform knows."""


def evaluate(text: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression. Raises `TemplateError` for a mistake and `Unknown` for what is beyond it."""
    evaluation = _Evaluation(_tokens(text), variables)
    try:
        value = evaluation.expression()
    except (TypeError, ValueError, AttributeError, StopIteration, ArithmeticError) as error:
        raise Unknown(str(error)) from None
    evaluation.expect_end()
    return value


def text_of(value: Any) -> str:
    """A value as a template writes it out."""
    if value is None:
        raise TemplateError("it writes out a value that is null")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        raise TemplateError("it writes out a list or map without jsonencode()")
    return str(value)


def _replaced(text: str, old: str, new: str) -> str:
    if old.startswith("/"):
        raise Unknown("a regular expression")
    return text.replace(old, new)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unknown(text[at:])
        assert match.lastgroup is not None
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


class _Evaluation:
    def __init__(self, tokens: list[tuple[str, str]], variables: Mapping[str, Any]) -> None:
        self._tokens = tokens
        self._variables = variables
        self._at = 0
        self._depth = 0

    def expression(self) -> Any:
        """A conditional, or what binds closer. Both of its alternatives are evaluated, as they have no effects."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Unknown("deep nesting")
        value = self._binary(0)
        if self._taken("?"):
            then = self.expression()
            self._expect(":")
            otherwise = self.expression()
            value = then if value else otherwise
        self._depth -= 1
        return value

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise Unknown(self._tokens[self._at][1])

    def _binary(self, level: int) -> Any:
        if level == len(_BINARY):
            return self._unary()
        value = self._binary(level + 1)
        while (symbol := self._symbol()) in _BINARY[level]:
            self._at += 1
            value = _BINARY[level][symbol](value, self._binary(level + 1))
        return value

    def _unary(self) -> Any:
        if self._taken("!"):
            return not self._unary()
        if self._taken("-"):
            return -self._unary()
        value = self._primary()
        while (symbol := self._symbol()) in (".", "["):
            self._at += 1
            value = self._member(value) if symbol == "." else self._index(value)
        return value

    def _member(self, value: Any) -> Any:
        kind, name = self._next()
        if kind != "name":
            raise Unknown(name)
        return self._at_key(value, name)

    def _index(self, value: Any) -> Any:
        key = self.expression()
        self._expect("]")
        return self._at_key(value, key)

    def _at_key(self, value: Any, key: Any) -> Any:
        try:
            return value[key]
        except (KeyError, IndexError):
            # What is absent depends on the project file; a conditional may guard it.
            raise Unknown(f"nothing at {key}") from None

    def _primary(self) -> Any:
        kind, text = self._next()
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "string":
            return _string(text)
        if kind == "name":
            return self._named(text)
        if text == "(":
            value = self.expression()
            self._expect(")")
            return value
        if text == "[":
            return self._list("]")
        if text == "{":
            return self._object()
        raise TemplateError(f"an expression can't start with {text}")

    def _named(self, name: str) -> Any:
        if name in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[name]
        if self._taken("("):
            arguments = self._list(")")
            if name not in FUNCTIONS:
                raise TemplateError(f"there is no function {name}")
            if name not in _FUNCTIONS:
                raise Unknown(name)
            return _FUNCTIONS[name](*arguments)
        if name not in self._variables:
            raise UnknownVariableError(f"there is no variable {name}")
        return self._variables[name]

    def _list(self, end: str) -> list[Any]:
        items = []
        while not self._taken(end):
            if self._tokens[self._at : self._at + 1] == [("name", "for")]:
                raise Unknown("a comprehension")
            items.append(self.expression())
            if not self._taken(",") and self._symbol() != end:
                raise Unknown("the end of a list")
        return items

    def _object(self) -> dict[str, Any]:
        entries = {}
        while not self._taken("}"):
            kind, key = self._next()
            if kind not in ("name", "string") or key == "for" or not (self._taken("=") or self._taken(":")):
                raise Unknown(key)
            entries[_string(key) if kind == "string" else key] = self.expression()
            self._taken(",")
        return entries

    def _symbol(self) -> str:
        """The symbol that comes next; empty when something else does, or nothing."""
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        return text if kind == "symbol" else ""

    def _taken(self, symbol: str) -> bool:
        if self._symbol() == symbol:
            self._at += 1
            return True
        return False

    def _expect(self, symbol: str) -> None:
        if not self._taken(symbol):
            raise TemplateError(f"an expression lacks its {symbol}")

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise TemplateError("an expression ends too early")
        self._at += 1
        return self._tokens[self._at - 1]


def _string(text: str) -> str:
    if "${" in text or "%{" in text:
        raise Unknown("a template in a string")
    try:
        return str(json.loads(text))
    except ValueError:
        raise Unknown(text) from None
