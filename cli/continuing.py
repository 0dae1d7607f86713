"""The last words of an interrupted command: what was done, and the command that continues."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from cli.options import Context, SharedOption, repeated_options

if TYPE_CHECKING:
    from operations.terraform.stop import Interrupted


@contextmanager
def explained(ctx: Context, describe: Callable[[BaseException], str]) -> Iterator[None]:
    """Give an interrupt in this block the text of `describe`, which `cli/main.py` prints last.

    What failed while Terraform stopped is printed as errors before.
    """
    try:
        yield
    except (KeyboardInterrupt, click.Abort) as stop:
        from cli.sentences import sentence

        for problem in getattr(stop, "problems", ()):
            ctx.console.error(f"{ctx.console.style('error:', fg='red', bold=True)} {sentence(problem)}")
        # click prints a newline for KeyboardInterrupt, but not for Abort, whose prompt has ended its line.
        kind = KeyboardInterrupt if isinstance(stop, KeyboardInterrupt) else click.Abort
        raise kind(describe(stop)) from stop


@contextmanager
def continued_by(arguments: tuple[str, ...]) -> Iterator[None]:
    """Name this command where an error in this block says to continue with `deploy`, which would keep the old images.

    `arguments` are those of the command, without what selects the stack.
    """
    from stacks.errors import EcsforgeError

    try:
        yield
    except EcsforgeError as error:
        error.problems = tuple(
            replace(each, command=arguments) if each.command == ("deploy",) else each for each in error.problems
        )
        raise


def last_words(error: BaseException) -> str:
    """The text that `explained` gave to an interrupt; click wraps it in its own exception."""
    texts = [str(each) for each in (error, error.__cause__) if each is not None and str(each)]
    return texts[0] if texts else "Interrupted"


def is_applying(stop: BaseException) -> bool:
    """Whether Terraform was interrupted while it applied a plan."""
    from operations.terraform.stop import Interrupted

    return isinstance(stop, Interrupted) and stop.doing == "applying"


def is_completed(stop: BaseException) -> bool:
    """Whether Terraform had carried out the whole plan all the same."""
    return is_applying(stop) and getattr(stop, "ending", "") == "completed"


def while_changing(stop: BaseException, done: str, again: str, *, began: bool) -> str:
    """The last words of a command that changes a stack.

    Args:
        stop: What interrupted it.
        done: What happens to the resources: `changes were made`, `resources were destroyed`.
        again: The command that continues.
        began: Whether it had started to apply a plan.
    """
    from operations.terraform.stop import Interrupted

    if is_applying(stop):
        assert isinstance(stop, Interrupted)
        return f"Interrupted: {_applied(stop, done)}. {again}"
    if isinstance(stop, Interrupted) and stop.doing not in ("preparing the stack", "planning"):
        return f"Interrupted while {stop.doing}: completed changes are kept. {again}"
    return f"Interrupted. {again}" if began else f"Interrupted: no resource was changed. {again}"


def _applied(stop: Interrupted, done: str) -> str:
    if stop.ending == "stopped" and not stop.planned:  # it was not even started
        return "no resource was changed"
    count = f"{stop.made} of {stop.planned} {done}"
    if stop.unfinished:
        count += f" and {stop.unfinished} did not complete"
    if not stop.stored:
        return f"{count}; the state could not be stored: see above"
    match stop.ending:
        case "completed":
            return f"{count}, which is the whole plan; the state is saved"
        case "stopped":
            return f"{count}; the state is saved"
        case "killed":
            return f"{count}; Terraform was killed, so the state may not contain what it was creating"


def same_command(ctx: Context, env: str | None, *, without: Container[str] = ()) -> str:
    """The running command with the options that it was called with, except for the parameters in `without`.

    `env` selects the environment if it is known, even if the user did not name it.
    """
    env = env or ctx.selection.env
    selected = [*repeated_options(ctx.selection), *(["--env", env] if env else [])]
    return shlex.join([*click.get_current_context().command_path.split(), *selected, *typed_options(without)])


def typed_options(without: Container[str] = ()) -> list[str]:
    """The arguments and options of the running command as they were typed, except for those of every command."""
    context = click.get_current_context()
    own: list[str] = []
    for parameter in context.command.params:
        name = parameter.name or ""
        typed = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if typed and name not in without and not isinstance(parameter, SharedOption):
            value = context.params[name]
            for each in value if isinstance(value, tuple) else (value,):
                own += _typed(parameter, each)
    return own


def _typed(parameter: click.Parameter, value: Any) -> list[str]:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if not isinstance(parameter, click.Option):
        return [text]
    return [parameter.opts[-1]] if parameter.is_flag else [parameter.opts[-1], text]
