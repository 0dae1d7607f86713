"""Evaluates the expressions of a template, as far as task definition templates use them."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stacks.expressions import MalformedExpression
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
from stacks.expressions.tree import Quoted
from stacks.project.data.functions import FUNCTIONS
from stacks.project.template.work import MAX_SIZE, PER_NODE, TemplateError, Unknown, Work

_MAX_BITS = (
    512  # the precision of Terraform's numbers: https://developer.hashicorp.com/terraform/language/expressions/types
)
_BINARY: Mapping[str, Callable[[Any, Any], Any]] = {
    "||": lambda one, other: one or other,
    "&&": lambda one, other: one and other,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "%": operator.mod,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "coalesce": lambda *values: next(value for value in values if value not in (None, "")),
    "concat": lambda *lists: [item for items in _limited(lists) for item in items],
    "contains": lambda items, value: value in items,
    "join": lambda separator, items: separator.join(_limited([text_of(item) for item in items], len(separator))),
    "jsonencode": lambda value: _limited([json.dumps(value, ensure_ascii=False, separators=(",", ":"))])[0],
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


class UndefinedVariable(TemplateError):
    """The template uses a variable that is not passed to it."""


def evaluate(text: str, variables: Mapping[str, Any], work: Work) -> Any:
    """The value of an expression. Raises `TemplateError` when it is invalid, `Unknown` when it is unsupported."""
    try:
        return _value(work.tree(text), variables, work)
    except MalformedExpression as error:
        raise TemplateError(error.problem) from None
    except (TypeError, ValueError, AttributeError, StopIteration, ArithmeticError, RecursionError) as error:
        raise Unknown(str(error)) from None


def text_of(value: Any) -> str:
    """A value as a template writes it out."""
    if value is None:
        raise TemplateError("can't write null as text")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        raise TemplateError("can't write a list or a map as text; use jsonencode()")
    return str(value)


def _replaced(text: str, old: str, new: str) -> str:
    if old.startswith("/"):
        raise Unknown("a regular expression")
    if len(text) + text.count(old) * len(new) > MAX_SIZE:
        raise TemplateError(f"replace() makes more than {MAX_SIZE:,} characters")
    return text.replace(old, new)


def _limited(parts: Sequence[Any], between: int = 0) -> Sequence[Any]:
    """Parts of a value to join, with `between` characters after each. Raises TemplateError if that is too large."""
    if sum(len(part) + between for part in parts) > MAX_SIZE:
        raise TemplateError(f"a value has more than {MAX_SIZE:,} characters or items")
    return parts


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _value(node: Node, variables: Mapping[str, Any], work: Work) -> Any:
    """The value of a node. Both sides of a conditional are evaluated, as Terraform does."""
    work.spend(PER_NODE)
    match node:
        case Constant(value):
            return value
        case Number(text):
            return _number(text)
        case Text(quoted):
            return _text(quoted, work)
        case Name(name):
            return _variable(name, variables)
        case Call():
            return _called(node, variables, work)
        case List(items):
            return [_value(item, variables, work) for item in items]
        case Map(entries):
            return {_key(key, work): _value(value, variables, work) for key, value in entries}
        case Member(of, name):
            return _at_key(_value(of, variables, work), name)
        case Index(of, key):
            return _at_key(_value(of, variables, work), _value(key, variables, work))
        case _:
            return _computed(node, variables, work)


def _computed(node: Node, variables: Mapping[str, Any], work: Work) -> Any:
    match node:
        case UnaryOperation("!", operand):
            return not _value(operand, variables, work)
        case UnaryOperation(_, operand):
            return -_value(operand, variables, work)
        case BinaryOperation(symbol, left, right):
            return _binary(symbol, _value(left, variables, work), _value(right, variables, work), work)
        case Conditional():
            nodes = (node.condition, node.then, node.otherwise)
            condition, then, otherwise = (_value(each, variables, work) for each in nodes)
            return then if condition else otherwise
    raise Unknown("a splat or a comprehension")


def _binary(symbol: str, one: Any, other: Any, work: Work) -> Any:
    if symbol in _BINARY:
        work.read(one, other)
        return _BINARY[symbol](one, other)
    if symbol not in _ARITHMETIC or not (_is_number(one) and _is_number(other)):
        raise Unknown(symbol)  # Terraform converts text to numbers; Python would repeat and format it
    return _exact(_ARITHMETIC[symbol](one, other))


def _exact(number: Any) -> Any:
    """The number, unless Terraform would round it."""
    if isinstance(number, int) and number.bit_length() > _MAX_BITS:
        raise Unknown("a large number")
    return number


def _number(text: str) -> int | float:
    if "e" in text.lower():
        raise Unknown("an exponent")
    return float(text) if "." in text else _exact(int(text))


def _variable(name: str, variables: Mapping[str, Any]) -> Any:
    if name not in variables:
        raise UndefinedVariable(f"undefined variable {name}")
    return variables[name]


def _called(call: Call, variables: Mapping[str, Any], work: Work) -> Any:
    arguments = [_value(argument, variables, work) for argument in call.arguments]
    if call.expands or "::" in call.function:
        raise Unknown(call.function)
    if call.function not in FUNCTIONS:
        raise TemplateError(f"unknown function {call.function}")
    if call.function not in _FUNCTIONS:
        raise Unknown(call.function)
    work.read(*arguments)
    return _exact(_FUNCTIONS[call.function](*arguments))


def _at_key(value: Any, key: Any) -> Any:
    try:
        return value[key]
    except (KeyError, IndexError):
        # Which keys exist depends on the project file; a conditional may guard this one.
        raise Unknown(f"nothing at {key}") from None


def _key(key: str | Node, work: Work) -> str:
    if isinstance(key, Text):
        return _text(key.quoted, work)
    if not isinstance(key, str):
        raise Unknown("a computed key")
    return key


def _text(quoted: Quoted, work: Work) -> str:
    text = "".join(part for part in quoted.parts if isinstance(part, str))
    work.read(text)
    if "${" in text or "%{" in text or not all(isinstance(part, str) for part in quoted.parts):
        raise Unknown("a template in a string")
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        raise Unknown(text) from None
