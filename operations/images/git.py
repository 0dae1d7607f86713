"""What git knows about the files of a build."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from operations.terraform.process import Captured, capture

# Set by git for its hooks: with them, git would look at another repository or index.
_OF_HOOKS = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"})
_SUBMODULE = "160000"


@dataclass(frozen=True)
class Checkout:
    """A work tree: its top folder, without symbolic links, and its commit, 40 or 64 hex digits."""

    folder: Path
    commit: str


@dataclass(frozen=True)
class Status:
    """The state of some paths of a work tree.

    Attributes:
        changed: What differs from the commit, or is in conflict.
        tracked: The files that are in the index.
        submodules: The folders of submodules.
    """

    changed: tuple[Path, ...]
    tracked: frozenset[Path]
    submodules: tuple[Path, ...]


def checkout(folder: Path) -> Checkout | str:
    """The work tree that a folder is in, or the reason why there is none."""
    try:
        top = _git(folder, ["rev-parse", "--show-toplevel"])
        head = _git(folder, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
    except OSError:
        return "git is not installed"
    if top.exit_code or not top.stdout.strip():
        reason = next(iter(top.stderr.splitlines()), "")
        known = "not a git repository" in reason or not reason
        return "the context is not in a git repository" if known else f"git can't read the repository ({reason})"
    if head.exit_code:
        return "the repository has no commit"
    return Checkout(Path(top.stdout.rstrip("\n")).resolve(), head.stdout.strip())


def status(found: Checkout, paths: Sequence[Path]) -> Status:
    """The state of these paths and of what is below them. They are absolute, without symbolic links."""
    names = [os.path.relpath(path, found.folder) for path in paths]
    compare = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=none"]
    changes = _git(found.folder, [*compare, "--", *names])
    index = _git(found.folder, ["ls-files", "-z", "--stage", "--", *names])
    if changes.exit_code or index.exit_code:  # such as a damaged index
        return Status(tuple(paths), frozenset(), ())
    tracked, submodules = set(), []
    for entry in filter(None, index.stdout.split("\0")):
        about, _, name = entry.partition("\t")
        if about.startswith(_SUBMODULE):
            submodules.append(found.folder / name)
        else:
            tracked.add(found.folder / name)
    changed = tuple(found.folder / entry[3:] for entry in filter(None, changes.stdout.split("\0")))
    return Status(changed, frozenset(tracked), tuple(submodules))


def commit_of(found: Checkout, reference: str) -> str | None:
    """The commit of a branch, a tag or an abbreviated hash; None if the repository does not have it."""
    answer = _git(found.folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}"])
    return answer.stdout.strip() or None if answer.exit_code == 0 else None


def is_before(found: Checkout, commit: str) -> bool:
    """Whether a commit is the checked-out one or one of its ancestors."""
    return _git(found.folder, ["merge-base", "--is-ancestor", commit, found.commit]).exit_code == 0


def changed_since(found: Checkout, commit: str, paths: Sequence[Path]) -> tuple[Path, ...]:
    """What differs between a commit and the checked-out one, of these paths and of what is below them.

    They are absolute, without symbolic links. All of them if git can't compare the commits.
    """
    names = [os.path.relpath(path, found.folder) for path in paths]
    compare = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", commit, found.commit]
    changes = _git(found.folder, [*compare, "--", *names])
    if changes.exit_code:
        return tuple(paths)
    return tuple(found.folder / name for name in filter(None, changes.stdout.split("\0")))


def _git(folder: Path, arguments: Sequence[str]) -> Captured:
    """Run git in a folder, without writing its index. Raises OSError if it can't be started."""
    own = {key: value for key, value in os.environ.items() if key not in _OF_HOOKS}
    return capture(
        ["git", "--literal-pathspecs", *arguments],
        folder=folder,
        env_vars={**own, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
    )
