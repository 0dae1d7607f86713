"""Evaluates the expressions of a template, as far as task definition templates use them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stacks.expressions import MalformedExpression, parse_syntax
from stacks.expressions.grammar import syntax
from stacks.expressions.syntax import (
    BinaryOperation,
    Call,
    Conditional,
    Constant,
    Index,
    List,
    Map,
    Member,
    Name,
    Node,
    Number,
    Text,
    UnaryOperation,
)
from stacks.expressions.tree import Interpolation, Quoted
from stacks.project.data.functions import FUNCTIONS
from stacks.project.template.budget import Budget
from stacks.project.template.errors import TemplateError, UndefinedVariable, Unknown
from stacks.project.template.functions import called, operated, text_of, whole_number


class Evaluator:
    """Evaluates the expressions of one template, and parses each of them once."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._parsed: dict[str, Node] = {}

    def value(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The value of an expression.

        Raises:
            TemplateError: It is invalid.
            Unknown: It is not supported.
            TooLarge: It exceeds the budget.
        """
        try:
            if text not in self._parsed:
                self._budget.step(len(text))
                self._parsed[text] = parse_syntax(text)
            return _value(self._parsed[text], _Scope(variables, self._budget))
        except MalformedExpression as error:
            raise TemplateError(error.problem) from None
        except (TypeError, ValueError, AttributeError, StopIteration, ArithmeticError, RecursionError) as error:
            raise Unknown(str(error)) from None


@dataclass(frozen=True)
class _Scope:
    variables: Mapping[str, Any]
    budget: Budget


def _value(node: Node, scope: _Scope) -> Any:
    """The value of a node. Both sides of a conditional are evaluated, as Terraform does."""
    scope.budget.step()
    match node:
        case Constant(value):
            return value
        case Number(text):
            return _number(text)
        case Text(quoted):
            return _text(quoted, scope)
        case Name(name):
            return _variable(name, scope)
        case Call():
            return _called(node, scope)
        case List() | Map():
            return _collected(node, scope)
        case Member(of, name):
            return _at_key(_value(of, scope), name)
        case Index(of, key):
            return _at_key(_value(of, scope), _value(key, scope))
        case _:
            return _computed(node, scope)


def _computed(node: Node, scope: _Scope) -> Any:
    match node:
        case UnaryOperation("!", operand):
            return not _value(operand, scope)
        case UnaryOperation(_, operand):
            return -_value(operand, scope)
        case BinaryOperation(symbol, left, right):
            return operated(symbol, _value(left, scope), _value(right, scope), scope.budget)
        case Conditional():
            condition, then, otherwise = (_value(n, scope) for n in (node.condition, node.then, node.otherwise))
            return then if condition else otherwise
    raise Unknown("a splat or a comprehension")


def _collected(node: List | Map, scope: _Scope) -> list[Any] | dict[str, Any]:
    """A list or a map. Its items are counted again: a list in it twice is written out twice."""
    made: list[Any] | dict[str, Any]
    if isinstance(node, List):
        made = [_value(item, scope) for item in node.items]
    else:
        made = {_key(key, scope): _value(value, scope) for key, value in node.entries}
    scope.budget.value(made)
    return made


def _number(text: str) -> int | float:
    if "e" in text.lower():
        raise Unknown("an exponent")
    return float(text) if "." in text else whole_number(text)


def _variable(name: str, scope: _Scope) -> Any:
    if name not in scope.variables:
        raise UndefinedVariable(f"undefined variable {name}")
    return scope.variables[name]


def _called(call: Call, scope: _Scope) -> Any:
    arguments = [_value(argument, scope) for argument in call.arguments]
    if call.expands or "::" in call.function:
        raise Unknown(call.function)
    if call.function not in FUNCTIONS:
        raise TemplateError(f"unknown function {call.function}")
    return called(call.function, arguments, scope.budget)


def _at_key(value: Any, key: Any) -> Any:
    try:
        return value[key]
    except (KeyError, IndexError):
        # Which keys exist depends on the project file; a conditional may guard this one.
        raise Unknown(f"nothing at {key}") from None


def _key(key: str | Node, scope: _Scope) -> str:
    if isinstance(key, Text):
        return text_of(_text(key.quoted, scope))
    if not isinstance(key, str):
        raise Unknown("a computed key")
    return key


def _text(quoted: Quoted, scope: _Scope) -> Any:
    """The value of a quoted string: text, or any value for `"${value}"`."""
    match quoted.parts:
        case (Interpolation() as only,):
            return _interpolated(only, scope)
    return "".join(
        text_of(_interpolated(part, scope)) if isinstance(part, Interpolation) else _literal(part, scope)
        for part in quoted.parts
    )


def _interpolated(part: Interpolation, scope: _Scope) -> Any:
    if (part.opening, part.closing) != ("${", "}"):
        raise Unknown("a directive in a string")
    value = _value(syntax(part.expression, "", 0), scope)
    scope.budget.value(value)
    return value


def _literal(text: str, scope: _Scope) -> str:
    scope.budget.text(len(text))
    if "${" in text or "%{" in text:
        raise Unknown("an escape in a string")
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        raise Unknown(text) from None
