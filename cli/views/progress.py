"""The progress of an apply: a live view on a terminal, plain lines on a pipe."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cli.console import Console
from operations.terraform.stream import Event, Step
from operations.text import clock
from stacks.addresses import Place
from stacks.resources import resource_type

if TYPE_CHECKING:
    import rich.console
    from rich.console import RenderableType

_DOING = {"create": "creating", "update": "changing", "delete": "destroying", "replace": "replacing"}
_DONE = {"create": "created", "update": "changed", "delete": "destroyed", "replace": "replaced"}
REPEAT_SECONDS = 60  # how often a plain line says that a step is still running
_ROWS = 12


class Progress:
    """Shows the progress of an apply; a context manager.

    Args:
        console: Where to show it.
        places: The service and the name of each resource of the plan, by address (`Plan.places`).
        total: How many steps the plan takes.
    """

    def __init__(self, console: Console, places: Mapping[str, Place], total: int) -> None:
        self._console = console
        self._places = places
        self._total = total
        self._running: dict[str, tuple[Step, float]] = {}
        self._reminded: dict[str, int] = {}
        self._done = 0
        self._started = time.monotonic()
        self._showing = ExitStack()
        self._is_live = False

    def __enter__(self) -> Self:
        if self._console.is_terminal("stderr") and not self._console.quiet:
            from rich.live import Live

            def live(screen: rich.console.Console) -> Live:
                return Live(console=screen, get_renderable=self._view, refresh_per_second=4, transient=True)

            self._showing.enter_context(self._console.showing(live))
            self._is_live = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._showing.close()

    def on_event(self, event: Event) -> None:
        """Take an event of Terraform's stream."""
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
            self._print(_verb(step, done=True) if step.state == "done" else f"failed {_verb(step)}", step)

    def _remind(self, key: str, step: Step) -> None:
        """On a pipe, report a slow step from time to time: many CI systems end a job without output."""
        due = self._reminded.get(key, 0) + REPEAT_SECONDS
        if not self._is_live and step.seconds >= due:
            self._reminded[key] = step.seconds
            self._print(f"still {_verb(step)}", step)

    def _print(self, verb: str, step: Step) -> None:
        took = f" ({clock(step.seconds)})" if step.seconds else ""
        self._console.say(f"  {verb} {self._name(step)}{took}")

    def _name(self, step: Step) -> str:
        return str(self._places.get(step.address, step.address))

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
        for step, started in list(self._running.values())[:_ROWS]:
            table.add_row(Text(f"  {_verb(step)} {self._name(step)} {clock(now - started)}"))
        if len(self._running) > _ROWS:
            table.add_row(Text(f"  and {len(self._running) - _ROWS} more"))
        return table


def _verb(step: Step, *, done: bool = False) -> str:
    revision = resource_type(step.type).revision
    if step.action == "delete" and revision is not None:
        return revision.retired if done else revision.retiring
    return (_DONE if done else _DOING)[step.action]
