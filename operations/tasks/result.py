"""The end of a one-off task, and the problem of one that did not succeed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from operations.health.stopped_tasks import StoppedTask
from operations.tasks.start import TaskRequest
from operations.text import spoken
from stacks.errors import Position, Problem

START_SECONDS = 900.0
"""How long a task may take until its containers run: capacity, network interface, image."""
Ending = Literal["stopped", "timed out", "not started"]


@dataclass(frozen=True)
class TaskResult:
    """The end of a task.

    Attributes:
        task: Its ID, and why it stopped.
        exit_code: The exit code of its container; None if it did not start, or if ECS does not report it.
        ending: `stopped` by itself, or because it took too long to run or to start.
        lines: The last lines that the container printed.
    """

    task: StoppedTask
    exit_code: int | None
    ending: Ending = "stopped"
    lines: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the command ended by itself, with exit code 0."""
        return self.ending == "stopped" and self.exit_code == 0


def failure(request: TaskRequest, result: TaskResult, fix: str, *, shown: str) -> Problem | None:
    """The problem of a task that did not succeed, with its last log lines; None for one that did.

    Args:
        request: The task.
        result: Its end.
        fix: What to do after the cause has been fixed.
        shown: The command as text, without credentials.
    """
    if result.succeeded:
        return None
    command = f"`{shown}`"
    what = {
        "stopped": f"{command} failed",
        "timed out": f"{command} did not end within {spoken(request.timeout)} and was stopped",
        "not started": f"{command} did not start within {spoken(START_SECONDS)} and was stopped",
    }[result.ending]
    advice = result.task.advice if result.exit_code is None else None
    if result.ending == "timed out":
        advice = "set a longer `timeout`, or make the command faster"
    return Problem(
        Position(request.where),
        what,
        None if result.ending == "timed out" else result.task.cause,
        "; ".join(filter(None, (advice, fix))),
        code=result.task.code or None,
        details=_details(result),
    )


def _details(result: TaskResult) -> tuple[str, ...]:
    if not result.lines:
        return (f"task {result.task.id}, which printed nothing",)
    last = "line" if len(result.lines) == 1 else f"{len(result.lines)} lines"
    return (f"task {result.task.id}, its last {last}:", *result.lines)
