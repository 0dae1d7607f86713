"""Rules of the workflow for GitHub Actions.

Sources: GitHub Docs, "Workflow syntax for GitHub Actions" (filter patterns), "Security hardening for GitHub Actions"
(untrusted input, third-party code); `git check-ref-format`; pip, "VCS Support" and "Requirement Specifiers".
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from stacks.credentials import credential_in
from stacks.project.models import Github, Project
from stacks.project.rules.finding import Finding, Rule

_PATH = ("ci", "github")
_REPOSITORY = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}(?<!\.git)")
_REMOTE = re.compile(r"(?:https://github\.com/|(?:ssh://)?git@github\.com[:/])(?P<name>[^/]+/[^/]+?)(?:\.git)?/?")
_REF = re.compile(r"(?![-/.])(?!.*(?:\.\.|//|@\{|/\.|\.lock(?:/|$)))[^\x00-\x20\x7f~^:\\]+(?<![/.])")
_PATTERN = frozenset("*?+[]!")
"""Characters with a meaning in a branch filter."""
_NAMED = re.compile(r"ecsforge\s*(?:\[[^\]]*\])?\s*(?P<rest>.*)", re.IGNORECASE)
_VERSION = re.compile(r"===?\s*\d[^\s,;*]*")
_COMMIT = re.compile(r"@[0-9a-f]{40}(?:[#&]|$)")
_FILE = re.compile(r"\.whl(?:#|$)|[/-][0-9a-f]{40}\b")
_SEPARATORS = frozenset({"&&", "||", ";", "|"})
_WHEEL = "pip install https://example.com/ecsforge-0.1.0-py3-none-any.whl"
_EXAMPLE = 'pip install "ecsforge[rehearse] @ git+https://github.com/ORGANIZATION/ecsforge@COMMIT"'


def workflow(project: Project) -> Iterator[Finding]:
    """The repository and the branch exist as names, and the installation is pinned."""
    github = project.ci.github
    if github is None:
        return
    yield from _repository(github)
    yield from _branch(github)
    yield from _install(github)


def _repository(github: Github) -> Iterator[Finding]:
    if not _REPOSITORY.fullmatch(github.repository):
        remote = _REMOTE.fullmatch(github.repository)
        fix = f"write repository: {remote['name']}" if remote else "for example acme/shop"
        what = "ci.github.repository must be the organization and the name of a repository on GitHub"
        yield Finding(((*_PATH, "repository"),), what, github.repository or '""', fix)


def _branch(github: Github) -> Iterator[Finding]:
    path, branch = (*_PATH, "branch"), github.branch
    if not _REF.fullmatch(branch) or branch.startswith("refs/"):
        name = branch.removeprefix("refs/heads/")
        fix = "write main" if name == branch else f"write branch: {name}"
        yield Finding((path,), "ci.github.branch must be the name of a branch", branch or '""', fix)
    elif _PATTERN.intersection(branch):
        what = "ci.github.branch must be one branch: GitHub reads *, ?, +, [, ] and ! as a pattern"
        yield Finding((path,), what, branch, "write main, or rename the branch")


def _install(github: Github) -> Iterator[Finding]:
    path, command = (*_PATH, "install"), github.install
    if "${{" in command:
        what = "ci.github.install must not contain an expression of GitHub, whose value would be run"
        yield Finding((path,), what, "${{", "write the value, or read an environment variable")
    elif kind := credential_in(command):
        what = f"ci.github.install contains {kind}, and the workflow is in the repository"
        fix = "install from a place that needs no password, or read it from an environment variable"
        yield Finding((path,), what, None, fix)
    elif not command.strip():
        yield Finding((path,), "ci.github.install must be a command", '""', f"for example {_WHEEL}")
    elif (unpinned := _unpinned(command)) is not None:
        what = "ci.github.install must be pinned, so that every run installs the same code"
        fix = f"name a commit, a wheel or a version: {_EXAMPLE}, or ecsforge==VERSION"
        yield Finding((path,), what, unpinned, fix)


def _unpinned(command: str) -> str | None:
    """The first word that installs whatever is newest; None if there is none."""
    for line in command.splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            return line.strip()
        for before, word in zip((None, *words), words, strict=False):
            is_program = before is None or before in _SEPARATORS
            if not is_program and not _is_pinned(word):
                return word
    return None


def _is_pinned(word: str) -> bool:
    named = _NAMED.fullmatch(word)
    if named and not named["rest"].startswith("@"):
        return bool(_VERSION.fullmatch(named["rest"]))
    if "git+" in word:
        return bool(_COMMIT.search(word))
    return bool(_FILE.search(word)) if "https://" in word and "ecsforge" in word.lower() else True


def remote_state(project: Project) -> Iterator[Finding]:
    """A job starts on a new machine, which has no local state."""
    if project.ci.github is not None and project.state.backend == "local":
        what = "a job of the workflow starts without the state, because state.backend is local"
        fix = "set state.backend to s3 and state.bucket, then run `ecsforge state init`"
        yield Finding((_PATH, ("state", "backend")), what, None, fix, "key", "warning")


RULES: tuple[Rule, ...] = (workflow, remote_state)
