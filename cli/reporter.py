"""Prints what operations report: messages, spinners, the progress of an apply, plans and prompts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from cli.console import Console
from operations.reporter import Finished, Started

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from stacks.errors import Problem


class ConsoleMessages:
    """The messages and warnings of an operation, on the console."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        """Print a message on stderr; not with `-q`."""
        self._console.say(text)

    def detail(self, text: str) -> None:
        """Print a message on stderr; only with `-v`."""
        self._console.detail(text)

    def warn(self, problem: Problem | str) -> None:
        """Print a warning on stderr."""
        self._console.warn(problem)


class ConsoleReporter(ConsoleMessages):
    """The `operations.reporter.Reporter` of the command line.

    `has_applied` is whether the command has started to apply a plan, or has changed a service.
    """

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.has_applied = False
        self._activity = ExitStack()
        self._on_step: Callable[[Any], None] | None = None
        self._unseen: Plan | None = None

    def event(self, event: object) -> None:
        """Show a spinner or the progress of an apply; print changes and states of services as messages."""
        if isinstance(event, Started):
            self._start(event)
        elif isinstance(event, Finished):
            self._on_step = None
            self._activity.close()
        elif self._on_step is not None:
            self._on_step(event)
        elif self._is_change(event):
            self.has_applied = True
            self.say(f"  {event}")
        elif self._is_service_state(event):
            self.say(f"  {event}")

    def show_plan(self, plan: Plan) -> None:
        """Print a plan on stderr, because stdout is for the outputs of a deploy; with `-q` only before a prompt."""
        from cli.views.plan import render

        self._unseen = plan if self._console.quiet else None
        self.say(render(plan, self._console, stream="stderr"))

    def confirm(self, question: str, *, flag: str) -> bool:
        """Ask a yes-or-no question. Raises click.UsageError when stdin or stderr is not a terminal."""
        self._show_unseen()
        return self._console.confirm(question, flag=flag)

    def ask(self, question: str, *, flag: str) -> str:
        """Ask for a line of text. Raises click.UsageError when stdin or stderr is not a terminal."""
        self._show_unseen()
        return self._console.ask(question, flag=flag)

    def _show_unseen(self) -> None:
        """Show the plan before a prompt about it, also with `-q`."""
        if self._unseen is not None:
            from cli.views.plan import render

            self._console.error(render(self._unseen, self._console, stream="stderr"))
            self._unseen = None

    def _start(self, started: Started) -> None:
        if started.steps:
            from cli.views.progress import Progress

            self.has_applied = True
            progress = self._activity.enter_context(Progress(self._console, started.places, started.steps))
            self._on_step = progress.on_event
        elif self._console.is_terminal("stderr") and not self._console.quiet:
            self._activity.enter_context(self._console.showing(lambda screen: screen.status(started.activity)))
        else:
            self.say(started.activity)

    @staticmethod
    def _is_change(event: object) -> bool:
        from operations.services.deployed import Changed

        return isinstance(event, Changed)

    @staticmethod
    def _is_service_state(event: object) -> bool:
        from operations.health.wait import ServiceState

        return isinstance(event, ServiceState)
