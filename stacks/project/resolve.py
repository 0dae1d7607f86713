"""Resolves one environment of a project: merges the file, its section and the options, and checks the result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as FilePath

from stacks.errors import Position, Problem
from stacks.project.check_rules import check_rules
from stacks.project.fields import Checked, check_fields
from stacks.project.limit import limited
from stacks.project.models import Project
from stacks.project.nodes import Entry, Items, Layer, Mapping, Mark, Node, Path, Scalar, find, remove, steps
from stacks.project.options import apply_sets
from stacks.project.overlay import overlay, reset_keys, without_nulls
from stacks.project.own_terraform import placed_expressions
from stacks.project.placeholders import Filled, filled
from stacks.project.shared import top_level
from stacks.project.suggest import did_you_mean

# Keys that an environment's section can't have, and the fix.
_FILE_ONLY = {
    "project_id": "write it at the top level of the file",
    "registry": "write it at the top level of the file; all environments share it",
    "ci": "write it at the top level of the file; one workflow deploys all environments",
    "environments": "write it at the top level of the file",
    "env": "remove it; the environment's name is the key of its section",
}


_IMAGE_KEYS = ("image", "build", "repository")


def resolve(
    base: Mapping, env: str, section: Entry | None, sets: tuple[str, ...], root: FilePath
) -> tuple[Project | None, list[Problem]]:
    """The project in one environment, and its problems.

    `base` is the file without its environments, `section` the environment's own, `sets` raw `--set` options, and `root`
    the folder that paths in the file are relative to. The project is None when too much of it is invalid.
    """
    tree: Node = _with_services(base, section)
    problems: list[Problem] = []
    if section is not None and isinstance(section.value, Mapping):
        tree, problems = _overridden(tree, _as_environment(section.value))
    tree, wrong_sets = apply_sets(tree, sets)
    named = without_nulls(tree)
    assert isinstance(named, Mapping)
    mark = section.keys[0] if section else Mark(Layer.OPTION, Position("--env"))
    named = named.with_entry("env", written(env, mark))
    complete = filled(named, {"env": env, "project_id": _text(named, "project_id")})
    checked = _checked(complete)
    if checked.project is not None:
        project = checked.project.with_top_level(top_level(base))
        checked = replace(checked, project=project.with_expressions(placed_expressions(checked.tree)))
    found = [*checked.problems, *check_rules(checked, root, reset_keys(tree))]
    in_section = [replace(problem, path=("environments", env, *problem.path)) for problem in problems]
    return checked.project, [*wrong_sets, *in_section, *(_with_file_path(problem, tree, env) for problem in found)]


def _checked(complete: Filled) -> Checked:
    """The project of a tree without placeholders. Rules say nothing about values with an unknown placeholder."""
    checked = check_fields(complete.tree)
    problems = limited(complete.invalid.values(), len(complete.invalid))
    return replace(checked, problems=(*problems, *checked.problems), pruned=(*checked.pruned, *complete.invalid))


def _text(tree: Mapping, key: str) -> str:
    """The text of a key at the top level; the key itself where it has none, which is reported elsewhere."""
    node = tree.get(key)
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else key


def written(value: str, mark: Mark) -> Entry:
    """An entry for a value that does not come from the file."""
    return Entry(Scalar(value, value, True, mark), (mark,))


def _with_services(base: Mapping, section: Entry | None) -> Mapping:
    """The file, with the service `web` when it has no services and the environment adds none."""
    services = base.get("services")
    if services is not None and not (isinstance(services, Scalar) and services.value is None):
        return base
    own = section.value.get("services") if section and isinstance(section.value, Mapping) else None
    if isinstance(own, Mapping) and any(map(_is_whole, own.entries.values())):
        return base.with_entry("services", Entry(Mapping({}, base.mark), (base.mark,)))
    web = Mapping({"web": Entry(Mapping({}, base.mark), (base.mark,))}, base.mark)
    return base.with_entry("services", Entry(web, (base.mark,)))


def _overridden(base: Node, section: Node) -> tuple[Node, list[Problem]]:
    """The file with the environment's section merged into it, without the keys that only the file can have."""
    assert isinstance(section, Mapping)
    unknown = _unknown_services(base, section)
    wrong = (_unknown_service(base, path, entry) for path, entry in unknown.items())
    problems = [*_misplaced(section), *limited(wrong, len(unknown))]
    kept: Node = section
    for path in (*((key,) for key in _FILE_ONLY), *unknown):
        kept = remove(kept, path)
    return overlay(base, kept), problems


def _as_environment(node: Node) -> Node:
    """The node with every mark moved to the environment's layer."""
    mark = _in_environment_layer(node.mark)
    if isinstance(node, Scalar):
        return replace(node, mark=mark)
    if isinstance(node, Items):
        return Items(tuple(map(_as_environment, node.items)), mark)
    entries = {
        k: Entry(_as_environment(e.value), tuple(map(_in_environment_layer, e.keys))) for k, e in node.entries.items()
    }
    return Mapping(entries, mark)


def _in_environment_layer(mark: Mark) -> Mark:
    return Mark(Layer.ENVIRONMENT, mark.position)


def _misplaced(section: Mapping) -> Iterator[Problem]:
    for key, fix in _FILE_ONLY.items():
        if entry := section.entries.get(key):
            yield Problem(entry.keys[0].position, f"an environment can't override {key}", key, fix, (key,))


def _unknown_services(base: Node, section: Mapping) -> dict[Path, Entry]:
    """The overrides, by their paths, for services that the file does not have.

    A service with an image of its own overrides nothing: only this environment has it.
    """
    known, above = find(base, ("services",)), section.get("services")
    if not (isinstance(known, Mapping) and isinstance(above, Mapping)):
        return {}
    others = {name: entry for name, entry in above.entries.items() if name not in known.entries}
    return {("services", name): entry for name, entry in others.items() if not _is_whole(entry)}


def _is_whole(entry: Entry) -> bool:
    """Whether a service of an environment says which image it runs, so that it needs no service of the file."""
    nodes = [entry.value.get(key) for key in _IMAGE_KEYS] if isinstance(entry.value, Mapping) else []
    return any(node is not None and not (isinstance(node, Scalar) and node.value in (None, False)) for node in nodes)


def _unknown_service(base: Node, path: Path, entry: Entry) -> Problem:
    """The problem with such an override, usually a misspelt name."""
    known, name = find(base, ("services",)), str(path[-1])
    assert isinstance(known, Mapping)
    what = "an environment can only override services that are in the file, or add one with an image"
    return Problem(entry.keys[0].position, what, name, did_you_mean(name, known.entries, "the services are"), path)


def _with_file_path(problem: Problem, tree: Node, env: str) -> Problem:
    """The problem with the path of its value in the file, which starts with the environment for an override."""
    marks = [mark for entry, node in steps(tree, problem.path) for mark in (*(entry.keys if entry else ()), node.mark)]
    in_environment = any(mark == Mark(Layer.ENVIRONMENT, problem.where) for mark in marks)
    return replace(problem, path=("environments", env, *problem.path)) if in_environment else problem
