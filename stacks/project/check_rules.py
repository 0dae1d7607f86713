"""Runs the rules over a project and gives each finding its position in the project file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as TreeMapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from stacks.errors import Position, Problem
from stacks.project.fields import Checked
from stacks.project.models import Project
from stacks.project.nodes import Entry, Layer, Mapping, Mark, Path, dotted, find, key_entry, position
from stacks.project.own_terraform import own_terraform_problems
from stacks.project.rules import RULES
from stacks.project.rules.builds import build_findings
from stacks.project.rules.finding import Finding
from stacks.project.rules.template import template_findings
from stacks.project.shown import truncated


@dataclass(frozen=True)
class _Written:
    """The values in effect, and the keys that a `null` in a later layer reset to their defaults."""

    tree: Mapping
    reset: TreeMapping[Path, Entry]

    def mark(self, path: Path, *, key: bool) -> Mark | None:
        """The mark of a value, or of the last place of its key; otherwise of the `null` that reset it, or None."""
        if key and (entry := key_entry(self.tree, path)):
            return entry.keys[-1]
        if (node := find(self.tree, path)) is not None:
            return node.mark
        lengths = range(len(path), 0, -1)
        entry = next((self.reset[path[:length]] for length in lengths if path[:length] in self.reset), None)
        return None if entry is None else entry.keys[-1] if key else entry.value.mark


def check_rules(checked: Checked, root: FilePath, reset: TreeMapping[Path, Entry]) -> list[Problem]:
    """Every rule that the project breaks, except for rules about fields that are already reported as invalid.

    `reset` holds the keys that an environment or option reset to their defaults, which can be the cause.
    """
    project = checked.project
    if project is None:
        return []
    written = _Written(checked.tree, reset)
    invalid = InvalidPaths(checked.pruned)
    findings = [finding for finding in _findings(project, root) if not any(map(invalid.touches, finding.paths))]
    placed = [_placed(finding, written) for finding in findings]
    return [*placed, *own_terraform_problems(project, checked.tree, root)]


def _findings(project: Project, root: FilePath) -> Iterator[Finding]:
    for rule in RULES:
        yield from rule(project)
    yield from template_findings(project, root)
    yield from build_findings(project, root)


class InvalidPaths:
    """The paths of invalid fields; with thousands of them and as many findings, comparing each pair takes minutes."""

    def __init__(self, pruned: Iterable[Path]) -> None:
        self._pruned = frozenset(pruned)
        self._above = frozenset(path[:length] for path in self._pruned for length in range(len(path)))

    def touches(self, path: Path) -> bool:
        """Whether this is an invalid field, a part of one, or contains one."""
        return path in self._above or any(path[:length] in self._pruned for length in range(len(path) + 1))


def _placed(finding: Finding, written: _Written) -> Problem:
    if finding.at == "missing":
        path, mark = finding.paths[0], _missing_mark(finding, written)
    elif finding.at == "name":
        path, mark = finding.paths[0], _nearest_key(written.tree, finding.paths[0])
    else:
        path, mark = _latest(finding, written)
    what = " ".join((finding.what + _other_positions(finding, written, path, mark)).split())
    got = None if finding.got is None else truncated(finding.got)
    return Problem(mark.position, what, got, finding.fix, path, finding.severity)


def _latest(finding: Finding, written: _Written) -> tuple[Path, Mark]:
    """The last of the paths, by precedence and then by position."""
    marks = [(path, written.mark(path, key=finding.at == "key")) for path in finding.paths]
    found = [(path, mark) for path, mark in marks if mark is not None]
    if found:
        return max(found, key=lambda pair: pair[1])
    return finding.paths[0], _nearest_key(written.tree, finding.paths[0])


def _nearest_key(tree: Mapping, path: Path) -> Mark:
    """The key of the nearest map above a value that is not in the file."""
    for length in range(len(path), 0, -1):
        if entry := key_entry(tree, path[:length]):
            return entry.keys[0]
    return tree.mark if not path else Mark(Layer.FILE, position(tree, path))


def _missing_mark(finding: Finding, written: _Written) -> Mark:
    """The key of the map that something is missing from, in the layer that requires it."""
    path, causes = finding.paths[0], finding.paths[1:]
    marks = [mark for cause in causes if (mark := written.mark(cause, key=False)) is not None]
    cause = max(marks, default=None)
    if cause is not None and not cause.position.line:
        return cause
    entry = key_entry(written.tree, path)
    if entry is None:
        return _nearest_key(written.tree, path)
    if cause is None:
        return entry.keys[0]
    return max((key for key in entry.keys if key <= cause), default=entry.keys[0])


def _other_positions(finding: Finding, written: _Written, path: Path, mark: Mark) -> str:
    """The positions of the other values of the finding that come from another layer."""
    others: dict[str, Position] = {}
    for other in finding.paths if finding.at != "missing" else ():
        other_mark = written.mark(other, key=finding.at == "key")
        if other != path and other_mark is not None and other_mark.layer != mark.layer:
            others[dotted(other[-1:])] = other_mark.position
    return f" ({', '.join(f'{name} is at {where}' for name, where in others.items())})" if others else ""
