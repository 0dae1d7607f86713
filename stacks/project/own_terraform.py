"""The field `terraform` and the expressions `{terraform: EXPRESSION}`, with their positions in the project file.

`stacks/infra/` reads the folder, only for projects that have one.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Collection, Iterator
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from stacks.errors import Position, Problem
from stacks.project.models import Project
from stacks.project.models.expression import PlacedExpression
from stacks.project.nodes import Items, Layer, Mapping, Node, Path, Scalar, dotted, find

if TYPE_CHECKING:
    from stacks.infra import OwnTerraform
    from stacks.infra.expression import Fault

KEY = "terraform"
# Attributes of the AWS, random and tls providers.
_SECRET = re.compile(
    r"\b(?:random_password|aws_\w+|tls_\w+|data)\.[\w.\[\]\"*-]*\.?"
    r"(?:(?<=\.)(?:\w+_)?password|(?<=\.)(?:secret_string|auth_token|secret|private_key\w*)"
    r"|(?<=\.)(?:result|bcrypt_hash))\b(?!\s*[.(])"
)
_FIELDS: tuple[tuple[str, ...], ...] = (("environment", "*"), ("secrets", "*"))
PLACES: tuple[tuple[str, ...], ...] = (
    *(("services", "*", *field) for field in _FIELDS),
    *(("services", "*", "sidecars", "*", *field) for field in _FIELDS),
    ("services", "*", "security_groups", "*"),
    ("services", "*", "egress", "*", "security_group"),
    *(("services", "*", "permissions", key, "*", "resources", "*") for key in ("statements", "execution_statements")),
)
"""Where an expression can be; `*` is any key or item."""


def expressions_in(tree: Node) -> Iterator[tuple[Path, Scalar]]:
    """The texts of all expressions, each with the path of the value that it is for."""
    for place in PLACES:
        for path, node in _at(tree, place, ()):
            text = node.get(KEY) if isinstance(node, Mapping) else None
            if isinstance(text, Scalar):
                yield path, text


def placed_expressions(tree: Node) -> tuple[PlacedExpression, ...]:
    """All expressions with their positions, for the errors of Terraform."""
    return tuple(PlacedExpression(text.text, path, text.mark.position) for path, text in expressions_in(tree))


def _at(node: Node, place: tuple[str, ...], path: Path) -> Iterator[tuple[Path, Node]]:
    if not place:
        yield path, node
        return
    step, rest = place[0], place[1:]
    if isinstance(node, Mapping):
        for key in [*node.entries] if step == "*" else [step]:
            if key in node.entries:
                yield from _at(node.entries[key].value, rest, (*path, key))
    elif isinstance(node, Items) and step == "*":
        for index, item in enumerate(node.items):
            yield from _at(item, rest, (*path, index))


def own_terraform_problems(project: Project, tree: Mapping, root: FilePath) -> list[Problem]:
    """What is wrong with the folder, the files in it and the expressions. `root` is the project file's folder."""
    texts = [*expressions_in(tree)]
    if project.terraform is None and not texts:
        return []
    problems: list[Problem] = []
    own: OwnTerraform | None = None
    if project.terraform is not None:
        fault = _folder_fault(root, project.terraform)
        if fault is not None:
            problems.append(_of_folder(tree, project.terraform, *fault))
        else:
            own, found = _read(project, root, project.terraform)
            problems += found
    problems += [each for path, text in texts if (each := _expression_problem(path, text, own, project))]
    return [*problems, *_secrets(texts)]


def _secrets(texts: list[tuple[Path, Scalar]]) -> Iterator[Problem]:
    """Warnings about values in `environment` that are passwords."""
    for path, text in texts:
        if path[-2] == "environment" and (found := _SECRET.search(text.text)):
            readers = "environment is readable by anyone who can describe the task"
            what = f"{dotted(path)} is a password or a key, and {readers}"
            fix = "store it in Secrets Manager, and write the ARN of that secret under secrets"
            yield Problem(text.mark.position, what, found[0], fix, (*path, KEY), "warning")


def _read(project: Project, root: FilePath, folder: str) -> tuple[OwnTerraform | None, list[Problem]]:
    """The folder, and what is wrong in it. Expressions are only compared with a folder that could be read."""
    from stacks.infra import read_own_terraform
    from stacks.infra.certain import certain_names
    from stacks.infra.collisions import collisions
    from stacks.infra.refused import refused

    own = read_own_terraform(root, folder)
    problems = [*own.problems, *refused(own), *collisions(own, certain_names(project))]
    return (None if own.problems else own), problems


def _folder_fault(root: FilePath, name: str) -> tuple[str, str] | None:
    """What is wrong with the field `terraform`, and how to fix it."""
    plain = posixpath.normpath(name) if name else "."
    if FilePath(name).is_absolute() or plain == ".." or plain.startswith("../") or "\\" in name or "\0" in name:
        return "must be a folder inside the project file's folder", "move it there, and write terraform: infra/"
    if plain == ".":
        return "must be a folder of its own, not the project file's", "move the files to a folder, such as infra/"
    if any(part.startswith(".") for part in plain.split("/")):
        return "must not be a hidden folder", "rename it, for example to infra/"
    path = root
    for part in plain.split("/"):
        path = path / part
        if path.is_symlink():
            return "must not be a symbolic link", "write the path that it leads to, if that is in the same folder"
    if not path.exists():
        return "names a folder that does not exist", "create it, or check the path; it is relative to the project file"
    if not path.is_dir():
        return "must be a folder", "write the path of the folder that the file is in"
    if not os.access(path, os.R_OK | os.X_OK):
        return "names a folder that can't be read", "check its permissions"
    return None


def _of_folder(tree: Mapping, name: str, what: str, fix: str) -> Problem:
    node = find(tree, (KEY,))
    where = node.mark.position if node is not None else tree.mark.position
    return Problem(where, f"{KEY} {what}", name or '""', fix, (KEY,))


def _expression_problem(path: Path, text: Scalar, own: OwnTerraform | None, project: Project) -> Problem | None:
    where = text.mark.position
    if text.mark.layer is Layer.OPTION:
        what = f"--set can't write a Terraform expression, as {dotted(path)} is"
        return Problem(where, what, None, "write it in the project file", (*path, KEY))
    from stacks.infra.expression import expression_fault, secret_fault

    members: dict[str, Collection[str]] = {"services": project.services, "resources": project.resources}
    fault = expression_fault(text.text, own, project.terraform, members)
    if fault is None and path[-2] == "secrets":
        fault = secret_fault(text.text)
    if fault is None:
        return None
    return Problem(_place(text, fault), f"{dotted(path)} {fault.what}", fault.got, fault.fix, (*path, KEY))


def _place(text: Scalar, fault: Fault) -> Position:
    """The position of a fault in an expression; that of the whole expression where YAML's escapes move it."""
    where = text.mark.position
    if not where.line or "\n" in text.text or (text.quoted and set(text.text) & set("\"'\\")):
        return where
    return Position(where.source, where.line, where.column + fault.at + text.quoted)
