"""What a rehearsal tells: a line a stage, live while Terraform works, and the report as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.console import Console, Stream
from operations.rehearsal.emulator.server import KEEP_HOURS
from operations.terraform.stream import Event, Step
from operations.text import clock
from stacks.addresses import Owners, place
from stacks.naming import Names, stack_name

if TYPE_CHECKING:
    from operations.rehearsal.run import Kept, Report, Stage
    from stacks.project import Loaded

JSON_VERSION = 1
NAME_WIDTH = len("synthesize the newer")


class Stages:
    """Prints the stages of rehearsals as they go by; on a terminal with what goes on at the moment.

    Args:
        console: Where to print. The lines are data, on stdout, unless the report is printed there as JSON.
        as_json: Whether it is.
    """

    def __init__(self, console: Console, as_json: bool) -> None:
        self._console = console
        self._print = console.say if as_json else console.data
        self._stream: Stream = "stderr" if as_json else "stdout"
        self._status: Any = None
        self._owners = Owners()
        self._name, self._steps, self._done = "", 0, 0
        self._running: dict[str, str] = {}

    def begin(self, loaded: Loaded, upgrade_from: str | None) -> None:
        """The rehearsal of an environment begins; `upgrade_from` is where an older project file was found."""
        project = loaded.projects[0]
        self._owners = Owners(services=tuple(project.services))
        upgrade = f", upgraded from {upgrade_from}" if upgrade_from else ""
        self._print(self._bold(f"{stack_name(project.project_id, project.env)}{upgrade}"))

    def begins(self, stage: str, steps: int) -> None:
        """A stage begins."""
        self._name, self._steps, self._done = stage, steps, 0
        self._running.clear()
        if self._console.is_terminal("stderr") and not self._console.quiet:
            self._status = self._console.rich("stderr").status(stage)
            self._status.start()

    def on_event(self, event: Event) -> None:
        """Terraform works on a resource."""
        if not isinstance(event, Step) or event.action in ("read", "noop"):
            return
        if event.state in ("started", "progress"):
            self._running[event.address] = f"{place(event.address, self._owners)} {clock(event.seconds)}"
        else:
            self._running.pop(event.address, None)
            self._done += event.state == "done"
            self._console.detail(f"    {event.action} {place(event.address, self._owners)}: {event.state}")
        if self._status is not None:
            first = next(iter(self._running.values()), "")
            self._status.update(f"{self._name}: {self._done}{f' of {self._steps}' if self._steps else ''}  {first}")

    def ended(self, stage: Stage) -> None:
        """A stage has ended: one line of it."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        mark = self._paint("ok    ", "green") if stage.passed else self._paint("FAILED", "red")
        self._print(f"  {mark}  {stage.name:<{NAME_WIDTH}}  {stage.seconds:>6.1f} s  {stage.detail}")

    def warn(self, text: str) -> None:
        """Something the user has to know at once."""
        self._console.warn(text)

    def finish(self, report: Report) -> None:
        """The rehearsal of an environment has ended."""
        if report.upgrade is not None and report.upgrade.has_changes:
            from cli.views.plan import render

            self._print(f"\nThe upgrade: {render(report.upgrade, self._console)}\n")
        outcome = self._paint("passed", "green") if report.passed else self._paint("failed", "red")
        self._print(f"{report.stack}: {outcome} in {clock(report.seconds)}")
        if report.kept is not None:
            self._console.say(kept_text(report, report.kept))

    def _bold(self, text: str) -> str:
        return self._console.style(text, stream=self._stream, bold=True)

    def _paint(self, text: str, color: str) -> str:
        return self._console.style(text, stream=self._stream, fg=color)


def kept_text(report: Report, kept: Kept) -> str:
    """Where the emulator that was left up is, how to look around in it, and how to end it."""
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in kept.settings.items())
    cluster = Names(report.project_id, report.env).cluster
    folder = shlex.quote(str(kept.folder))
    return "\n".join(
        (
            f"The emulator stays up at {kept.endpoint}. Look around with the AWS command line or Terraform:",
            f"  export {exports} AWS_REGION={report.region}",
            f"  aws ecs list-services --cluster {cluster}",
            "  aws elbv2 describe-target-groups --query 'TargetGroups[].[TargetGroupName,Port,HealthCheckPath]'",
            "  aws logs describe-log-groups --query 'logGroups[].[logGroupName,retentionInDays]'",
            f"  terraform -chdir={folder} state list",
            f"End it with: kill {kept.pid}; rm -r {shlex.quote(str(kept.root))}",
            f"It ends by itself after {KEEP_HOURS} hours.",
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
        "error": str(report.error) if report.error else None,
        "stages": [
            {"name": stage.name, "passed": stage.passed, "seconds": round(stage.seconds, 1), "detail": stage.detail}
            for stage in report.stages
        ],
        "checks": [{"subject": check.subject, "what": check.what, "passed": check.passed} for check in report.checks],
        "upgrade": report.upgrade.to_json() if report.upgrade else None,
        "emulator": {
            "endpoint": kept.endpoint,
            "pid": kept.pid,
            "folder": str(kept.folder),
            "root": str(kept.root),
            "environment": dict(kept.settings),
        }
        if kept
        else None,
    }
