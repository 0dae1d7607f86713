"""`--set PATH=VALUE`: one value of the project file from the command line."""

from __future__ import annotations

import re

from stacks.errors import Position, Problem, ProjectError
from stacks.project.nodes import Entry, Layer, Mapping, Mark, Node, Path, Scalar, find, kind
from stacks.project.overlay import overlay
from stacks.project.reader import read_value
from stacks.project.suggest import did_you_mean

_STEP = re.compile(r'"(?P<quoted>[^"]*)"|(?P<plain>[^."=]+)')


def apply_sets(tree: Node, sets: tuple[str, ...]) -> tuple[Node, tuple[Problem, ...]]:
    """The tree of one environment with every `--set` applied, and the problems with them."""
    problems: list[Problem] = []
    for text in sets:
        try:
            path, option, found = _parsed(text)
        except ProjectError as error:
            problems += error.problems
            continue
        refused = [*found, *_refused(tree, path, option)]
        problems += refused
        if not refused:
            tree = overlay(tree, option)
    return tree, tuple(problems)


def _parsed(text: str) -> tuple[Path, Mapping, tuple[Problem, ...]]:
    """The path, a tree that contains only the value at that path, and the problems with the value."""
    path, end = _path(text)
    mark = Mark(Layer.OPTION, Position(f"--set {text[:end]}"))
    value, problems = read_value(text[end + 1 :], mark.position.source)
    if isinstance(value, Scalar) and value.bare:
        problems += (
            Problem(mark.position, "--set needs a value", "nothing", 'write =VALUE, ="" for empty text or =null'),
        )
    node: Node = value
    for step in reversed(path):
        node = Mapping({str(step): Entry(node, (mark,))}, mark)
    assert isinstance(node, Mapping)
    return path, node, problems


def _path(text: str) -> tuple[Path, int]:
    """The keys before the `=`, and where it is."""
    path: list[str] = []
    at = 0
    while step := _STEP.match(text, at):
        path.append(step["quoted"] if step["quoted"] is not None else step["plain"].strip())
        at = step.end()
        if text[at : at + 1] == "=":
            return tuple(path), at
        if text[at : at + 1] != ".":
            break
        at += 1
    where = Position(f"--set {text.partition('=')[0]}".rstrip())
    got = f"{text.partition('=')[0]}=" if "=" in text else text
    raise ProjectError(
        Problem(where, "--set takes PATH=VALUE", got or "nothing", "for example --set services.web.count=3")
    )


def _refused(tree: Node, path: Path, option: Mapping) -> list[Problem]:
    """Problems with a `--set` that removes a protection or changes more than the selected environment."""
    value = find(option, path)
    assert value is not None
    where = value.mark.position
    got = value.text if isinstance(value, Scalar) else kind(value)
    services = find(tree, ("services",))
    if path[0] == "account_id":
        return [Problem(where, "--set can't change account_id", got, "change it in the project file", path)]
    if path[0] == "environments":
        fix = "choose one with --env and leave environments.NAME out of the path"
        return [Problem(where, "--set can only change the selected environment", "environments", fix, path)]
    if path[0] == "terraform" and not (isinstance(value, Scalar) and value.value is None):
        what = "--set can't name a folder with Terraform of your own"
        return [Problem(where, what, got, "write it in the project file; =null leaves it out", path)]
    if path[0] == "env":
        return [Problem(where, "--set can't change the environment's name", got, "choose one with --env", path)]
    changed = find(option, ("services",))
    if isinstance(services, Mapping) and isinstance(changed, Mapping):
        unknown = [name for name in changed.entries if name not in services.entries]
        if unknown:
            fix = did_you_mean(unknown[0], services.entries, "the services are")
            return [Problem(where, "--set can only change services that are in the file", unknown[0], fix, path)]
    if _is_true(find(tree, ("protected",))) and _unprotects(option):
        what = "--set can't turn off the protection of an environment"
        return [Problem(where, what, got, "change it in the project file", path)]
    return []


def _unprotects(option: Mapping) -> bool:
    """Whether an option turns off a protection of the environment."""
    guards = find(option, ("protected",)), find(option, ("load_balancer", "deletion_protection"))
    return any(guard is not None and not _is_true(guard) for guard in guards)


def _is_true(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.value is True
