"""All output of the command line: stdout is data, stderr is talk.

Nothing here imports rich until a table or a live view is drawn, so that start-up stays light.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TextIO

import click

from cli.sentences import sentence
from operations.text import visible

if TYPE_CHECKING:
    import rich.console

    from stacks.errors import Problem

Stream = Literal["stdout", "stderr"]


class ReaderLeft(BrokenPipeError):
    """Whoever read our output has left, as `head` does once it has enough."""


class Console:
    """Where a command prints and asks.

    `quiet` silences talk but neither data, warnings nor errors; `verbose` adds details; `no_color` wins over
    what the terminal and `FORCE_COLOR` say. The options `-q`, `-v` and `--no-color` set them while the command
    line is parsed.
    """

    def __init__(self, *, verbose: bool = False, quiet: bool = False, no_color: bool = False) -> None:
        self.verbose = verbose
        self.quiet = quiet
        self.no_color = no_color

    @property
    def interactive(self) -> bool:
        """Whether someone is there to answer: stdin and stderr are both terminals."""
        return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)

    def is_terminal(self, stream: Stream = "stdout") -> bool:
        """Whether `stream` is read by a person rather than by a program."""
        return _is_terminal(_file(stream))

    def colored(self, stream: Stream) -> bool:
        """Whether `stream` takes colour: `--no-color`, `NO_COLOR` and `FORCE_COLOR` first, then the terminal."""
        if self.no_color or os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or (self.is_terminal(stream) and os.environ.get("TERM") != "dumb")

    def data(self, text: str) -> None:
        """Write `text` and a newline to stdout: verbatim, but for control characters on a terminal."""
        _echo(visible(text, styled=self.colored("stdout")) if self.is_terminal() else text)

    def say(self, text: str) -> None:
        """Tell the user something on stderr; silent with `-q`."""
        if not self.quiet:
            self._talk(text)

    def detail(self, text: str) -> None:
        """Tell the user more on stderr; only with `-v`."""
        if self.verbose:
            self._talk(self.style(text, dim=True))

    def warn(self, problem: Problem | str) -> None:
        """Warn on stderr, also with `-q`."""
        text = problem if isinstance(problem, str) else sentence(problem)
        self._talk(f"{self.style('warning:', fg='yellow', bold=True)} {text}")

    def error(self, text: str) -> None:
        """Write an error to stderr as it stands: what went wrong in the form of `stacks.errors`."""
        self._talk(text)

    def style(
        self, text: str, *, stream: Stream = "stderr", fg: str | None = None, bold: bool = False, dim: bool = False
    ) -> str:
        """`text` in colour where `stream` takes colour, and as it is elsewhere."""
        if not self.colored(stream):
            return text
        return click.style(text, fg=fg, bold=bold or None, dim=dim or None)

    def table(self, rows: Iterable[Sequence[object]], headers: Sequence[str], *, stream: Stream = "stdout") -> None:
        """Print `rows` under `headers` on a terminal; on a pipe one row a line, tabs between, no headers.

        A table on stderr is talk and silent with `-q`.
        """
        if stream == "stderr" and self.quiet:
            return
        lines = [[str(cell) for cell in row] for row in rows]
        if self.is_terminal(stream):
            self._draw(lines, headers, stream)
            return
        for line in lines:
            _echo("\t".join(line), err=stream == "stderr")

    def rich(self, stream: Stream = "stderr") -> rich.console.Console:
        """A rich console on `stream` with our colour rules, for progress and live views."""
        from rich.console import Console as RichConsole

        colored = self.colored(stream)
        return RichConsole(
            file=_file(stream),
            no_color=not colored,
            force_terminal=True if colored else None,
            highlight=False,
            markup=False,
            emoji=False,
            quiet=self.quiet and stream == "stderr",
        )

    def confirm(self, question: str, *, flag: str) -> bool:
        """Ask a yes-or-no question, no by default.

        Raises click.UsageError naming `flag` when nobody is there to answer.
        """
        self._require_someone(question, flag)
        with _line_ended():
            return click.confirm(question, default=False, err=True)

    def ask(
        self, question: str, *, flag: str, default: str | None = None, check: Callable[[str], str] | None = None
    ) -> str:
        """Ask for a line of text; an empty answer takes `default`, or is asked again where there is none.

        `check` returns the answer as it is taken, or raises click.UsageError, which is shown before asking again.
        Raises click.UsageError naming `flag` when nobody is there to answer.
        """
        self._require_someone(question, flag)
        with _line_ended():
            answer: str = click.prompt(question, default=default, err=True, value_proc=check)
        return answer

    def _require_someone(self, question: str, flag: str) -> None:
        if not self.interactive:
            message = f"cannot ask {question!r} because the input is not a terminal; pass {flag}"
            raise click.UsageError(message, ctx=click.get_current_context(silent=True))

    def _talk(self, text: str) -> None:
        # Messages repeat what a project file, AWS or a container says, and CI logs show it to others.
        _echo(visible(text, styled=self.colored("stderr")), err=True)

    def _draw(self, rows: Sequence[Sequence[str]], headers: Sequence[str], stream: Stream) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold" if self.colored(stream) else "")
        for header in headers:
            table.add_column(header, overflow="fold")
        for row in rows:
            table.add_row(*(Text(visible(cell)) for cell in row))
        self.rich(stream).print(table)


@contextmanager
def _line_ended() -> Iterator[None]:
    """End the line of a question that is answered with Ctrl-C or Ctrl-D."""
    try:
        yield
    except click.Abort:
        _echo("", err=True)
        raise


def _echo(text: str, *, err: bool = False) -> None:
    try:
        click.echo(text, err=err, color=True)
    except BrokenPipeError as error:
        raise ReaderLeft(*error.args) from error


def _file(stream: Stream) -> TextIO:
    return sys.stdout if stream == "stdout" else sys.stderr


def _is_terminal(file: TextIO | None) -> bool:
    try:
        return file is not None and file.isatty()
    except ValueError:  # closed, as a test runner or a supervisor may leave it
        return False
