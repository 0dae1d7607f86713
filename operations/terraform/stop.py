"""Stops a running Terraform after a stop signal, at a time when Terraform does not drop the request.

Terraform and OpenTofu act on an interrupt only while they walk their graph. One that arrives earlier, while they load
providers and the plan, is acknowledged and dropped: `Context.Stop` cancels the walk that is running, and
`Context.acquireRun` resets the stop for the next one. A second interrupt is never dropped, but ends them without saving
what is being created. So an apply gets exactly one interrupt, after its stream shows the first operation.

Source: internal/terraform/context.go (`Stop`, `acquireRun`), internal/backend/local/backend.go (`opWait`) and
internal/command/meta.go (`RunOperation`) in hashicorp/terraform; the same files under internal/tofu in
opentofu/opentofu.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Literal

from operations.signals import STOP_SIGNALS
from stacks.errors import Problem

STOPPING = "stopping: Terraform finishes the operations that are running and saves the state; this can take minutes"
STOPPING_LATER = (
    "stopping: Terraform is still starting and would ignore a stop; it stops after its first operations and saves the "
    "state"
)
STOPPING_READ_ONLY = "stopping: Terraform finishes the operations that are running; nothing is changed"
STOPPING_DISPOSABLE = "stopping: Terraform finishes the operations that are running"

When = Literal["at once", "during operations", "at once and again"]
"""When a process is interrupted.

- `at once`: as soon as it runs.
- `during operations`: once, after its first operation has started. For an apply.
- `at once and again`: as soon as it runs, and a second time if an operation starts after that. For a plan, which has
  nothing to lose.
"""
Ending = Literal["completed", "stopped", "killed"]
"""How Terraform ended after a stop request: it carried out everything, it stopped, or a signal killed it."""


class Interrupted(KeyboardInterrupt):
    """Terraform was asked to stop and has ended.

    Attributes:
        doing: The purpose of its run, such as `applying`.
        ending: How it ended.
        made: How many changes it made; a replacement is two.
        unfinished: How many changes it had started and did not complete. Some may have reached AWS.
        planned: How many changes the plan contains.
        stored: Whether the state is stored.
        problems: What failed while it stopped.
    """

    def __init__(
        self,
        doing: str,
        ending: Ending = "stopped",
        *,
        made: int = 0,
        unfinished: int = 0,
        planned: int = 0,
        stored: bool = True,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__()
        self.doing, self.ending = doing, ending
        self.made, self.unfinished, self.planned, self.stored = made, unfinished, planned, stored
        self.problems = tuple(problems)


class Stop:
    """The stop request for one process.

    Signal handlers only count; `check` sends and reports, because printing in a handler can interrupt another print.

    Args:
        warn: Called with messages for the user.
        stopping: The message after the first request.
        when: When the process is interrupted.

    Attributes:
        requests: How many stop signals have arrived.
    """

    def __init__(self, warn: Callable[[str], None], stopping: str = STOPPING, *, when: When = "at once") -> None:
        self.requests = 0
        self._warn, self._stopping, self._when = warn, stopping, when
        self._process: subprocess.Popen[bytes] | None = None
        self._operating = False
        self._sent = 0
        self._reported = 0

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Handle the stop signals in this block, except for ignored ones, as with `nohup`.

        SIGINT is always handled: background processes of a shell ignore it, but the terminal does not send it to them.
        Only the main thread can handle signals; in other threads this does nothing.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = [
            number
            for number in STOP_SIGNALS
            if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
        ]
        before = {number: signal.signal(number, self._handle) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        """The process has started; a request from before is sent too."""
        self._process = process
        self.check()

    def operating(self) -> None:
        """The process has started an operation on a resource."""
        again = self._when == "at once and again" and self._sent == 1
        self._operating = True
        if again:
            self._interrupt()
        self.check()

    def check(self) -> None:
        """Send and report requests that have arrived. Call it often."""
        if self.requests and not self._sent and (self._operating or self._when != "during operations"):
            self._interrupt()
        while self._reported < self.requests:
            self._report()

    def _interrupt(self) -> None:
        if self._process is not None:
            self._sent += 1
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)

    def _report(self) -> None:
        self._reported += 1
        if self._reported == 1:
            self._warn(self._stopping if self._sent else STOPPING_LATER)
        elif self._process is not None:
            self._warn(
                "still stopping: if Terraform is killed now, resources that it has just created are not in the state. "
                f"To kill it anyway: kill -9 {self._process.pid}"
            )

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.requests += 1
