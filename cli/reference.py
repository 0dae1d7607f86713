"""The reference of the commands, `docs/commands.md`, written from their help.

`make docs` runs `python -m cli.reference > docs/commands.md`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

import click

from cli.main import ALIASES, LAZY, main
from cli.options import SharedOption

_INTRODUCTION = """\
# Commands

<!-- Written by `make docs` from the help of the commands; a test says whether it is current. -->

`ecsforge [OPTIONS] COMMAND [OPTIONS]`. Data goes to stdout and talk to stderr, so that output can be piped. Without a
terminal nothing is asked: the message names the option that is missing.

The exit code is 0 when the command did its work, 1 when the operation failed (Terraform, AWS, files), 2 when the input
is wrong (options, project file), and 130 when it was interrupted.
"""


def reference() -> str:
    """The page as Markdown."""
    return "\n".join([_INTRODUCTION, *_shared_options(), *_sections()])


def _shared_options() -> Iterator[str]:
    yield "## Options of every command\n"
    yield "They work before and after the command's name; the later one wins, and `--set` adds up.\n"
    yield from _table([option for option in main.params if isinstance(option, SharedOption)])


def _sections() -> Iterator[str]:
    context = click.Context(main, info_name="ecsforge", **main.context_settings)
    for section, names in LAZY.items():
        yield from [f"## {section}\n"] if names else []
        for name in names:
            command = main.get_command(context, name)
            assert command is not None
            yield from _command(command, click.Context(command, context, info_name=name))


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    aliases = [alias for alias, name in ALIASES.items() if name == context.info_name]
    yield f"### `{context.command_path}`{''.join(f', `ecsforge {alias}`' for alias in aliases)}\n"
    yield f"```\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```\n"
    yield from _prose(command.help or "")
    yield from _table([option for option in command.params if not isinstance(option, SharedOption)])
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _command(below, click.Context(below, context, info_name=name))


def _prose(text: str) -> Iterator[str]:
    """The paragraphs of a help text; what click keeps as it stands becomes a block of code."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b\n"):
            lines = paragraph.splitlines()[2:]
            yield "```sh\n" + inspect.cleandoc("\n".join(lines)) + "\n```\n"
        else:
            yield " ".join(paragraph.split()) + "\n"


def _table(parameters: list[click.Parameter]) -> Iterator[str]:
    context = click.Context(main, **main.context_settings)
    records = [record for parameter in parameters if (record := parameter.get_help_record(context))]
    rows = [(names, " ".join(text.split())) for names, text in records if text]
    if rows:
        yield "| option | |\n|---|---|"
        yield from ("| `" + names.replace("|", "\\|") + f"` | {text} |" for names, text in rows)
        yield ""


if __name__ == "__main__":
    sys.stdout.buffer.write(reference().encode())
