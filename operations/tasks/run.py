"""Runs a one-off task to its end: start, follow its state and its logs, stop it when it takes too long.

    TaskRequest ─> RunTask ─> DescribeTasks and GetLogEvents until it has stopped ─> TaskResult

Errors that may go away, such as throttling, are tried again. Whatever else ends the wait stops the task: nothing would
read its exit code, and the next command would start another one beside it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from operations import aws
from operations.health.follow import FIRST_PAUSE, LONGEST_PAUSE, PATIENCE_SECONDS
from operations.health.stopped_tasks import stopped_task
from operations.tasks.output import Output, log_stream
from operations.tasks.result import START_SECONDS, Ending, TaskResult
from operations.tasks.start import TaskRequest, start
from stacks.errors import AwsError, Position, Problem

STOP_SECONDS = 150.0
"""How long to wait for a task that was stopped: ECS kills its containers after `stop_timeout`, at most two minutes."""
MISSING_SECONDS = 60.0
"""How long ECS may not list a task that it has just started."""
LAST_LINES = 20
"""How many log lines a problem has."""
LAST_READS = 3
"""How often the logs are read after the last line: CloudWatch Logs returns new events some seconds later."""
_NOT_RUNNING = ("PROVISIONING", "PENDING", "ACTIVATING")


@dataclass(frozen=True)
class Clients:
    """boto3 clients of the task's account and region."""

    ecs: Any
    logs: Any


@dataclass(frozen=True)
class Listener:
    """Receives what happens to a task.

    Attributes:
        started: Called with the task's ID.
        line: Called with each line that the container prints.
        warn: Called with a warning: AWS does not answer, or the logs can't be read.
        stopped: Called with the task's ID when an interrupt has stopped it.
    """

    started: Callable[[str], None] = lambda task: None
    line: Callable[[str], None] = lambda text: None
    warn: Callable[[Problem], None] = lambda problem: None
    stopped: Callable[[str], None] = lambda task: None


def run_task(
    clients: Clients,
    request: TaskRequest,
    listener: Listener | None = None,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> TaskResult:
    """Run a task to its end. An interrupt stops it and is raised again.

    Raises:
        AwsError: ECS did not start it, or AWS does not report its state.
    """
    return _Run(clients, request, listener or Listener(), sleep, clock).run()


@dataclass
class _Run:
    """One run of a task."""

    clients: Clients
    request: TaskRequest
    listener: Listener
    sleep: Callable[[float], None]
    clock: Callable[[], float]
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    output: Output | None = None
    task: dict[str, Any] = field(default_factory=dict)
    failing_since: float | None = None
    warned: bool = False
    unread: AwsError | None = None

    def run(self) -> TaskResult:
        try:
            arn = start(self.clients.ecs, self.request, sleep=self.sleep, clock=self.clock)
        except KeyboardInterrupt:
            self._stop_unknown()
            raise
        try:
            self.listener.started(_id(arn))
            self.output = self._open(arn)
            return self._follow(arn)
        except KeyboardInterrupt:
            self._stop_interrupted(arn)
            raise
        except AwsError:
            self._stop(arn, "its state is unknown")
            raise
        except Exception:  # such as that of a listener whose output was closed
            self._stop(arn, "the command has ended")
            raise

    def _follow(self, arn: str) -> TaskResult:
        """Follow the task until it has stopped; stop it if that takes too long."""
        ending: Ending = "stopped"
        began, pause = self.clock(), FIRST_PAUSE
        running: float | None = None
        stopping: float | None = None
        while True:
            self._describe(arn, began)
            now = self.clock()
            if running is None and self.task and self.task["lastStatus"] not in _NOT_RUNNING:
                running = now
            printed = self._print()
            if self._ended() or (stopping is not None and now - stopping >= STOP_SECONDS):
                return self._result(arn, ending)
            if stopping is None and (late := self._is_late(now, began, running)) is not None:
                ending, stopping = late, now
                self._stop(arn, late)
            pause = FIRST_PAUSE if printed else min(pause * 1.5, LONGEST_PAUSE)
            self.sleep(pause)

    def _is_late(self, now: float, began: float, running: float | None) -> Ending | None:
        if running is None:
            return "not started" if now - began >= START_SECONDS else None
        return "timed out" if now - running >= self.request.timeout else None

    def _ended(self) -> bool:
        """Whether the command has ended. Its task needs some more seconds to return its network interface."""
        if self.task.get("lastStatus") == "STOPPED":
            return True
        return self.task.get("desiredStatus") == "STOPPED" and self._exit_code() is not None

    def _exit_code(self) -> int | None:
        containers = self.task.get("containers", ())
        codes = (each.get("exitCode") for each in containers if each.get("name") == self.request.container)
        return next(codes, None)

    def _result(self, arn: str, ending: Ending) -> TaskResult:
        self._print_rest()
        task = stopped_task({"taskArn": arn, **self.task})
        return TaskResult(task, self._exit_code(), ending, tuple(self.lines))

    def _print_rest(self) -> None:
        """Pass on the lines that are left: all of a task that has ended, however many there are."""
        reads = quiet = 0
        while True:
            quiet = 0 if self._print() else quiet + 1
            reads += 1
            if quiet >= LAST_READS or (reads >= LAST_READS and not self._ended()):
                break
            self.sleep(FIRST_PAUSE)
        if self.unread is not None:
            self._warn_once(self.unread)

    def _describe(self, arn: str, began: float) -> None:
        """Read the state of the task; keeps the last one while AWS does not answer."""
        try:
            with aws.errors(f"task {_id(arn)}"):
                found = self.clients.ecs.describe_tasks(cluster=self.request.cluster, tasks=[arn])["tasks"]
        except AwsError as error:
            self._tolerate(error)
            return
        self.failing_since = None
        if found:
            self.task = found[0]
        elif self.task or self.clock() - began >= MISSING_SECONDS:
            fix = f"see why with `aws ecs describe-tasks --cluster {self.request.cluster} --tasks {_id(arn)}`"
            raise AwsError.of(self.request.where, "ECS does not list the task that it started", got=_id(arn), fix=fix)

    def _tolerate(self, error: AwsError) -> None:
        """Raise an error that does not go away; report the first of the others."""
        now = self.clock()
        trouble = aws.trouble(error)
        lasts = 0.0 if self.failing_since is None else now - self.failing_since
        if trouble not in ("temporary", "expired") or (trouble == "expired" and lasts >= PATIENCE_SECONDS):
            raise error
        if self.failing_since is None:
            self.failing_since = now
            (problem, *_) = error.problems
            fix = problem.fix if trouble == "expired" else ""
            what = f"{problem.what}; ecsforge tries again"
            self.listener.warn(replace(problem, what=what, fix=fix, severity="warning"))

    def _open(self, arn: str) -> Output | None:
        try:
            with aws.errors(f"the logs of task {_id(arn)}"):
                stream = log_stream(self.clients.ecs, self.request.task_definition, self.request.container, _id(arn))
        except AwsError as error:
            self._warn_once(error)
            return None
        return None if stream is None else Output(self.clients.logs, stream)

    def _print(self) -> bool:
        """Pass on the new log lines, and return whether there were any."""
        printed = False
        if self.output is None:
            return printed
        self.unread = None
        try:
            for line in self.output.lines():
                printed = True
                self.lines.append(line)
                self.listener.line(line)
        except AwsError as error:
            self.unread = error
            if aws.trouble(error) != "temporary":
                self._warn_once(error)
                self.output = None
        return printed

    def _warn_once(self, error: AwsError) -> None:
        if not self.warned:
            self.warned = True
            for problem in error.problems:
                self.listener.warn(replace(problem, severity="warning"))

    def _stop(self, arn: str, reason: str) -> bool:
        """Stop the task, and return whether ECS accepted it; a warning if it did not."""
        try:
            with aws.errors(f"stopping task {_id(arn)}"):
                self.clients.ecs.stop_task(cluster=self.request.cluster, task=arn, reason=f"ecsforge: {reason}")
                return True
        except AwsError as error:
            fix = self._how_to_stop(arn)
            for problem in error.problems:
                self.listener.warn(replace(problem, fix=fix, severity="warning"))
            return False

    def _stop_unknown(self) -> None:
        """Stop the task of a request that was interrupted before its answer, if ECS has started one."""
        try:
            with aws.errors(self.request.where):
                arns = self.clients.ecs.list_tasks(cluster=self.request.cluster, startedBy=self.request.started_by)
        except AwsError:
            return
        for arn in arns["taskArns"]:
            self._stop_interrupted(arn)

    def _stop_interrupted(self, arn: str) -> None:
        """Stop the task of an interrupted command, and say so; a second interrupt ends that."""
        try:
            stopped = self._stop(arn, "the command was interrupted")
        except KeyboardInterrupt:
            what = f"task {_id(arn)} may still run: the command was interrupted again"
            problem = Problem(Position(self.request.where), what, fix=self._how_to_stop(arn), severity="warning")
            self.listener.warn(problem)
            raise
        if stopped:
            self.listener.stopped(_id(arn))

    def _how_to_stop(self, arn: str) -> str:
        return f"stop it with `aws ecs stop-task --cluster {self.request.cluster} --task {_id(arn)}`"


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]
