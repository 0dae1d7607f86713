"""Every command line in the documentation names a command and options that exist."""

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
# Up to what ends a command in a shell.
_COMMAND = re.compile(r"(?:^|[\s$(`;&|])ecsforge((?: +(?:'[^'\n]*'|\"[^\"\n]*\"|[^\s'\"|;&<>()`]+))+)")
README = ROOT / "README.md"


def command_lines(page: Path) -> Iterator[str]:
    """What stands after `ecsforge` wherever a page shows a command line."""
    shown = [line for block in blocks(page) if block.language in SHELL for line in block.text.splitlines()]
    for text in (*shown, *inline_code(page)):
        found = (match.strip() for match in _COMMAND.findall(text.partition(" #")[0]))
        yield from (line for line in found if "[OPTIONS]" not in line)


def mistake(line: str) -> str | None:
    """What click says about a command line; None when it would take it."""
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
def test_a_command_line_is_one_that_ecsforge_takes(page: Path, line: str) -> None:
    assert mistake(line) is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("deploi --env prod", "no such command"),
        ("deploy --enviroment prod", "No such option '--enviroment'."),
        ("deploy --env", "Option '--env' requires an argument."),
        ("deploy prod", "unexpected ['prod']"),
        ("state bucket", "no such command"),
    ],
)
def test_a_command_line_that_is_wrong_is_noticed(line: str, said: str) -> None:
    found = mistake(line)

    assert found is not None
    assert said in found


def test_every_command_is_in_the_readme_s_table() -> None:
    listed = {cell.strip("`").removeprefix("ecsforge ") for cell, *_ in rows(README, "command")}
    names = [name for name in main.list_commands(click.Context(main, **main.context_settings)) if name not in ALIASES]

    assert {name for name in names if not any(line == name or line.startswith(f"{name} ") for line in listed)} == set()


def test_the_commands_that_messages_name_exist() -> None:
    sources = [file.read_text(encoding="utf-8") for room in ("cli", "stacks") for file in (ROOT / room).rglob("*.py")]
    named = {
        name for source in sources for name in re.findall(r"(?:`|Next: |or )ecsforge ([a-z]+)\b(?! command)", source)
    }

    assert {name for name in named if mistake(name) == "no such command"} == set()
    assert len(named) > 5
