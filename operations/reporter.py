"""What an operation says and asks. The command line implements it with rich, tests and library users with their own.

No operation prints, and none knows what a terminal is: it calls a `Reporter`.
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
        steps: How many changes it will make, each of which Terraform reports as a `Step`; 0 where that is not known.
        places: What the resources that it changes are called, by address.
    """

    activity: str
    steps: int = 0
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """The activity has ended, well or not."""

    activity: str


class Reporter(Protocol):
    """Receives what an operation has to say, and answers what it asks."""

    def say(self, text: str) -> None:
        """A message for the user."""

    def detail(self, text: str) -> None:
        """A message for users who want to know more."""

    def warn(self, problem: Problem | str) -> None:
        """A warning."""

    def event(self, event: object) -> None:
        """Something happened: `Started`, `Finished`, an event of Terraform's stream, the state of a service.

        Which ones there are is said by the operation that is called; ignore those you do not know.
        """

    def show_plan(self, plan: Plan) -> None:
        """Show a plan that may be applied next."""

    def confirm(self, question: str, *, flag: str) -> bool:
        """Ask a yes-or-no question. Raises UsageError, naming the option `flag`, when nobody can answer."""

    def ask(self, question: str, *, flag: str) -> str:
        """Ask for a line of text. Raises UsageError, naming the option `flag`, when nobody can answer."""


class Silent:
    """A reporter that says nothing and answers no question."""

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
    """The error for a question that nobody can answer."""
    return UsageError.of("", f"cannot ask {question!r} because the input is not a terminal", fix=f"pass {flag}")


@contextmanager
def activity(reporter: Reporter, text: str, plan: Plan | None = None) -> Iterator[None]:
    """Report that what happens in here, such as applying `plan`, has `Started` and `Finished`."""
    reporter.event(Started(text) if plan is None else Started(text, plan.steps, plan.places))
    try:
        yield
    finally:
        reporter.event(Finished(text))
