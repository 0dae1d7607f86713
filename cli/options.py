"""The options of every command: which stacks it works on, and what it prints.

They work before and after the command name: the group and each command have them, and the values are collected in
`click.Context.meta`, which all contexts of a run share. The last value wins, `--set` accumulates, and an environment
variable never overrides an option.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click
from click.core import ParameterSource

from cli.console import Console
from cli.sentences import sentences
from stacks.errors import EcsforgeError, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from cli.reporter import ConsoleReporter
    from stacks.errors import Problem
    from stacks.project import Selection

P = ParamSpec("P")
R = TypeVar("R")
_GIVEN = "cli.options"


@dataclass(frozen=True)
class Context:
    """The first argument of every command: which stacks it works on, and where it prints."""

    selection: Selection
    console: Console

    def reporter(self) -> ConsoleReporter:
        """The reporter to pass to operations."""
        from cli.reporter import ConsoleReporter

        return ConsoleReporter(self.console)

    def repeated(self, env: str) -> list[str]:
        """The options that select the same environment, for a command that a message suggests."""
        return [*repeated_options(self.selection), "--env", env]


class SharedOption(click.Option):
    """An option that all commands have. Help lists it in a section of its own."""


class Command(click.Command):
    """A command whose help lists its own options first, then the shared ones."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_options(self, ctx, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Convert a `UsageError` of an operation to click's, which also points to the help.

        A command that an error suggests gets the options that select the same stack.
        """
        try:
            return super().invoke(ctx)
        except UsageError as error:
            raise click.UsageError(sentences(error), ctx=ctx) from error
        except EcsforgeError as error:
            error.problems = tuple(map(_with_selection, error.problems))
            raise


def _with_selection(problem: Problem) -> Problem:
    if not problem.command:
        return problem
    selection = current_context().selection
    selected = [*repeated_options(selection), *(["--env", selection.env] if selection.env else [])]
    return replace(problem, command=(*problem.command, *selected))


def write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the options of `command` in two sections, its own and the shared ones."""
    sections: dict[str, list[tuple[str, str]]] = {"Options": [], "Options of every command": []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None:
            shared = isinstance(parameter, SharedOption) or "--help" in parameter.opts
            sections["Options of every command" if shared else "Options"].append(record)
    for title, records in sections.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def selection_options(command: Callable[Concatenate[Context, P], R]) -> Callable[P, R]:
    """Add the shared options to `command`, and pass it a `Context` as its first argument."""
    return selection_options_without()(command)


def selection_options_without(*names: str) -> Callable[[Callable[Concatenate[Context, P], R]], Callable[P, R]]:
    """`selection_options` except those with another meaning in a command: `env`, `sets`, ..."""

    def decorate(command: Callable[Concatenate[Context, P], R]) -> Callable[P, R]:
        @functools.wraps(command)
        def with_context(*args: P.args, **kwargs: P.kwargs) -> R:
            return command(current_context(), *args, **kwargs)

        return add_options(with_context, without=names)

    return decorate


def current_context() -> Context:
    """The `Context` of the running command."""
    context = click.get_current_context()
    return Context(selection_of(context), context.ensure_object(Console))


def selection_of(ctx: click.Context) -> Selection:
    """The selection of the options that were parsed so far."""
    from stacks.project import Selection

    return Selection(**ctx.meta.get(_GIVEN, {}))


def repeated_options(selection: Selection) -> list[str]:
    """The options, without `--env`, that select the same stacks, for a command that a message suggests."""
    options = ["-f", str(selection.file)] if selection.file else []
    options += ["--project-id", selection.project_id] if selection.project_id else []
    return options + [part for value in selection.sets for part in ("--set", value)]


terraform_option = click.option(
    "--terraform",
    "binary",
    metavar="PATH",
    help="Run this terraform or tofu. Default: TERRAFORM_BINARY_NAME, then the PATH.",
)


shared_option = click.option(
    "--shared", is_flag=True, help="Select the stack that all environments share, with the image repositories."
)


def add_options(command: Callable[P, R], *, without: Container[str] = ()) -> Callable[P, R]:
    """Add the shared options to `command`, which does not receive their values."""
    for name, option in reversed(_OPTIONS.items()):
        if name not in without:
            command = option(command)
    return command


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    given = ctx.meta.setdefault(_GIVEN, {})
    assert param.name is not None
    if value is None or value == ():
        return
    if value == "":
        raise click.BadParameter("the value is empty; set one or omit the option", ctx=ctx, param=param)
    if isinstance(value, tuple):
        given[param.name] = (*given.get(param.name, ()), *value)
        return
    variable = ctx.get_parameter_source(param.name) is ParameterSource.ENVIRONMENT
    if variable and param.name in given:
        return
    given[param.name] = Path(value) if param.name == "file" else value
    others = given.get("from_variables", frozenset()) - {param.name}
    given["from_variables"] = others | {param.name} if variable else others


def _configure_console(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    assert param.name is not None
    if value:
        setattr(ctx.ensure_object(Console), param.name, True)


def _complete_env(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The environments of the project file, for shell completion; empty if it can't be read."""
    from click.shell_completion import CompletionItem

    from stacks.errors import EcsforgeError
    from stacks.project import Selection, environments_in

    try:
        known = environments_in(Selection(file=ctx.meta.get(_GIVEN, {}).get("file")))
    except (EcsforgeError, OSError):
        return []
    return [CompletionItem(env) for env in known if env.startswith(incomplete)]


def _shared(*names: str, **attributes: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    attributes = {"callback": _remember, "show_envvar": True, **attributes}
    return click.option(*names, cls=SharedOption, expose_value=False, **attributes)


_OPTIONS = {
    "env": _shared(
        "-e",
        "--env",
        metavar="ENV",
        envvar="ECSFORGE_ENV",
        shell_complete=_complete_env,
        help="Select one environment of the project.",
    ),
    "project_id": _shared(
        "--project-id",
        metavar="ID",
        envvar="ECSFORGE_PROJECT_ID",
        help="Override the project_id of the project file.",
    ),
    "file": _shared(
        "-f",
        "--file",
        metavar="PATH",
        type=click.Path(),
        envvar="ECSFORGE_FILE",
        help="Use this project file. Default: ecsforge.yaml in this or a parent folder.",
    ),
    "sets": _shared(
        "--set",
        "sets",
        metavar="PATH=VALUE",
        multiple=True,
        help="Override one value, such as services.web.count=3; repeatable.",
    ),
    "no_color": _shared(
        "--no-color", is_flag=True, callback=_configure_console, help="Print without color, as NO_COLOR does."
    ),
    "verbose": _shared(
        "-v",
        "--verbose",
        is_flag=True,
        callback=_configure_console,
        help="Print more details, and tracebacks of internal errors.",
    ),
    "quiet": _shared(
        "-q", "--quiet", is_flag=True, callback=_configure_console, help="Print only data, warnings and errors."
    ),
}
