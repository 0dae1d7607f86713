"""Limits what evaluating a template may cost, so that one that would never end is an error.

Twenty nested loops are enough for values that Terraform itself cannot write out: a list that contains another list
three times, twenty levels deep, has three billion items in the few bytes of its expression.
"""

from __future__ import annotations

from typing import Any

from stacks.expressions import parse_syntax
from stacks.expressions.syntax import Node

MAX_SIZE = 1_000_000
"""The size of a value, in characters or items: 15 times what ECS accepts as a whole task definition."""
MAX_WORK = 2_000_000
"""How many characters and items the expressions of a template may process. It takes less than a second."""
PER_NODE = 10
"""How many characters or items an operand, an operator or a call counts as."""
MAX_EXPRESSION = 64 * 1024
"""The length of an expression that is evaluated, in characters."""


class TemplateError(Exception):
    """The template is invalid: Terraform would reject it too."""


class Unknown(Exception):
    """The template uses something that only Terraform can evaluate."""


class Work:
    """What the expressions of one template have cost so far, and their syntax trees."""

    def __init__(self) -> None:
        self._left = MAX_WORK
        self._trees: dict[str, Node] = {}

    def tree(self, text: str) -> Node:
        """The syntax tree of an expression; a loop evaluates the same one many times. Raises as `parse_syntax`."""
        if len(text) > MAX_EXPRESSION:
            raise Unknown("a long expression")
        if text not in self._trees:
            self._trees[text] = parse_syntax(text)
        return self._trees[text]

    def spend(self, units: int) -> None:
        """Process this many characters or items. Raises TemplateError if that is too much."""
        self._left -= units
        if self._left < 0:
            raise TemplateError(f"its expressions process more than {MAX_WORK:,} characters and items")

    def read(self, *values: Any) -> None:
        """Process these values with everything in them. A list that occurs twice in another one counts twice."""
        pending = list(values)
        while pending:
            value = pending.pop()
            self.spend(1 + (len(value) if isinstance(value, str) else 0))
            if isinstance(value, list):
                pending.extend(value)
            elif isinstance(value, dict):
                pending.extend(value)
                pending.extend(value.values())
