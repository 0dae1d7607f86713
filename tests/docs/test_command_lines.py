"""Every command line in the documentation uses commands and options that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.main import ALIASES, main
from tests.docs.pages import PAGES, ROOT, blocks, inline_code, rows

SHELL = {"sh", "console", "text", "yaml"}
# Up to the end of the command in a shell.
_COMMAND = re.compile(r"(?:^|[\s$(`;&|])ecsforge((?: +(?:'[^'\n]*'|\"[^\"\n]*\"|[^\s'\"|;&<>()`]+))+)")
README = ROOT / "README.md"


def command_lines(page: Path) -> Iterator[str]:
    """The arguments of `ecsforge` in every command line of a page."""
    shown = [line for block in blocks(page) if block.language in SHELL for line in block.text.splitlines()]
    for text in (*shown, *inline_code(page)):
        found = (match.strip() for match in _COMMAND.findall(text.partition(" #")[0]))
        yield from (line for line in found if "[OPTIONS]" not in line)


def mistake(line: str) -> str | None:
    """click's error for a command line; None if it is valid."""
    command: click.Command = main
    words = shlex.split(line)
    try:
        while isinstance(command, click.Group):
            parser = command.make_parser(click.Context(command, info_name="ecsforge", **main.context_settings))
            _, words, _ = parser.parse_args(words)
            if not words:
                return None
            found = command.get_command(click.Context(command, **main.context_settings), words.pop(0))
            if found is None:
                return "no such command"
            command = found
        _, rest, _ = command.make_parser(click.Context(command, **main.context_settings)).parse_args(words)
    except click.UsageError as error:
        return error.format_message()
    return f"unexpected {rest}" if rest else None


LINES = [(page, line) for page in PAGES if page.name != "CHANGELOG.md" for line in dict.fromkeys(command_lines(page))]


@pytest.mark.parametrize(("page", "line"), LINES, ids=[f"{page.stem}: {line}" for page, line in LINES])
def test_a_command_line_is_valid(page: Path, line: str) -> None:
    assert mistake(line) is None


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("deploi --env prod", "no such command"),
        ("deploy --enviroment prod", "No such option '--enviroment'."),
        ("deploy --env", "Option '--env' requires an argument."),
        ("deploy prod", "unexpected ['prod']"),
        ("state bucket", "no such command"),
    ],
)
def test_an_invalid_command_line_is_detected(line: str, error: str) -> None:
    found = mistake(line)

    assert found is not None
    assert error in found


def test_every_command_is_in_the_readme_s_table() -> None:
    listed = {cell.strip("`").removeprefix("ecsforge ") for cell, *_ in rows(README, "command")}
    names = [name for name in main.list_commands(click.Context(main, **main.context_settings)) if name not in ALIASES]

    assert {name for name in names if not any(line == name or line.startswith(f"{name} ") for line in listed)} == set()


def test_commands_in_messages_exist() -> None:
    sources = [
        file.read_text(encoding="utf-8")
        for package in ("cli", "operations", "stacks")
        for file in (ROOT / package).rglob("*.py")
    ]
    named = {
        name for source in sources for name in re.findall(r"(?:`|Next: |or )ecsforge ([a-z]+)\b(?! command)", source)
    }

    assert {name for name in named if mistake(name) == "no such command"} == set()
    assert len(named) > 5
