"""The descriptions of fields: the docstrings below them in the source of the models.

pydantic reads them when it creates a class (`use_attribute_docstrings`), which takes a tenth of `validate`; only the
reference, the schema and some messages need them.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise

from stacks.project.models.base import Model


def description_of(model: type[Model], name: str) -> str:
    """The docstring of a field, without indentation; empty without one.

    Args:
        model: The model, which may inherit the field.
        name: The name of the field.
    """
    found = (_docstrings(each).get(name) for each in model.__mro__ if issubclass(each, Model))
    return next(filter(None, found), "")


@cache
def _docstrings(model: type[Model]) -> dict[str, str]:
    """The docstrings of the fields that a class defines itself; none for one that `create_model` made."""
    definition = _classes(model.__module__).get(model.__qualname__)
    body = definition.body if definition else []
    return {
        field.target.id: inspect.cleandoc(str(after.value.value))
        for field, after in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    """The classes of a module, by name."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
