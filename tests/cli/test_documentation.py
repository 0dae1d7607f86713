"""Every command has help and is documented."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.main import COMMANDS, main
from cli.options import Command, SharedOption
from cli.reference import reference
from tests.support.some import some

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, such as `state init`."""
    context = click.Context(group, **group.context_settings)
    for name in COMMANDS if group is main else group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from leaves(found, (*path, name))
        else:
            yield " ".join((*path, name)), found


ALL = [pytest.param(name, command, id=name) for name, command in leaves(main)]


@pytest.mark.parametrize(("name", "command"), ALL)
def test_every_command_has_help_with_an_example(name: str, command: click.Command) -> None:
    text = inspect.cleandoc(command.help or "")

    assert "\b\nExample" in text
    assert f"ecsforge {name}" in text


@pytest.mark.parametrize(("name", "command"), ALL)
def test_every_option_has_help(name: str, command: click.Command) -> None:
    for option in some(each for each in command.params if isinstance(each, click.Option)):
        assert option.help, option.name


@pytest.mark.parametrize(("name", "command"), ALL)
def test_every_command_has_the_shared_options_and_lists_them_separately(name: str, command: click.Command) -> None:
    assert isinstance(command, Command)
    assert any(isinstance(parameter, SharedOption) for parameter in command.params)


@pytest.mark.parametrize(("name", "command"), ALL)
def test_every_command_is_mentioned_in_the_documentation(name: str, command: click.Command) -> None:
    assert any(f"ecsforge {name}" in page.read_text(encoding="utf-8") for page in PAGES if page.exists())


def test_the_command_reference_is_current() -> None:
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == reference(), "run `make docs`"
