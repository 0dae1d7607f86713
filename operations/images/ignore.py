"""The files that Docker leaves out of a build: `.dockerignore`.

Own code, because no library has Docker's rules: pathspec has git's, where a pattern without a slash matches in every
folder, and the Docker SDK for Python reads `[^a]` and escapes differently (and needs requests).

Sources: moby/patternmatcher (`patternmatcher.go`, `ignorefile/ignorefile.go`), the syntax of Go's `filepath.Match`, and
".dockerignore files" in Docker's documentation. Where the regular expressions of the implementation differ from
`filepath.Match`, the implementation decides: `**file` matches `myfile`, and `[^a]` matches a slash.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from operations.text import shown_path
from stacks.errors import ImageError

_SPECIAL = frozenset("*?[]\\")


class InvalidPatternError(ValueError):
    """A pattern does not follow the syntax of Go's `filepath.Match`."""


@dataclass(frozen=True)
class Pattern:
    """A line of an ignore file: whether it is an exception, and what it matches."""

    exception: bool
    expression: re.Pattern[str]


Parents = tuple[bool, ...]
"""Which patterns match a folder or one of its parents."""


@dataclass(frozen=True)
class Ignore:
    """The patterns of an ignore file, in order: the last one that matches a path, or one of its parents, decides."""

    patterns: tuple[Pattern, ...] = ()

    @property
    def has_exceptions(self) -> bool:
        """Whether a file can be in the build although its folder is not."""
        return any(pattern.exception for pattern in self.patterns)

    def match(self, path: str, parents: Parents | None = None) -> tuple[bool, Parents]:
        """Whether `path` is left out, and which patterns match it.

        Args:
            path: Relative to the context, with slashes.
            parents: The patterns that match its folder; None at the top.
        """
        ignored = False
        matched = []
        for place, pattern in enumerate(self.patterns):
            match = parents is not None and parents[place]
            if not match and pattern.exception == ignored:
                match = pattern.expression.fullmatch(path) is not None
            matched.append(match)
            if match:
                ignored = not pattern.exception
        return ignored, tuple(matched)

    def ignores(self, path: str) -> bool:
        """Whether `path`, relative to the context and with slashes, is left out."""
        parents: Parents | None = None
        ignored = False
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            ignored, parents = self.match("/".join(parts[:end]), parents)
        return ignored


def ignore_file(context: Path, dockerfile: Path) -> Path | None:
    """The ignore file of a build: `<Dockerfile>.dockerignore` beside the Dockerfile, else `.dockerignore`."""
    candidates = (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), context / ".dockerignore")
    return next((file for file in candidates if file.is_file()), None)


def read_ignore(file: Path | None) -> Ignore:
    """The patterns of an ignore file; none without a file. Raises ImageError for an invalid one."""
    if file is None:
        return Ignore()
    try:
        return parse(file.read_text(encoding="utf-8-sig", errors="surrogateescape").split("\n"))
    except OSError as error:
        raise ImageError.of(shown_path(file), "can't be read", got=error.strerror, fix="check its mode") from error
    except InvalidPatternError as error:
        fix = "close the bracket, or escape it with a backslash"
        raise ImageError.of(shown_path(file), "has an invalid pattern", got=str(error), fix=fix) from error


def parse(lines: Iterable[str]) -> Ignore:
    """The patterns in the lines of an ignore file. Raises InvalidPatternError."""
    found = []
    for line in lines:
        text = "" if line.startswith("#") else line.strip()
        exception = text.startswith("!")
        text = text.removeprefix("!").strip()
        if exception and not text:
            raise InvalidPatternError("!")
        if text:
            text = posixpath.normpath(re.sub("/+", "/", text))
            text = text[1:] if len(text) > 1 and text.startswith("/") else text
            found.append(Pattern(exception, _compile(text)))
    return Ignore(tuple(found))


def _compile(pattern: str) -> re.Pattern[str]:
    """The regular expression for a pattern."""
    if pattern.startswith("**") and not _SPECIAL.intersection(pattern[2:]):
        suffix = pattern[2:]
        whole = f"|{re.escape(suffix[1:])}" if suffix.startswith("/") else ""
        return re.compile(rf"(?:.*{re.escape(suffix)}){whole}", re.DOTALL)
    written, at = "", 0
    while at < len(pattern):
        text, at = _next(pattern, at)
        written += text
    try:
        return re.compile(written)
    except re.error as error:  # such as a range that ends before it starts
        raise InvalidPatternError(pattern) from error


def _next(pattern: str, at: int) -> tuple[str, int]:
    """The regular expression for the element of a pattern that starts at `at`, and where the next one starts."""
    letter = pattern[at]
    if pattern.startswith("**", at):
        at += 3 if pattern.startswith("**/", at) else 2
        return (".*" if at == len(pattern) else "(?:.*/)?"), at
    if letter == "*":
        return "[^/]*", at + 1
    if letter == "?":
        return "[^/]", at + 1
    if letter == "[":
        return _bracket(pattern, at)
    if letter == "\\":
        return _literal(pattern, at)
    return re.escape(letter), at + 1


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    """`[abc]`, `[a-z]`, `[^a]`; `-`, `]` and backslashes in it are escaped."""
    start, at = at, at + 1
    negated = pattern.startswith("^", at)
    at += negated
    ranges = ""
    while not (ranges and pattern.startswith("]", at)):
        if at >= len(pattern) or pattern[at] in "-]":
            raise InvalidPatternError(pattern[start:])
        low, at = _literal(pattern, at)
        ranges += low
        if pattern.startswith("-", at):
            if at + 1 >= len(pattern) or pattern[at + 1] in "-]":
                raise InvalidPatternError(pattern[start:])
            high, at = _literal(pattern, at + 1)
            ranges += f"-{high}"
    return f"[{'^' if negated else ''}{ranges}]", at + 1


def _literal(pattern: str, at: int) -> tuple[str, int]:
    """A character, which a backslash may escape."""
    if pattern[at] == "\\":
        at += 1
        if at == len(pattern):
            raise InvalidPatternError(pattern)
    return re.escape(pattern[at]), at + 1
