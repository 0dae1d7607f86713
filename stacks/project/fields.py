"""Nodes to a `Project`: every field has its type and its range, or a problem at its position.

An invalid field is reported and then removed, so that the rules can check the rest of the file in the same run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stacks.errors import Problem
from stacks.project.durations import duration
from stacks.project.limit import MAX_PROBLEMS, limited
from stacks.project.messages import empty_problem, field_problem, octal_problem, unquoted_account
from stacks.project.models import Expression, Project
from stacks.project.nodes import Items, Mapping, Node, Path, Scalar, find, remove
from stacks.project.schedules import of_shorthand
from stacks.project.shape import Shape

# Removing an invalid value can leave a map without a required key, which is then removed too, and so on upwards.
_ROUNDS = 8
_OCTAL = re.compile(r"0[0-7_]*[0-7]")
_PLACEHOLDER = "project"
_ROOT = Shape(Project)


@dataclass(frozen=True)
class Checked:
    """The result of field validation.

    `tree` is without the values that were `pruned` because they are invalid. `project` is None when the rest is not
    enough to build one.
    """

    project: Project | None
    tree: Mapping
    problems: tuple[Problem, ...]
    pruned: tuple[Path, ...]


_Wrong: TypeAlias = dict[Path, tuple[Shape, ErrorDetails]]
"""The invalid values: the shape that each should have, and pydantic's error."""


@dataclass(frozen=True)
class _Fault:
    """An invalid value: the path to remove, and the problem to report."""

    prune: Path
    problem: Problem


def check_fields(tree: Mapping) -> Checked:
    """Validate the tree of one environment against the models, and report invalid fields, at most `MAX_PROBLEMS`.

    A tree with more invalid fields has no project.
    """
    problems: tuple[Problem, ...] = ()
    pruned: list[Path] = []
    for attempt in range(_ROUNDS):
        data, faults = _data(tree, _ROOT, ())
        project, wrong = _project(data, tree, pruned)
        for fault in faults:
            wrong.pop(fault.problem.path, None)
        count = len(faults) + len(wrong)
        faults += [_fault(tree, path, *wrong[path]) for path in islice(wrong, max(0, MAX_PROBLEMS - len(faults)))]
        if attempt == 0:
            problems = tuple(limited((fault.problem for fault in faults), count))
        if count > MAX_PROBLEMS:
            return Checked(None, tree, problems, ())
        if not faults:
            return Checked(project, tree, problems, tuple(pruned))
        for fault in faults:
            pruned.append(fault.prune)
            smaller = remove(tree, fault.prune)
            assert isinstance(smaller, Mapping)
            tree = smaller
    return Checked(None, tree, problems, tuple(pruned))


def _project(data: dict[str, Any], tree: Mapping, pruned: list[Path]) -> tuple[Project | None, _Wrong]:
    """The project; without one, what is wrong."""
    missing_id = "project_id" not in data and ("project_id",) in pruned
    try:
        return Project.model_validate({**data, "project_id": _PLACEHOLDER} if missing_id else data), {}
    except ValidationError as error:
        return None, _wrong(tree, error.errors(include_url=False, include_context=False))


def _data(node: Node, shape: Shape | None, path: Path) -> tuple[Any, list[_Fault]]:
    """The node as input for the models: sequences as tuples, and the original text for fields that need it."""
    if isinstance(node, Scalar):
        return _scalar_data(node, shape, path)
    branch = shape.branch(node) if shape else None
    faults: list[_Fault] = []
    if isinstance(node, Items):
        items = []
        for index, item in enumerate(node.items):
            value, found = _data(item, branch.below(index) if branch else None, (*path, index))
            items.append(value)
            faults += found
        return tuple(items), faults
    values = {}
    for key, entry in node.entries.items():
        value, found = _data(entry.value, branch.below(key) if branch else None, (*path, key))
        faults += found
        if not found or isinstance(entry.value, Mapping | Items):
            values[key] = value
    return values, faults


def _scalar_data(node: Scalar, shape: Shape | None, path: Path) -> tuple[Any, list[_Fault]]:
    if shape is None:
        return node.value, []
    if node.bare or node.value is None:
        if node.bare and _takes_empty_mapping(shape):
            return {}, []
        return None, [_Fault(_whole(path), empty_problem(node, shape, path))]
    if path == ("account_id",) and not node.quoted and not isinstance(node.value, bool):
        return None, [_Fault(path, unquoted_account(node))]
    if node.value == 0 and not isinstance(node.value, bool) and any(b.is_false for b in shape.branches()):
        # pydantic accepts 0 as False, because they are equal in Python.
        return node.text, []
    branch = shape.branch(node)
    if isinstance(node.value, int) and _OCTAL.fullmatch(node.text) and any(b.type is int for b in shape.branches()):
        return None, [_Fault(_whole(path), octal_problem(node, path))]
    if isinstance(node.value, str) and any(each.is_schedule for each in shape.branches()):
        return of_shorthand(node.text) or node.value, []
    if isinstance(node.value, str) and any(each.is_duration for each in shape.branches()):
        seconds = duration(node.text)
        return (node.value if seconds is None else seconds), []
    return (node.text if branch and branch.as_written else node.value), []


def _takes_empty_mapping(shape: Shape) -> bool:
    """Whether a key without a value is an empty section: `network:` is, `count:` is not."""
    branches = shape.branches()
    return any(b.is_mapping for b in branches) and not any(b.type in (int, str) for b in branches)


def _wrong(tree: Mapping, errors: list[ErrorDetails]) -> _Wrong:
    """One error per invalid value; of a union's errors, those of the intended alternative."""
    wrong: _Wrong = {}
    for error in errors:
        path, shape = _place(tree, error["loc"])
        if shape is not None:
            wrong.setdefault(path, (shape, error))
    # Without its right name, a required key is missing too: one fault, one message.
    unknown = {path[:-1] for path, (_, error) in wrong.items() if error["type"] == "extra_forbidden"}
    return {
        path: found for path, found in wrong.items() if not (found[1]["type"] == "missing" and path[:-1] in unknown)
    }


def _fault(tree: Mapping, path: Path, shape: Shape, error: ErrorDetails) -> _Fault:
    missing = error["type"] == "missing"
    prune = _whole(path[:-1] if missing and len(path) > 1 else path)
    return _Fault(prune, field_problem(tree, path, shape, error))


def _place(tree: Mapping, location: tuple[int | str, ...]) -> tuple[Path, Shape | None]:
    """The path and shape at an error's location.

    pydantic adds a label to the location wherever it tries the alternatives of a union. The shape is None when the
    error comes from an alternative that was not intended.
    """
    path: Path = ()
    shape = _ROOT
    labelled = False
    for step in location:
        branches = shape.branches()
        if len(branches) > 1 and not labelled:
            node = find(tree, path)
            branch = shape.branch(node) if node is not None else None
            if branch is None and step == Expression.__name__:
                return path, None
            if branch is not None and (branch.is_mapping or branch.origin is tuple):
                if not str(step).startswith(branch.label):
                    return path, None
                shape = branch
            labelled = True
            continue
        path, labelled = (*path, step), False
        shape = shape.below(step) or Shape(object)
    return path, shape


def _whole(path: Path) -> Path:
    """The path up to the first list: an invalid item removes its whole list, so that indexes never shift."""
    cut = next((index for index, step in enumerate(path) if isinstance(step, int)), len(path))
    return path[:cut]
