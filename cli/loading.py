"""Loads the stacks that the options select, and prints the warnings of the project file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cli.options import Context
    from stacks.project import Loaded, Selection

OUT_FOLDER = "cdktf.out"


def load_project(ctx: Context) -> Loaded:
    """Load the selected environments and print their warnings. Raises stacks.errors.ProjectError."""
    from stacks.project import load

    return _announced(ctx, load(ctx.selection))


def one_stack(ctx: Context, *, warn: bool = True) -> Loaded:
    """Load the one selected environment and print its warnings.

    `warn` is false for commands that operate what is deployed: the warnings are about what a deploy would create.

    Raises click.UsageError, naming `--env` and the environments of the file, if more than one is selected, and
    stacks.errors.ProjectError.
    """
    from stacks.project import load

    loaded = load(ctx.selection)
    if len(loaded.projects) != 1:
        known = ", ".join(project.env for project in loaded.projects)
        raise click.UsageError(
            f"this command works on one environment; select it with --env: {known}",
            ctx=click.get_current_context(silent=True),
        )
    return _announced(ctx, loaded, warn=warn)


def one_stack_or_shared(ctx: Context, shared: bool) -> Loaded:
    """`one_stack`, or with `shared` only the stack that all environments share, whatever environment is selected."""
    if not shared:
        return one_stack(ctx)
    from stacks.project import load_shared

    return _announced(ctx, load_shared(ctx.selection))


def say_found(ctx: Context, loaded: Loaded) -> None:
    """Name a project file that was found in a parent folder."""
    if ctx.selection.file is None and loaded.file is not None and loaded.file.parent != Path():
        ctx.console.say(f"Using {loaded.file}")


def _announced(ctx: Context, loaded: Loaded, *, warn: bool = True) -> Loaded:
    say_found(ctx, loaded)
    for warning in loaded.warnings if warn else ():
        ctx.console.warn(warning)
    return loaded


def default_out(loaded: Loaded, selection: Selection) -> Path:
    """The output folder without `--out`.

    `cdktf.out` next to the project file if the file was discovered; in the current folder if it was passed with `-f`,
    or if there is no file.
    """
    found = loaded.file is not None and selection.file is None
    return (loaded.root if found else Path()) / OUT_FOLDER
