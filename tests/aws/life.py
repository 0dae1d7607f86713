"""The life of one environment: deployed, checked, changed and destroyed, whatever happens on the way."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from operations.rehearsal.checks import DeployedAccount
from stacks.naming import Names
from stacks.project import Selection, load
from tests.aws.commands import Commands, Finished
from tests.aws.prerequisites import Prerequisites
from tests.aws.remaining import Remaining, remaining
from tests.aws.specs import Prepared

Say = Callable[[str], None]
CHANGE = {"E2E_CHANGED": "1"}
DEPLOY_TIMEOUT = "25m"
_REMAINING_TRIES, _REMAINING_SECONDS = 4, 15.0


@dataclass
class Step:
    """A step of a life, for the report."""

    name: str
    passed: bool
    seconds: float
    detail: str = ""


class Failed(Exception):
    """A step did not pass; its argument says why."""


@dataclass
class Life:
    """One environment of a prepared project file in its own folder.

    Attributes:
        steps: What was done so far.
        left: What the account has at the end.
    """

    prerequisites: Prerequisites
    env: str
    folder: Path
    commands: Commands
    say: Say
    settling_seconds: float = _REMAINING_SECONDS

    def __post_init__(self) -> None:
        self.steps: list[Step] = []
        self.left = Remaining((), ())
        self.prepared: Prepared = self.prerequisites.prepared
        self.stack = Names(self.prepared.project_id, self.env).stack

    @property
    def name(self) -> str:
        """The spec and the environment, `shop/dev`."""
        return f"{self.prepared.name}/{self.env}"

    @property
    def passed(self) -> bool:
        """Whether everything passed and nothing is left."""
        return all(step.passed for step in self.steps) and not self.left.existing

    def run(self) -> None:
        """Run every step until one fails or the run is stopped, then destroy everything."""
        self.folder.mkdir(parents=True)
        try:
            for name, step in self._steps():
                if self.commands.stopping.is_set():
                    break
                if not self._step(name, step):
                    break
        finally:
            self.clean_up()

    def clean_up(self) -> None:
        """Destroy what exists, and list what remains."""
        if self._state.exists():
            if self._is_protected:
                self._step("remove protection", self._remove_protection)
            if not self._step("destroy", self._destroy):
                self._step("destroy again", self._destroy)
            self._step("delete what AWS created", self._delete_insights)
        self._step("delete prerequisites", self._delete_prerequisites)
        self._step("nothing left", self._nothing_left)

    @property
    def _state(self) -> Path:
        return self.folder / f"terraform.{self.stack}.tfstate"

    @property
    def _is_protected(self) -> bool:
        document = self.prepared.document
        return bool((document["environments"][self.env] or {}).get("protected", document.get("protected", False)))

    def _steps(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield "prerequisites", self._create_prerequisites
        yield "validate", lambda: self._ecsforge("validate")
        yield "plan", lambda: self._ecsforge("plan", "--detailed-exitcode", expected=2)
        yield "deploy", self._deploy
        yield "status", lambda: self._ecsforge("status")
        yield "check", self._check
        yield "plan again", lambda: self._ecsforge("plan", "--detailed-exitcode")
        yield "change", self._change
        yield "plan after change", lambda: self._ecsforge("plan", "--detailed-exitcode")

    def _step(self, name: str, run: Callable[[], str]) -> bool:
        self.say(f"{self.name}: {name} ...")
        started = time.monotonic()
        try:
            step = Step(name, True, 0.0, run())
        except Failed as failure:
            step = Step(name, False, 0.0, str(failure))
        except Exception as error:  # a failure of a step must not keep the others from destroying
            step = Step(name, False, 0.0, f"{type(error).__name__}: {error}")
        step = replace(step, seconds=time.monotonic() - started)
        self.steps.append(step)
        outcome = "passed" if step.passed else "FAILED"
        self.say(f"{self.name}: {name} {outcome} after {step.seconds:.0f} s{f': {step.detail}' if step.detail else ''}")
        return step.passed

    def _ecsforge(self, command: str, *options: str, expected: int = 0, cleanup: bool = False) -> str:
        log = self.folder / f"{len(self.steps):02}-{command}.log"
        finished = self.commands.run(self.folder, (command, "--env", self.env, *options), log, cleanup=cleanup)
        if finished.exit_code != expected or finished.timed_out:
            raise Failed(_why(command, finished, expected))
        return ""

    def _create_prerequisites(self) -> str:
        made = self.prerequisites.create()
        document = self.prepared.resolved(self.prepared.document, self.prerequisites.arns)
        self.prepared = replace(self.prepared, document=document)
        self.prepared.write(self.folder)
        project = load(Selection(file=self.folder / "ecsforge.yaml", env=self.env)).projects[0]
        missing = self.prerequisites.missing(project)
        if missing:
            raise Failed(f"the account has no {', no '.join(missing)}, and a run does not create them")
        return made

    def _deploy(self) -> str:
        return self._ecsforge("deploy", "--yes-i-mean", self.stack, "--timeout", DEPLOY_TIMEOUT)

    def _check(self) -> str:
        project = load(Selection(file=self.folder / "ecsforge.yaml", env=self.env)).projects[0]
        checks = list(DeployedAccount(project, self.prerequisites.client).checks())
        wrong = [check for check in checks if not check.passed]
        if wrong:
            raise Failed("; ".join(f"{each.subject}: {each.what}: {each.found!r}" for each in wrong))
        return f"{len(checks)} checks"

    def _change(self) -> str:
        services: dict[str, Any] = self.prepared.document["services"]
        name, service = next(iter(services.items()))
        changed = {**service, "environment": {**service.get("environment", {}), **CHANGE}}
        document = {**self.prepared.document, "services": {**services, name: changed}}
        self.prepared = replace(self.prepared, document=document)
        self.prepared.write(self.folder)
        return self._deploy()

    def _remove_protection(self) -> str:
        """Change the project file that was deployed, which has the ARNs of the prerequisites."""
        file = self.folder / "ecsforge.yaml"
        document = json.loads(file.read_text(encoding="utf-8"))
        document["environments"][self.env]["protected"] = False
        file.write_text(json.dumps(document, indent=2), encoding="utf-8")
        options = ("--yes-i-mean", self.stack, "--no-wait", "--adopt")
        return self._ecsforge("deploy", *options, cleanup=True)

    def _destroy(self) -> str:
        return self._ecsforge("destroy", "--yes-i-mean", self.stack, cleanup=True)

    def _delete_insights(self) -> str:
        """Delete the log group that Container Insights creates for a cluster and that belongs to no stack."""
        cluster = Names(self.prepared.project_id, self.env).cluster
        logs = self.prerequisites.client("logs", self.prepared.region)
        prefix = f"/aws/ecs/containerinsights/{cluster}/"
        for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])
        return ""

    def _delete_prerequisites(self) -> str:
        failed = self.prerequisites.delete()
        if failed:
            raise Failed("; ".join(failed))
        return ""

    def _nothing_left(self) -> str:
        """The tagging API is eventually consistent, so it is asked several times."""
        for _ in range(_REMAINING_TRIES):
            self.left = remaining(self.prerequisites.client, self.prepared.region, self.prepared.project_id)
            if not self.left.existing:
                return f"{len(self.left.expiring)} that AWS keeps after their deletion" if self.left.expiring else ""
            threading.Event().wait(self.settling_seconds)
        raise Failed(", ".join(self.left.existing))


def delete_folder(life: Life) -> None:
    """Delete the folder of an environment that left nothing; otherwise its state is needed."""
    if life.passed:
        shutil.rmtree(life.folder, ignore_errors=True)


def _why(command: str, finished: Finished, expected: int) -> str:
    code = f"exit code {finished.exit_code}, expected {expected}"
    why = "took too long" if finished.timed_out else code
    return "\n    ".join([f"{command}: {why}; see {finished.output}", *finished.last_lines])
