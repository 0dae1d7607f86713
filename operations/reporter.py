"""How operations report and ask. The command line implements `Reporter` with rich; tests and library users pass theirs.

Operations never print or read from a terminal themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from stacks.errors import UsageError

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from stacks.addresses import Place
    from stacks.errors import Problem


@dataclass(frozen=True)
class Started:
    """An activity has started, such as `Planning shop-prod`.

    Attributes:
        activity: Its name.
        steps: How many changes it will make, each of which Terraform reports as a `Step`; 0 when not known.
        places: The service and the name of each resource that it changes, by address.
    """

    activity: str
    steps: int = 0
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """The activity has ended, whether it succeeded or not."""

    activity: str


class Reporter(Protocol):
    """Receives the messages and events of an operation, and answers its questions."""

    def say(self, text: str) -> None:
        """A message for the user."""

    def detail(self, text: str) -> None:
        """A detail, which the command line only shows with `-v`."""

    def warn(self, problem: Problem | str) -> None:
        """A warning."""

    def event(self, event: object) -> None:
        """An event: `Started`, `Finished`, an event of Terraform's stream, the state of a service.

        The docstring of each operation lists its events. Ignore events of other types.
        """

    def show_plan(self, plan: Plan) -> None:
        """Show a plan that may be applied next."""

    def confirm(self, question: str, *, flag: str) -> bool:
        """Ask a yes-or-no question. Raises UsageError, naming the option `flag`, if there is no way to ask."""

    def ask(self, question: str, *, flag: str) -> str:
        """Ask for a line of text. Raises UsageError, naming the option `flag`, if there is no way to ask."""


class Silent:
    """A reporter that ignores messages and cannot answer questions."""

    def say(self, text: str) -> None:
        """Ignore it."""

    def detail(self, text: str) -> None:
        """Ignore it."""

    def warn(self, problem: Problem | str) -> None:
        """Ignore it."""

    def event(self, event: object) -> None:
        """Ignore it."""

    def show_plan(self, plan: Plan) -> None:
        """Ignore it."""

    def confirm(self, question: str, *, flag: str) -> bool:
        """Raise UsageError."""
        raise unanswered(question, flag)

    def ask(self, question: str, *, flag: str) -> str:
        """Raise UsageError."""
        raise unanswered(question, flag)


def unanswered(question: str, flag: str) -> UsageError:
    """The error for a question that cannot be asked."""
    return UsageError.of("", f"cannot ask {question!r} because the input is not a terminal", fix=f"pass {flag}")


@contextmanager
def activity(reporter: Reporter, text: str, plan: Plan | None = None) -> Iterator[None]:
    """Report `Started` and `Finished` around this block, for example around applying `plan`."""
    reporter.event(Started(text) if plan is None else Started(text, plan.steps, plan.places))
    try:
        yield
    finally:
        reporter.event(Finished(text))
