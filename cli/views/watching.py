"""`status --watch`: the status of an environment, drawn again and again in place."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli.sentences import sentences
from cli.views.status import rendered
from operations import aws
from stacks.errors import AwsError

if TYPE_CHECKING:
    from cli.console import Console
    from operations.health.model import StackHealth

PAUSE_SECONDS = 5.0
"""The pause between two readings: each takes about ten requests for a service."""


def watch(read: Callable[[], StackHealth], console: Console, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Draw the status of an environment until the command is interrupted.

    While AWS does not answer, the last status stays with the reason below it. Raises AwsError for an error that does
    not pass by itself.
    """
    from rich.live import Live
    from rich.text import Text

    shown = ""
    with Live(Text("reading the status"), console=console.rich("stdout"), screen=True, auto_refresh=False) as live:
        while True:
            now = datetime.now(UTC)
            try:
                shown = _screen(read(), console, now)
                text = shown
            except AwsError as error:
                if aws.trouble(error) != "temporary":
                    raise
                text = f"{shown}\n\n{sentences(error)}; trying again"
            live.update(Text.from_ansi(text), refresh=True)
            sleep(PAUSE_SECONDS)


def _screen(health: StackHealth, console: Console, now: datetime) -> str:
    title = f"{health.stack} at {now:%H:%M:%S} UTC, every {PAUSE_SECONDS:g} s; Ctrl-C ends it"
    return f"{console.style(title, stream='stdout', dim=True)}\n\n{rendered(health, console, now)}"
