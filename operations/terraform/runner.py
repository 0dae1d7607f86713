"""Runs Terraform or OpenTofu in the folder of one stack.

Output is read from Terraform's `-json` streams (`stream.py`), failures become TerraformErrors (`errors.py`), and
commands that must not be killed run under `process.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from operations.terraform import process, stream
from operations.terraform.binary import INSTALL, Binary
from operations.terraform.env_vars import terraform_env_vars
from operations.terraform.errors import Activity, failure, is_from_stop
from operations.terraform.process import ended_by
from operations.terraform.stop import (
    STOPPING,
    STOPPING_DISPOSABLE,
    STOPPING_READ_ONLY,
    Interrupted,
    Stop,
    When,
)
from operations.terraform.transcript import Transcript
from stacks.addresses import Owners
from stacks.errors import TerraformError

ERRORED_STATE = "errored.tfstate"
"""Terraform's name for a state that it could not store."""
_READ_ONLY: tuple[Activity, ...] = ("preparing the stack", "planning")
_WHEN: dict[Activity, When] = {"planning": "at once and again", "applying": "during operations"}
# `init -json` came with Terraform 1.9 and OpenTofu 1.7. Earlier versions report failures of init as plain text.
_INIT_JSON = {"Terraform": (1, 9), "OpenTofu": (1, 7)}


@dataclass(frozen=True)
class PlanResult:
    """The result of planning. `changes` contains resources and their actions; the values are in the plan file."""

    changes: tuple[stream.Planned, ...]
    has_changes: bool
    warnings: tuple[stream.Diagnostic, ...]


def _ignore(event: stream.Event) -> None:
    """Ignore an event."""


def _printable(state: Mapping[str, Any], folder: Path) -> str:
    """A state that could not be stored, as a message that contains it."""
    return f"the state could not be stored; save it as {folder / ERRORED_STATE}:\n{json.dumps(state)}"


@dataclass(frozen=True)
class Terraform:
    """Terraform in the folder of one stack.

    Attributes:
        binary: The Terraform to run.
        folder: The stack's folder, which contains its configuration.
        env_vars: The environment variables to start from, including credentials; see `terraform_env_vars`.
        owners: Which service each resource belongs to, for errors.
        warn: Called with a message after an interrupt, while Terraform is still stopping.
        disposable: Whether everything is discarded on an interrupt, as in a rehearsal.
        settings: The `terraform` block of the configuration: backend and providers.
        state: Where the state is, for errors; None before that is known.
        searched: Whether the command searched for resources that an earlier deploy left, for errors.
        lock: Whether a plan locks the state, for which it needs to write to the state's bucket.
        keep_state: Called with a state that Terraform could not store and the folder; stores it and returns a message.
    """

    binary: Binary
    folder: Path
    env_vars: Mapping[str, str]
    owners: Owners = field(default_factory=Owners)
    warn: Callable[[str], None] = print
    disposable: bool = False
    keep_state: Callable[[Mapping[str, Any], Path], str] = _printable
    settings: Mapping[str, Any] = field(default_factory=dict)
    state: str | None = None
    searched: bool = False
    lock: bool = True

    def init(
        self,
        *,
        backend_config: Sequence[str] = (),
        upgrade: bool = False,
        on_event: Callable[[stream.Event], None] = _ignore,
    ) -> None:
        """Install providers and configure the backend, replacing any earlier one.

        `backend_config` are `key=value` settings that complete the backend block. Raises TerraformError.
        """
        settings = [f"-backend-config={setting}" for setting in backend_config]
        speaks_json = self.binary.version >= _INIT_JSON[self.binary.product]
        self._checked(
            [
                "init",
                "-input=false",
                "-reconfigure",
                *settings,
                *(["-upgrade"] if upgrade else []),
                "-no-color",
                *(["-json"] if speaks_json else []),
            ],
            "preparing the stack",
            on_event,
        )

    def validate(self) -> tuple[stream.Diagnostic, ...]:
        """Check the configuration without credentials or state, and return every finding."""
        done = self._run(["validate", "-json"], "validating", succeeded=(0, 1))
        if not done.stdout.startswith("{"):
            raise self._failure("validating", (), done.stderr or done.stdout)
        return tuple(map(stream.diagnostic, json.loads(done.stdout)["diagnostics"]))

    def plan(
        self,
        out: Path,
        *,
        destroy: bool = False,
        variables: Mapping[str, str] | None = None,
        targets: Sequence[str] = (),
        on_event: Callable[[stream.Event], None] = _ignore,
    ) -> PlanResult:
        """Compare the configuration with the account, and save the plan to `out`. Raises TerraformError.

        `variables` are values of the stack's variables, which other users of the machine can see: no secrets. With
        `targets`, only these addresses and what they depend on are planned; Terraform ignores unknown ones.
        """
        arguments = ["plan", "-json", "-input=false", "-detailed-exitcode", f"-out={out.resolve()}"]
        arguments += [f"-var={name}={value}" for name, value in (variables or {}).items()]
        arguments += ["-destroy"] if destroy else []
        arguments += [] if self.lock else ["-lock=false"]
        arguments += [f"-target={address}" for address in targets]
        code, transcript = self._checked(arguments, "planning", on_event, succeeded=(0, 2))
        warnings = tuple(each for each in transcript.diagnostics if each.severity == "warning")
        return PlanResult(tuple(transcript.planned), code == 2, warnings)

    def plan_refresh(
        self,
        out: Path,
        *,
        variables: Mapping[str, str] | None = None,
        on_event: Callable[[stream.Event], None] = _ignore,
    ) -> None:
        """Compare the state with the account, and save the differences to `out`. Raises TerraformError.

        Neither the state nor the account is changed. `variables` are those of `plan`.
        """
        arguments = ["plan", "-refresh-only", "-json", "-input=false", "-detailed-exitcode", f"-out={out.resolve()}"]
        arguments += [f"-var={name}={value}" for name, value in (variables or {}).items()]
        self._checked(arguments, "planning", on_event, succeeded=(0, 2))

    def schemas(self) -> dict[str, Any]:
        """The schemas of the providers, as `terraform providers schema -json` prints them. Raises TerraformError."""
        done = self._run(["providers", "schema", "-json"], "reading the schema")
        schemas: dict[str, Any] = json.loads(done.stdout)
        return schemas

    def show(self, plan: Path) -> dict[str, Any]:
        """The saved plan with all values, as `terraform show -json` prints it. It may contain secrets."""
        shown: dict[str, Any] = json.loads(self._run(["show", "-json", str(plan.resolve())], "reading the plan").stdout)
        return shown

    def apply(self, plan: Path, *, on_event: Callable[[stream.Event], None] = _ignore) -> stream.Outputs:
        """Apply a saved plan and return the outputs. Raises TerraformError and Interrupted."""
        return self._checked(["apply", "-json", "-input=false", str(plan.resolve())], "applying", on_event)[1].outputs

    def output(self) -> stream.Outputs:
        """The outputs in the state; none before the first deploy. Raises TerraformError."""
        return stream.read_outputs(json.loads(self._run(["output", "-json"], "reading the outputs").stdout))

    def pull_state(self) -> dict[str, Any]:
        """The stored state in Terraform's format 4; empty before the first deploy. Raises TerraformError."""
        done = self._run(["state", "pull"], "reading the state")
        state: dict[str, Any] = json.loads(done.stdout) if done.stdout.strip() else {}
        return state

    def push_state(self, state: Path) -> None:
        """Store a state file. Raises TerraformError, for example if the stored one is newer or of another stack."""
        self._checked(["state", "push", str(state.resolve())], "saving the state")

    def adopt(self, address: str, id_: str) -> None:
        """Import an existing resource into the state. Raises TerraformError."""
        self._checked(["import", "-input=false", "-no-color", address, id_], "importing a resource")

    def untaint(self, address: str) -> None:
        """Remove the taint that makes Terraform replace a resource. Raises TerraformError."""
        self._checked(["untaint", address], "updating the state")

    def unlock(self, lock_id: str) -> None:
        """Release the lock of a Terraform process that was killed. Raises TerraformError."""
        self._checked(["force-unlock", "-force", lock_id], "releasing the lock")

    def _run(self, arguments: Sequence[str], doing: Activity, succeeded: tuple[int, ...] = (0,)) -> process.Captured:
        """Run a command that prints its result; raises TerraformError when it fails."""
        try:
            done = process.capture(
                [*self.binary.argv, *arguments], folder=self.folder, env_vars=terraform_env_vars(self.env_vars)
            )
        except OSError as error:
            raise self._unstartable(error) from error
        if done.exit_code not in succeeded:
            raise self._failure(doing, (), done.stderr or done.stdout)
        return done

    def _unstartable(self, error: OSError) -> TerraformError:
        return TerraformError.of(self.binary.origin, "the process could not be started", got=str(error), fix=INSTALL)

    def _checked(
        self,
        arguments: Sequence[str],
        doing: Activity,
        on_event: Callable[[stream.Event], None] = _ignore,
        succeeded: tuple[int, ...] = (0,),
    ) -> tuple[int, Transcript]:
        """Run a command that streams its output, or that must not be killed.

        Raises TerraformError when it fails, Interrupted when it was asked to stop.
        """
        transcript = Transcript()
        stop = Stop(self.warn, self._stopping(doing), when=_WHEN.get(doing, "at once"))

        def on_line(line: str) -> None:
            event = stream.parse(line)
            if isinstance(event, stream.Step | stream.Operation):
                stop.operating()
            if event is not None:
                transcript.take(event)
                on_event(event)

        try:
            done = self._followed(arguments, on_line, stop)
        except KeyboardInterrupt as early:  # before the process started
            raise Interrupted(doing) from early
        if transcript.dumped is not None:
            self.warn(self.keep_state(transcript.dumped.state, self.folder))
        if done.interrupted:
            raise self._interrupted(doing, done.exit_code, transcript)
        if done.exit_code not in succeeded:
            text = done.stderr or "\n".join(transcript.notes[-20:]) or ended_by(done.exit_code)
            raise self._failure(doing, transcript.errors, text)
        return done.exit_code, transcript

    def _failure(self, doing: Activity, errors: Iterable[stream.Diagnostic], text: str) -> TerraformError:
        local = "local" in self.settings.get("backend", {})
        return failure(doing, errors, text, self.owners, local=local, state=self.state, searched=self.searched)

    def _stopping(self, doing: Activity) -> str:
        """The message after a stop request."""
        if doing in _READ_ONLY:
            return STOPPING_READ_ONLY
        return STOPPING_DISPOSABLE if self.disposable else STOPPING

    def _interrupted(self, doing: Activity, exit_code: int, transcript: Transcript) -> Interrupted:
        failed = [] if doing in _READ_ONLY else [each for each in transcript.errors if not is_from_stop(each)]
        return Interrupted(
            doing,
            "killed" if exit_code < 0 else "stopped" if exit_code else "completed",
            made=transcript.made,
            unfinished=transcript.started - transcript.made,
            planned=transcript.steps,
            stored=transcript.dumped is None,
            problems=self._failure(doing, failed, "").problems if failed else (),
        )

    def _followed(self, arguments: Sequence[str], on_line: Callable[[str], None], stop: Stop) -> process.Completed:
        try:
            return process.follow(
                [*self.binary.argv, *arguments],
                folder=self.folder,
                env_vars=terraform_env_vars(self.env_vars),
                on_line=on_line,
                stop=stop,
            )
        except OSError as error:
            raise self._unstartable(error) from error
