"""Rehearsals on the terminal, a line per stage with progress while Terraform works, and their report as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cli.console import Console, Stream
from cli.reporter import ConsoleMessages
from cli.sentences import sentences
from operations.rehearsal.emulator.client import KEEP_HOURS
from operations.rehearsal.report import StageEnded, StageStarted, StageStopped
from operations.reporter import Silent
from operations.terraform.stream import Step
from operations.text import clock
from stacks.addresses import place
from stacks.naming import Names, stack_name

if TYPE_CHECKING:
    from operations.rehearsal.report import Kept, Report, Stage
    from stacks.errors import Problem
    from stacks.project import Loaded

JSON_VERSION = 1
NAME_WIDTH = 20

INSPECT = {
    "aws_ecs_service": "aws ecs list-services --cluster {cluster}",
    "aws_ecs_task_definition": "aws ecs list-task-definitions",
    "aws_scheduler_schedule": "aws scheduler list-schedules --query 'Schedules[].[Name,State]'",
    "aws_lb_target_group": (
        "aws elbv2 describe-target-groups --query 'TargetGroups[].[TargetGroupName,Port,HealthCheckPath]'"
    ),
    "aws_sqs_queue": "aws sqs list-queues",
    "aws_efs_file_system": "aws efs describe-file-systems --query 'FileSystems[].[Name,FileSystemId]'",
    "aws_cloudwatch_log_group": "aws logs describe-log-groups --query 'logGroups[].[logGroupName,retentionInDays]'",
}
"""A command that lists the resources of a type in the emulator."""
NO_TASKS = "The emulator runs no tasks, so `ecsforge status` reports services behind the load balancer as unhealthy."


class RehearsalReporter(ConsoleMessages, Silent):
    """Prints a line per stage, and on a terminal the progress of the current one. A rehearsal asks no questions.

    Args:
        console: Where to print. The lines go to stdout, or to stderr if stdout is for the report.
        as_json: Whether the report is printed as JSON.
    """

    def __init__(self, console: Console, as_json: bool) -> None:
        super().__init__(console)
        self._print = console.say if as_json else console.data
        self._stream: Stream = "stderr" if as_json else "stdout"
        self._showing = ExitStack()
        self._status: Any = None
        self._stage, self._done = StageStarted(""), 0
        self._running: dict[str, str] = {}

    def begin(self, loaded: Loaded, upgrade_from: str | None) -> None:
        """The rehearsal of an environment starts; `upgrade_from` is the value of `--upgrade-from`."""
        project = loaded.projects[0]
        upgrade = f", upgraded from {upgrade_from}" if upgrade_from else ""
        self._print(self._bold(f"{stack_name(project.project_id, project.env)}{upgrade}"))

    def event(self, event: object) -> None:
        """A stage has started or ended, or Terraform works on a resource."""
        match event:
            case StageStarted():
                self._started(event)
            case StageEnded(stage):
                self._ended(stage)
            case StageStopped():
                self._stopped(event)
            case Step() if event.action not in ("read", "noop"):
                self._progress(event)

    def finish(self, report: Report) -> None:
        """The rehearsal of an environment has ended."""
        if report.upgrade is not None and report.upgrade.has_changes:
            from cli.views.plan import render

            self._print(f"\nUpgrade: {render(report.upgrade, self._console)}\n")
        outcome = self._paint("passed", "green") if report.passed else self._paint("failed", "red")
        self._print(f"{report.stack}: {outcome} in {clock(report.seconds)}")
        if report.kept is not None:
            self._console.say(kept_text(report, report.kept))

    def _started(self, stage: StageStarted) -> None:
        self._stage, self._done = stage, 0
        self._running.clear()
        if self._console.is_terminal("stderr") and not self._console.quiet:
            self._status = self._showing.enter_context(self._console.showing(lambda screen: screen.status(stage.name)))

    def _clear(self) -> None:
        """Remove the progress of a stage that is over."""
        self._showing.close()
        self._status = None

    def _stopped(self, stage: StageStopped) -> None:
        self._clear()
        made = f"  {stage.made} of {stage.planned} changes made" if stage.planned else ""
        mark = self._paint("stop  ", "yellow")
        self._print(f"  {mark}  {stage.name:<{NAME_WIDTH}}  {stage.seconds:>6.1f} s{made}")

    def _ended(self, stage: Stage) -> None:
        self._clear()
        mark = self._paint("ok    ", "green") if stage.passed else self._paint("FAILED", "red")
        self._print(f"  {mark}  {stage.name:<{NAME_WIDTH}}  {stage.seconds:>6.1f} s  {stage.detail}")

    def _progress(self, step: Step) -> None:
        resource = place(step.address, self._stage.owners)
        if step.state in ("started", "progress"):
            self._running[step.address] = f"{resource} {clock(step.seconds)}"
        else:
            self._running.pop(step.address, None)
            self._done += step.state == "done"
            self._console.detail(f"    {step.action} {resource}: {step.state}")
        if self._status is not None:
            first = next(iter(self._running.values()), "")
            total = f" of {self._stage.steps}" if self._stage.steps else ""
            self._status.update(f"{self._stage.name}: {self._done}{total}  {first}")

    def _bold(self, text: str) -> str:
        return self._console.style(text, stream=self._stream, bold=True)

    def _paint(self, text: str, color: str) -> str:
        return self._console.style(text, stream=self._stream, fg=color)


def problems_in(report: Report) -> tuple[Problem, ...]:
    """The problems of a report, each with its stack in front of its place, unless that is a line of a file."""
    if report.error is None:
        return ()
    return tuple(each if each.where.line else _in_stack(each, report.stack) for each in report.error.problems)


def _in_stack(problem: Problem, stack: str) -> Problem:
    source = ": ".join(filter(None, (stack, problem.where.source)))
    return replace(problem, where=replace(problem.where, source=source))


def kept_text(report: Report, kept: Kept) -> str:
    """The message about an emulator that keeps running: its address, how to inspect it, and how to stop it."""
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in kept.settings.items())
    cluster = Names(report.project_id, report.env).cluster
    commands = [text.format(cluster=cluster) for kind, text in INSPECT.items() if kind in kept.types]
    return "\n".join(
        (
            f"The emulator is still running at {kept.endpoint}. Inspect it with the AWS CLI or Terraform:",
            *([f"  unset {' '.join(kept.unset)}"] if kept.unset else []),
            f"  export {exports}",
            *(f"  {command}" for command in commands),
            f"  terraform -chdir={shlex.quote(str(kept.folder))} state list",
            "In a shell with these variables, ecsforge uses the emulator, not your account.",
            *([NO_TASKS] if "aws_lb_target_group" in kept.types else []),
            f"Stop it with: kill {kept.pid}; rm -r {shlex.quote(str(kept.root))}",
            f"It stops after {KEEP_HOURS} hours.",
        )
    )


def report_json(reports: Sequence[Report]) -> dict[str, Any]:
    """The reports as `rehearse --json` prints them; keys are only ever added within a `version`."""
    return {
        "version": JSON_VERSION,
        "passed": all(report.passed for report in reports),
        "environments": [_environment_json(report) for report in reports],
    }


def _environment_json(report: Report) -> dict[str, Any]:
    kept = report.kept
    return {
        "stack": report.stack,
        "env": report.env,
        "passed": report.passed,
        "seconds": round(report.seconds, 1),
        "error": sentences(report.error) if report.error else None,
        "stages": [
            {"name": stage.name, "passed": stage.passed, "seconds": round(stage.seconds, 1), "detail": stage.detail}
            for stage in report.stages
        ],
        "checks": [{"subject": check.subject, "what": check.what, "passed": check.passed} for check in report.checks],
        "calls": [call.to_json() for call in report.calls],
        "upgrade": report.upgrade.to_json() if report.upgrade else None,
        "emulator": {
            "endpoint": kept.endpoint,
            "pid": kept.pid,
            "folder": str(kept.folder),
            "root": str(kept.root),
            "environment": dict(kept.settings),
            "unset": list(kept.unset),
        }
        if kept
        else None,
    }
