"""A reporter that records the messages and events of an operation, and answers its questions."""

from __future__ import annotations

from dataclasses import dataclass, field

from cli.sentences import sentence
from operations.plan.model import Plan
from operations.reporter import unanswered
from stacks.errors import Problem


@dataclass
class Recorder:
    """Records everything. `answer` answers every question; None means that there is no terminal to ask on.

    Attributes:
        messages: The messages, in order.
        details: The messages that are only shown with `-v`.
        warnings: The warnings as sentences.
        events: The events.
        plans: The plans that were shown.
        asked: The questions.
    """

    answer: bool | str | None = None
    messages: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    events: list[object] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.messages.append(text)

    def detail(self, text: str) -> None:
        self.details.append(text)

    def warn(self, problem: Problem | str) -> None:
        self.warnings.append(problem if isinstance(problem, str) else sentence(problem))

    def event(self, event: object) -> None:
        self.events.append(event)

    def show_plan(self, plan: Plan) -> None:
        self.plans.append(plan)

    def confirm(self, question: str, *, flag: str) -> bool:
        self.asked.append(question)
        if self.answer is None:
            raise unanswered(question, flag)
        return bool(self.answer)

    def ask(self, question: str, *, flag: str) -> str:
        self.asked.append(question)
        if self.answer is None:
            raise unanswered(question, flag)
        return str(self.answer)
