"""The `ecsforge` command: a group of lazily imported commands, and the one place where errors are reported.

Each command is a file in `cli/commands/` and a line in `LAZY`. Heavy modules are imported only when a command runs.
"""

from __future__ import annotations

import atexit
import errno
import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

from cli.console import Console, ReaderLeft
from cli.options import add_options, write_options
from cli.sentences import sentences
from cli.signals import discard_output, discard_stop_signals, interrupt_on_stop_signals
from stacks.errors import EcsforgeError, ProjectError

# Help section -> command -> module and attribute, in the order of `ecsforge --help`.
LAZY: dict[str, dict[str, str]] = {
    "Check and generate": {
        "init": "cli.commands.init:init",
        "validate": "cli.commands.validate:validate",
        "synth": "cli.commands.synth:synth",
        "list": "cli.commands.list:list_stacks",
    },
    "Deploy": {
        "rehearse": "cli.commands.rehearse:rehearse",
        "build": "cli.commands.build:build",
        "plan": "cli.commands.plan:plan",
        "deploy": "cli.commands.deploy:deploy",
        "release": "cli.commands.release:release",
        "promote": "cli.commands.promote:promote",
        "destroy": "cli.commands.destroy:destroy",
        "output": "cli.commands.output:output",
        "doctor": "cli.commands.doctor:doctor",
        "ci": "cli.commands.ci:ci",
    },
    "Operate": {
        "status": "cli.commands.status:status",
        "logs": "cli.commands.logs:logs",
        "run": "cli.commands.run:run",
        "exec": "cli.commands.exec:exec_command",
        "tunnel": "cli.commands.tunnel:tunnel",
        "rollback": "cli.commands.rollback:rollback",
        "restart": "cli.commands.restart:restart",
        "scale": "cli.commands.scale:scale",
        "stop": "cli.commands.stop:stop",
        "start": "cli.commands.start:start",
        "drift": "cli.commands.drift:drift",
        "secrets": "cli.commands.secrets:secrets",
        "open": "cli.commands.open:open_",
    },
    "State and tooling": {
        "state": "cli.commands.state:state",
        "schema": "cli.commands.schema:schema",
        "completion": "cli.commands.completion:completion",
    },
}
# Names that users of Terraform and cdktf know.
ALIASES = {"diff": "plan", "apply": "deploy"}
COMMANDS = {name: target for section in LAZY.values() for name, target in section.items()}


class LazyGroup(click.Group):
    """A group that imports a command when it is needed, and reports every error in one place."""

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
        with formatter.section(title):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ReaderLeft:
            raise
        except BrokenPipeError as error:
            # The pipe to a child process broke. click would treat it as closed output and exit silently.
            fix = "run the command again with -v for details"
            raise EcsforgeError.of("", "a child process exited unexpectedly", fix=fix) from error

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line and exit with its code; with `standalone_mode=False`, raise errors instead."""
        console = extra.setdefault("obj", Console())
        # `python -m cli` and test runners have other program names; messages always say `ecsforge`.
        run = partial(super().main, args, self.name, complete_var, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        # A command needs nearly all that it imports until it ends. Without `freeze`, Python looks for garbage there at
        # exit, which takes longer than `--help`.
        gc.set_threshold(50_000)
        atexit.register(gc.freeze)
        sys.exit(_exit_code(console, run))


def _exit_code(console: Console, run: Callable[[], Any]) -> int:
    """Run a command, report what it raises, and return the exit code of the process."""
    interrupt_on_stop_signals()
    try:
        return _outcome(console, run)
    except BrokenPipeError as error:  # the reader of our output closed it
        discard_output()
        return _code_of(error)


def _outcome(console: Console, run: Callable[[], Any]) -> int:
    try:
        code = run()
        if sys.stdout is not None:  # None if closed by the parent process: `ecsforge plan >&-`
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (click.Abort, KeyboardInterrupt) as error:
        from cli.continuing import last_words

        discard_stop_signals()
        console.error(last_words(error))
        return 130
    except Exception as error:
        return _report(console, error)


def _report(console: Console, error: Exception) -> int:
    """Print `error` and return its exit code."""
    if isinstance(error, ProjectError):
        from cli.views.problems import print_problems

        print_problems(console, error.problems)
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
    return _code_of(error)


def _code_of(error: Exception) -> int:
    """1, or the exit code that an error of ours has, or that a command has given it."""
    return int(getattr(error, "exit_code", 1))


def _usage(error: click.ClickException) -> str:
    """click's message, with only the nearest suggestion."""
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
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return f"{what}; free disk space, then run the same command again" if full else what
    return (
        f"internal error: {type(error).__name__}: {error}; this is a bug in ecsforge: "
        "please report it with the output of the same command with -v"
    )


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("ecsforge")
    except PackageNotFoundError:
        number = "(source checkout, not installed)"
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
    """Generate, deploy and operate AWS ECS Fargate services from one project file.

    ecsforge turns a project file, a project ID and an environment into Terraform, and deploys, operates and destroys
    the stack with it. Options of every command work before and after the command name.

    \b
    Examples:
      ecsforge init                      write a project file
      ecsforge validate                  check it
      ecsforge synth --env prod          generate the Terraform of one environment
    """
