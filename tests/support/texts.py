"""The texts that people read in a file: docstrings, strings, comments, documentation and generated HCL."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Text(NamedTuple):
    """A piece of text and the line that it begins on."""

    line: int
    text: str


def python_texts(source: str) -> Iterator[Text]:
    """The docstrings, string literals and comments of a module; neighbouring comment lines are one text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield Text(node.lineno, "".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield Text(node.lineno, node.value)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    yield from joined([Text(token.start[0], token.string.lstrip("# ")) for token in comments])


def joined(lines: list[Text]) -> Iterator[Text]:
    """Texts on consecutive lines as one text each."""
    for i, line in enumerate(lines):
        if i == 0 or line.line != lines[i - 1].line + 1:
            following = [each.text for k, each in enumerate(lines[i:]) if each.line == line.line + k]
            yield Text(line.line, "\n".join(following))


def names(source: str) -> Iterator[Text]:
    """The names that a module defines: functions, classes, arguments and variables."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield Text(node.lineno, node.name)
        elif isinstance(node, ast.arg):
            yield Text(node.lineno, node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield Text(node.lineno, node.id)


def page_texts(source: str) -> Iterator[Text]:
    """A documentation page without its inline code, which quotes messages and names."""
    yield Text(1, re.sub(r"`[^`\n]+`", "`code`", source))


def hcl_texts(source: str) -> Iterator[Text]:
    """The comments of generated HCL, and the descriptions of outputs. Those of resources must never change."""
    lines = source.splitlines()
    yield from joined([Text(n, line.lstrip("# ")) for n, line in enumerate(lines, 1) if line.lstrip().startswith("#")])
    for match in re.finditer(r'^output "\w+" \{\n(?:  .*\n)*?  description += (".*")$', source, re.MULTILINE):
        yield Text(source.count("\n", 0, match.start(1)) + 1, match[1])


def texts(path: Path) -> list[Text]:
    """The texts in a file that people read."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [*python_texts(source)]
    if path.suffix == ".md":
        return [*page_texts(source)]
    if path.suffix == ".tf":
        return [*hcl_texts(source)]
    return [Text(1, source)]
