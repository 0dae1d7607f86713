"""The functions and operators of Terraform that task definition templates use.

Python's are wider than Terraform's: `"a" * 1000000` and `"%999999d" % 1` are text. Arithmetic is for numbers only.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from typing import Any

from stacks.project.template.budget import Budget
from stacks.project.template.errors import TemplateError, Unknown

_EXACT_BITS = 512
"""Terraform calculates with this precision: https://developer.hashicorp.com/terraform/language/expressions/types"""
_MAX_DIGITS = 154
"""Of a whole number of 512 bits."""
_LOGIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "||": lambda one, other: one or other,
    "&&": lambda one, other: one and other,
    "==": operator.eq,
    "!=": operator.ne,
}
_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "%": operator.mod,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "coalesce": lambda *values: next(value for value in values if value not in (None, "")),
    "concat": lambda *lists: [item for items in lists for item in items],
    "contains": lambda items, value: value in items,
    "jsonencode": lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    "keys": lambda value: sorted(value),
    "length": len,
    "lookup": lambda value, key, default: value.get(key, default),
    "lower": lambda text: text.lower(),
    "merge": lambda *maps: {key: value for items in maps for key, value in items.items()},
    "tonumber": lambda value: whole_number(value),
    "tostring": lambda value: text_of(value),
    "trimspace": lambda text: text.strip(),
    "upper": lambda text: text.upper(),
    "values": lambda value: [value[key] for key in sorted(value)],
}
_GROWING: Mapping[str, Callable[..., Any]] = {
    "join": lambda budget, separator, items: _joined(budget, separator, items),
    "replace": lambda budget, text, old, new: _replaced(budget, text, old, new),
}
"""The functions whose result can be much longer than their arguments."""
SUPPORTED = frozenset({*_FUNCTIONS, *_GROWING})


def operated(symbol: str, one: Any, other: Any, budget: Budget) -> Any:
    """The value of `one symbol other`. Raises `Unknown` for what Terraform converts or refuses, and `TooLarge`."""
    if symbol in _LOGIC:
        budget.value([one, other])  # a comparison looks at everything in both
        return _LOGIC[symbol](one, other)
    if symbol not in _ARITHMETIC or not (_is_number(one) and _is_number(other)):
        raise Unknown(symbol)
    return _ARITHMETIC[symbol](one, other)


def called(function: str, arguments: list[Any], budget: Budget) -> Any:
    """The value of a call. Raises `Unknown` when the function is not supported, and `TooLarge`."""
    budget.value(arguments)
    if function in _GROWING:
        return _GROWING[function](budget, *arguments)
    if function not in _FUNCTIONS:
        raise Unknown(function)
    return _FUNCTIONS[function](*arguments)


def whole_number(text: str | int) -> int:
    """The number that a text is. Raises `Unknown` for one that Terraform would round, and ValueError."""
    if len(str(text)) > _MAX_DIGITS:
        raise Unknown("a long number")
    return int(text)


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= _EXACT_BITS)


def text_of(value: Any) -> str:
    """A value as a template writes it out."""
    if value is None:
        raise TemplateError("can't write null as text")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        raise TemplateError("can't write a list or a map as text; use jsonencode()")
    return str(value)


def _joined(budget: Budget, separator: str, items: Any) -> str:
    texts = [text_of(item) for item in items]
    budget.text(len(separator) * len(texts))
    return separator.join(texts)


def _replaced(budget: Budget, text: str, old: str, new: str) -> str:
    if old.startswith("/"):
        raise Unknown("a regular expression")
    budget.text(text.count(old) * len(new))
    return text.replace(old, new)
