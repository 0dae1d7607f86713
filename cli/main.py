"""The `ecsforge` command: lazily loaded commands behind one error boundary.

A command is a file in `cli/commands/` and a line in `LAZY`. Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

from cli.console import Console, ReaderLeft
from cli.options import add_options, write_options
from cli.sentences import sentences
from stacks.errors import EcsforgeError, ProjectError, UsageError

# Help section -> command -> where it is. The order here is the order of `ecsforge --help`.
LAZY: dict[str, dict[str, str]] = {
    "Check and generate": {
        "init": "cli.commands.init:init",
        "validate": "cli.commands.validate:validate",
        "synth": "cli.commands.synth:synth",
        "list": "cli.commands.list:list_stacks",
    },
    "Deploy": {
        "rehearse": "cli.commands.rehearse:rehearse",
        "plan": "cli.commands.plan:plan",
        "deploy": "cli.commands.deploy:deploy",
        "destroy": "cli.commands.destroy:destroy",
        "output": "cli.commands.output:output",
        "doctor": "cli.commands.doctor:doctor",
    },
    "Operate": {
        "status": "cli.commands.status:status",
        "logs": "cli.commands.logs:logs",
    },
    "Look": {},
    "Adopt and leave": {
        "state": "cli.commands.state:state",
        "schema": "cli.commands.schema:schema",
        "completion": "cli.commands.completion:completion",
    },
}
# Other names that users of Terraform and cdktf type.
ALIASES = {"diff": "plan", "apply": "deploy"}
# What asks a process to end: Ctrl-C, a supervisor or CI system, a terminal that went away. Windows lacks the last.
STOP_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
COMMANDS = {name: target for section in LAZY.values() for name, target in section.items()}


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for, and reports every error in one place."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = COMMANDS.get(ALIASES.get(cmd_name, cmd_name))
        if target is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = target.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            known = [*self.list_commands(ctx), *(alias for alias, name in ALIASES.items() if name in COMMANDS)]
            raise click.NoSuchCommand(error.command_name, possibilities=known, ctx=ctx) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, names in LAZY.items():
            self._format_section(ctx, formatter, section, names)
        write_options(self, ctx, formatter)

    def _format_section(
        self, ctx: click.Context, formatter: click.HelpFormatter, title: str, names: dict[str, str]
    ) -> None:
        aliases = {name: alias for alias, name in ALIASES.items()}
        rows = []
        for name in names:
            command = self.get_command(ctx, name)
            assert command is not None
            label = f"{name}, {aliases[name]}" if name in aliases else name
            rows.append((label, command.get_short_help_str(limit=100)))
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UsageError as error:
            # Operations don't know the command that calls them; click's error shows how to get its help.
            raise click.UsageError(sentences(error), ctx=self._invoked(ctx)) from error
        except ReaderLeft:
            raise
        except BrokenPipeError as error:
            # A program we had started: click would take it for a reader that has left, and end without a word.
            message = "a program that ecsforge had started ended before its time; -v says more"
            raise EcsforgeError(message) from error

    def _invoked(self, ctx: click.Context) -> click.Context:
        """The context of the command that `ctx` has invoked."""
        name = ctx.invoked_subcommand or ""
        command = self.get_command(ctx, name)
        return click.Context(command, parent=ctx, info_name=name) if command else ctx

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line and exit with its code; with `standalone_mode=False` errors are raised instead."""
        console = extra.setdefault("obj", Console())
        # `python -m cli` and test runners go by other names, which messages should not repeat.
        run = partial(super().main, args, self.name, complete_var, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        sys.exit(_exit_code(console, run))


def _exit_code(console: Console, run: Callable[[], Any]) -> int:
    """Run a command, report what it raises, and say what the process ends with."""
    _stop_in_order()
    try:
        return _outcome(console, run)
    except BrokenPipeError:  # the last of our output has no reader
        _close_quietly()
        return 1


def _outcome(console: Console, run: Callable[[], Any]) -> int:
    try:
        code = run()
        if sys.stdout is not None:  # closed by whoever started us: `ecsforge plan >&-`
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (click.Abort, KeyboardInterrupt):
        _let_interrupts_pass()
        console.error("Interrupted")
        return 130
    except Exception as error:
        return _report(console, error)


def _stop_in_order() -> None:
    """End by any of the signals as by Ctrl-C, so that plan files, which hold secrets, and emulators go with us.

    What is ignored stays ignored: that is what `nohup` does.
    """
    if threading.current_thread() is threading.main_thread():
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, signal.default_int_handler)


def _let_interrupts_pass() -> None:
    """One more Ctrl-C on the way out must not turn the exit code into a death by signal.

    A handler at first, as processes that are started inherit what is ignored, but no handlers. Python takes handlers
    away while it ends, so that in the end the signal is ignored.
    """
    if threading.current_thread() is threading.main_thread():
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: None)
            atexit.register(signal.signal, number, signal.SIG_IGN)


def _report(console: Console, error: Exception) -> int:
    """Tell the user about `error` and return the exit code it stands for."""
    if isinstance(error, ProjectError):
        from cli.views.problems import report

        report(console, error.problems)
        return error.exit_code
    if isinstance(error, NoArgsIsHelpError):
        console.error(error.format_message())
        return error.exit_code
    label = console.style("error:", fg="red", bold=True)
    if isinstance(error, click.ClickException):
        console.error("\n".join([f"{label} {_usage(error)}", *_hint(error)]))
        return error.exit_code
    console.error(f"{label} {_describe(error)}")
    if console.verbose:
        import traceback

        console.error("".join(traceback.format_exception(error)).rstrip())
    return error.exit_code if isinstance(error, EcsforgeError) else 1


def _usage(error: click.ClickException) -> str:
    """click's message, with the one nearest word rather than all that are near."""
    if isinstance(error, click.NoSuchOption | click.NoSuchCommand) and error.possibilities:
        return f"{error.message} Did you mean {error.possibilities[0]!r}?"
    return error.format_message()


def _hint(error: click.ClickException) -> Iterator[str]:
    if isinstance(error, click.UsageError) and error.ctx is not None:
        yield f"Try '{error.ctx.command_path} --help' for help."


def _describe(error: Exception) -> str:
    if isinstance(error, EcsforgeError):
        return sentences(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return (
        f"internal error: {type(error).__name__}: {error}; this is a bug in ecsforge: please report it "
        "with what the same command prints with -v"
    )


def _close_quietly() -> None:
    """Let Python's last flush go nowhere once the reader of a pipe has left."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.dup2(nowhere, sys.stderr.fileno())


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("ecsforge")
    except PackageNotFoundError:
        number = "from a checkout that is not installed"
    ctx.ensure_object(Console).data(f"ecsforge {number}")
    ctx.exit()


@click.group(
    name="ecsforge",
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@add_options
def main() -> None:
    """Production AWS ECS Fargate from one small file.

    ecsforge turns a project file, a project id and an environment into Terraform, and takes it through its whole
    life. Options of every command work before and after the command name.

    \b
    Examples:
      ecsforge init                      write a project file
      ecsforge validate                  check it
      ecsforge synth --env prod          write the Terraform of one environment
    """
