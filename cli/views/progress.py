"""What an apply is doing: a live view on a terminal, plain lines on a pipe."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cli.console import Console
from operations.terraform.stream import Event, Step
from operations.text import clock
from operations.words import place

if TYPE_CHECKING:
    from rich.console import RenderableType

_DOING = {"create": "creating", "update": "changing", "delete": "destroying", "replace": "replacing"}
_DONE = {"create": "created", "update": "changed", "delete": "destroyed", "replace": "replaced"}
# Part of changing them, not a loss: a task definition keeps its old revisions, out of use.
_RETIRED = {"aws_ecs_task_definition": ("retiring", "retired"), "local_file": ("removing", "removed")}
REPEAT_SECONDS = 60  # how often a plain line says that something still goes on
_ROWS = 12


class Progress:
    """Follows an apply of `total` steps and shows it; a context manager."""

    def __init__(self, console: Console, services: Sequence[str], total: int) -> None:
        self._console = console
        self._services = services
        self._total = total
        self._running: dict[str, tuple[Step, float]] = {}
        self._reminded: dict[str, int] = {}
        self._done = 0
        self._started = time.monotonic()
        self._live: Any = None

    def __enter__(self) -> Self:
        if self._console.is_terminal("stderr") and not self._console.quiet:
            from rich.live import Live

            self._live = Live(
                console=self._console.rich("stderr"), get_renderable=self._view, refresh_per_second=4, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def on_event(self, event: Event) -> None:
        """Take in what Terraform says."""
        if isinstance(event, Step) and event.action in _DOING:
            self._take(event)

    def _take(self, step: Step) -> None:
        key = f"{step.action} {step.address}"
        if step.state == "started":
            self._running[key] = (step, time.monotonic())
        elif step.state == "progress":
            self._remind(key, step)
        else:
            self._running.pop(key, None)
            self._done += step.state == "done"
            self._tell(_verb(step, done=True) if step.state == "done" else f"failed {_verb(step)}", step)

    def _remind(self, key: str, step: Step) -> None:
        """On a pipe, say now and then that a slow step goes on: many CI systems end a job that says nothing."""
        due = self._reminded.get(key, 0) + REPEAT_SECONDS
        if self._live is None and step.seconds >= due:
            self._reminded[key] = step.seconds
            self._tell(f"still {_verb(step)}", step)

    def _tell(self, verb: str, step: Step) -> None:
        took = f" ({clock(step.seconds)})" if step.seconds else ""
        line = f"  {verb} {place(step.address, self._services)}{took}"
        if self._live is not None:
            self._live.console.print(line)
        else:
            self._console.say(line)

    def _view(self) -> RenderableType:
        """The steps that are running, slowest first, under the count."""
        from rich.table import Table
        from rich.text import Text

        now = time.monotonic()
        waiting = max(self._total - self._done - len(self._running), 0)
        table = Table.grid(padding=(0, 2))
        table.add_row(
            Text(
                f"{self._done} of {self._total} done, {len(self._running)} running, {waiting} to go, "
                f"{clock(now - self._started)}",
                style="bold",
            )
        )
        for step, begun in list(self._running.values())[:_ROWS]:
            table.add_row(Text(f"  {_verb(step)} {place(step.address, self._services)} {clock(now - begun)}"))
        if len(self._running) > _ROWS:
            table.add_row(Text(f"  and {len(self._running) - _ROWS} more"))
        return table


def _verb(step: Step, *, done: bool = False) -> str:
    if step.action == "delete" and step.type in _RETIRED:
        return _RETIRED[step.type][done]
    return (_DONE if done else _DOING)[step.action]
