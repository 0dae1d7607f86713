"""All output of the command line: data on stdout, messages on stderr.

rich is imported only when a table or a live view is drawn, so that the command line starts quickly.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Literal, TextIO, TypeVar

import click

from cli.sentences import sentence
from operations.text import visible

if TYPE_CHECKING:
    from rich.console import Console as Screen
    from rich.table import Table

    from stacks.errors import Problem

Stream = Literal["stdout", "stderr"]
View = TypeVar("View", bound="AbstractContextManager[Any]")


class ReaderLeft(BrokenPipeError):
    """The process that reads our output closed it, as `head` does after its last line."""


class Console:
    """Prints the output of a command, and prompts.

    `quiet` hides messages, but not data, warnings and errors. `verbose` adds details. `no_color` overrides the terminal
    and `FORCE_COLOR`. The options `-q`, `-v` and `--no-color` set them while the command line is parsed.
    """

    def __init__(self, *, verbose: bool = False, quiet: bool = False, no_color: bool = False) -> None:
        self.verbose = verbose
        self.quiet = quiet
        self.no_color = no_color
        self._screen: Screen | None = None

    @property
    def interactive(self) -> bool:
        """Whether a user can answer prompts: stdin and stderr are both terminals."""
        return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)

    def is_terminal(self, stream: Stream = "stdout") -> bool:
        """Whether `stream` is a terminal, not a file or a pipe."""
        return _is_terminal(_file(stream))

    def colored(self, stream: Stream) -> bool:
        """Whether to color `stream`: `--no-color`, `NO_COLOR` and `FORCE_COLOR` first, then the terminal."""
        if self.no_color or os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or (self.is_terminal(stream) and os.environ.get("TERM") != "dumb")

    def data(self, text: str) -> None:
        """Write `text` and a newline to stdout, verbatim except for control characters on a terminal."""
        _echo(visible(text, styled=self.colored("stdout")) if self.is_terminal() else text)

    def say(self, text: str) -> None:
        """Print a message on stderr; not with `-q`."""
        if not self.quiet:
            self._print(text)

    def detail(self, text: str) -> None:
        """Print a detail on stderr; only with `-v`."""
        if self.verbose:
            self._print(self.style(text, dim=True))

    def warn(self, problem: Problem | str) -> None:
        """Print a warning on stderr, also with `-q`."""
        text = problem if isinstance(problem, str) else sentence(problem)
        self._print(f"{self.style('warning:', fg='yellow', bold=True)} {text}")

    def error(self, text: str) -> None:
        """Print an error on stderr, also with `-q`."""
        self._print(text)

    def style(
        self, text: str, *, stream: Stream = "stderr", fg: str | None = None, bold: bool = False, dim: bool = False
    ) -> str:
        """`text` in color if `stream` is colored, else unchanged."""
        if not self.colored(stream):
            return text
        return click.style(text, fg=fg, bold=bold or None, dim=dim or None)

    def table(self, rows: Iterable[Sequence[object]], headers: Sequence[str], *, stream: Stream = "stdout") -> None:
        """Print `rows` under `headers` on a terminal; on a pipe, one line per row, tab-separated, without headers.

        A table on stderr is a message: it is not printed with `-q`.
        """
        if stream == "stderr" and self.quiet:
            return
        lines = [[str(cell) for cell in row] for row in rows]
        if self.is_terminal(stream):
            self._draw(lines, headers, stream)
            return
        for line in lines:
            _echo("\t".join(line), err=stream == "stderr")

    def rich(self, stream: Stream = "stderr") -> Screen:
        """A rich console on `stream` with the same color settings, for progress and live views."""
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

    @contextmanager
    def showing(self, make: Callable[[Screen], View]) -> Iterator[View]:
        """Show a live view on stderr in this block; messages are printed above it, and it leaves no line behind.

        `make` returns rich's `Live` or `Status` for a console.
        """
        screen = self.rich("stderr")
        with make(screen) as view:
            self._screen = screen
            try:
                yield view
            finally:
                self._screen = None

    def confirm(self, question: str, *, flag: str) -> bool:
        """Ask a yes-or-no question, no by default.

        Raises click.UsageError, naming `flag`, if stdin or stderr is not a terminal.
        """
        self._require_terminal(question, flag)
        with _line_ended():
            return click.confirm(question, default=False, err=True)

    def ask(
        self, question: str, *, flag: str, default: str | None = None, check: Callable[[str], str] | None = None
    ) -> str:
        """Ask for a line of text. An empty answer selects `default`; without a default, it asks again.

        `check` returns the answer to use, or raises click.UsageError, which is shown before asking again. Raises
        click.UsageError, naming `flag`, if stdin or stderr is not a terminal.
        """
        self._require_terminal(question, flag)
        with _line_ended():
            answer: str = click.prompt(question, default=default, err=True, value_proc=check)
        return answer

    def hidden(self, question: str) -> str:
        """Ask for a line of text that the terminal does not show. Needs a terminal on stdin."""
        with _line_ended():
            answer: str = click.prompt(question, hide_input=True, err=True, default="", show_default=False)
        return answer

    def _require_terminal(self, question: str, flag: str) -> None:
        if not self.interactive:
            message = f"cannot ask {question!r} because the input is not a terminal; pass {flag}"
            raise click.UsageError(message, ctx=click.get_current_context(silent=True))

    def _print(self, text: str) -> None:
        # Messages contain text from project files, AWS and containers, and CI logs show them to others.
        shown = visible(text, styled=self.colored("stderr"))
        if self._screen is None:
            _echo(shown, err=True)
            return
        from rich.control import Control
        from rich.segment import ControlType
        from rich.text import Text

        # The terminal may have echoed ^C after the view, or before it was drawn for the first time.
        self._screen.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
        self._screen.print(Text.from_ansi(shown), soft_wrap=True)

    def table_text(self, rows: Iterable[Sequence[object]], headers: Sequence[str]) -> str:
        """A table for a terminal on stdout, as text."""
        screen = self.rich("stdout")
        with screen.capture() as captured:
            screen.print(self._table([[str(cell) for cell in row] for row in rows], headers, "stdout"))
        return captured.get().rstrip("\n")

    def _draw(self, rows: Sequence[Sequence[str]], headers: Sequence[str], stream: Stream) -> None:
        self.rich(stream).print(self._table(rows, headers, stream))

    def _table(self, rows: Sequence[Sequence[str]], headers: Sequence[str], stream: Stream) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold" if self.colored(stream) else "")
        for header in headers:
            table.add_column(header, overflow="fold")
        for row in rows:
            table.add_row(*(Text(visible(cell)) for cell in row))
        return table


@contextmanager
def _line_ended() -> Iterator[None]:
    """End the line of a prompt that is answered with Ctrl-C or Ctrl-D."""
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
    except ValueError:  # closed, for example by a test runner or a supervisor
        return False
