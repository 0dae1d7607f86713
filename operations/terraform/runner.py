"""Finds Terraform or OpenTofu and runs it on the folder of one stack.

What it says is read from its `-json` streams (`stream.py`); what fails becomes a TerraformError in the user's words
(`errors.py`). Where a command must not be interrupted, `process.py` takes care of it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from operations.state import emergency as rescue
from operations.terraform import embedded as embedded_terraform
from operations.terraform import process, stream
from operations.terraform.errors import failure
from operations.terraform.process import ended_by
from stacks.errors import TerraformError

MINIMUM_VERSION = (1, 5)
BINARY_VARIABLE = "TERRAFORM_BINARY_NAME"  # the name cdktf gave this variable
CANDIDATES = ("terraform", "tofu")
INSTALL = (
    "install Terraform (https://developer.hashicorp.com/terraform/install), OpenTofu (https://opentofu.org/docs/intro/"
    "install), or the Python package with it: pip install 'ecsforge[terraform]'"
)
# Of what is interrupted, these change nothing.
_HARMLESS = ("preparing the stack", "planning")
_STOPPING_HARMLESSLY = "stopping: Terraform ends what it has begun; nothing is changed"
_STOPPED_HARMLESSLY = "stopped: nothing was changed"
_STOPPED = "stopped: what was done is in the state; run the same command again to go on"
# `init -json` came with Terraform 1.9 and OpenTofu 1.7. Before, init says what failed in plain text.
_INIT_JSON = {"Terraform": (1, 9), "OpenTofu": (1, 7)}


@dataclass(frozen=True)
class Binary:
    """A Terraform that can be run. `argv` starts its command line; `origin` tells the user where it came from."""

    argv: tuple[str, ...]
    product: str
    version: tuple[int, ...]
    origin: str

    def __str__(self) -> str:
        return f"{self.product} {'.'.join(map(str, self.version))} ({self.origin})"

    def require(self, version: tuple[int, ...], what: str) -> None:
        """Raise TerraformError unless this is at least `version`, which `what` needs."""
        if self.version < version:
            raise TerraformError(
                f"{self.origin}: {what} needs {self.product} {'.'.join(map(str, version))} or later; got "
                f"{'.'.join(map(str, self.version))}; {INSTALL}"
            )


def find_terraform(named: str | None = None, environment: Mapping[str, str] | None = None) -> Binary:
    """The Terraform to use, its version checked.

    In this order: `named` (the option `--terraform`), what TERRAFORM_BINARY_NAME names, `terraform`, `tofu`, the extra
    `ecsforge[terraform]`. Raises TerraformError when there is none, or when it is older than 1.5.
    """
    environment = os.environ if environment is None else environment
    argv, origin = _locate(named, environment)
    binary = Binary(argv, _product(argv), _version(argv, origin, environment), origin)
    binary.require(MINIMUM_VERSION, "ecsforge")
    return binary


def _locate(named: str | None, environment: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    search = environment.get("PATH")
    for asked, source in ((named, "--terraform"), (environment.get(BINARY_VARIABLE), BINARY_VARIABLE)):
        if asked:
            path = shutil.which(asked, path=search)
            if path is None:
                raise TerraformError(
                    f"{source}: no such program; got {asked!r}; give the name or path of terraform or tofu"
                )
            return (path,), path
    for candidate in CANDIDATES:
        path = shutil.which(candidate, path=search)
        if path is not None:
            return (path,), path
    if embedded_terraform.installed():
        # By path, so that it is found from the stack's folder too; -P keeps our modules from hiding Python's own.
        return (sys.executable, "-P", embedded_terraform.__file__), "ecsforge[terraform]"
    raise TerraformError(f"PATH: there is neither terraform nor tofu; {INSTALL}")


def _product(argv: Sequence[str]) -> str:
    return "OpenTofu" if Path(argv[0]).name.startswith("tofu") else "Terraform"


def _version(argv: Sequence[str], origin: str, environment: Mapping[str, str]) -> tuple[int, ...]:
    try:
        answer = process.capture([*argv, "version", "-json"], environment=prepared(environment))
        text = str(json.loads(answer.stdout)["terraform_version"])
        return tuple(int(part) for part in text.partition("-")[0].split("."))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TerraformError(
            f"{origin}: it does not answer `version -json` as Terraform does; got {error}; {INSTALL}"
        ) from error


def missing_cli_config(environment: Mapping[str, str]) -> str | None:
    """What TF_CLI_CONFIG_FILE names when no such file exists: Terraform would warn about it on every call."""
    named = environment.get("TF_CLI_CONFIG_FILE")
    return named if named and not Path(named).is_file() else None


def prepared(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment Terraform runs in: it never asks, never phones home, and each stack has one state of its own."""
    result = {**environment, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
    # A workspace or data folder meant for another project would make a stack look as if it had never been deployed.
    dropped = ["TF_WORKSPACE", "TF_DATA_DIR", *(["TF_CLI_CONFIG_FILE"] if missing_cli_config(result) else [])]
    return {name: value for name, value in result.items() if name not in dropped}


@dataclass(frozen=True)
class PlanResult:
    """What planning found. `changes` holds resources and their actions; their values are in the plan file."""

    changes: tuple[stream.Planned, ...]
    has_changes: bool
    warnings: tuple[stream.Diagnostic, ...]


@dataclass
class _Transcript:
    """What a run said that is needed afterwards."""

    diagnostics: list[stream.Diagnostic] = field(default_factory=list)
    planned: list[stream.Planned] = field(default_factory=list)
    outputs: stream.Outputs = field(default_factory=stream.Outputs)
    notes: list[str] = field(default_factory=list)
    dumped: stream.StateDump | None = None

    def take(self, event: stream.Event) -> None:
        match event:
            case stream.Diagnostic():
                self.diagnostics.append(event)
            case stream.Planned():
                self.planned.append(event)
            case stream.Outputs():
                self.outputs = event
            case stream.StateDump():
                self.dumped = event
            case stream.Note():
                self.notes.append(event.text)


def _ignore(event: stream.Event) -> None:
    """For callers that follow no events."""


@dataclass(frozen=True)
class Terraform:
    """Terraform on the folder of one stack.

    Arguments:
        binary: which Terraform.
        folder: the stack's folder, holding `cdk.tf.json`.
        environment: the process environment to start from, credentials included; see `prepared`.
        services: the names of the project's services, so that errors can speak of them.
        warn: told when an interrupt has to wait.
        disposable: what it makes is thrown away when it is interrupted, as in a rehearsal.
    """

    binary: Binary
    folder: Path
    environment: Mapping[str, str]
    services: tuple[str, ...] = ()
    warn: Callable[[str], None] = print
    disposable: bool = False

    def init(
        self,
        *,
        backend_config: Sequence[str] = (),
        upgrade: bool = False,
        on_event: Callable[[stream.Event], None] = _ignore,
    ) -> None:
        """Install providers and set up the backend, whatever backend was set up before.

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
            raise failure("validating", [], done.stderr or done.stdout, self.services)
        return tuple(map(stream.diagnostic, json.loads(done.stdout)["diagnostics"]))

    def plan(
        self, out: Path, *, destroy: bool = False, on_event: Callable[[stream.Event], None] = _ignore
    ) -> PlanResult:
        """Compare what is wanted with what runs, and save the plan to `out`. Raises TerraformError."""
        arguments = ["plan", "-json", "-input=false", "-detailed-exitcode", f"-out={out.resolve()}"]
        arguments += ["-destroy"] if destroy else []
        code, said = self._checked(arguments, "planning", on_event, succeeded=(0, 2))
        warnings = tuple(each for each in said.diagnostics if each.severity == "warning")
        return PlanResult(tuple(said.planned), code == 2, warnings)

    def show(self, plan: Path) -> dict[str, Any]:
        """The saved plan with all values, as `terraform show -json` prints it. It may hold secrets."""
        shown: dict[str, Any] = json.loads(
            self._run(["show", "-json", str(plan.resolve())], f"plan {plan.name}").stdout
        )
        return shown

    def apply(self, plan: Path, *, on_event: Callable[[stream.Event], None] = _ignore) -> stream.Outputs:
        """Apply a saved plan and return the outputs. Raises TerraformError."""
        return self._checked(["apply", "-json", "-input=false", str(plan.resolve())], "applying", on_event)[1].outputs

    def output(self) -> stream.Outputs:
        """The outputs in the state; none before the first deploy. Raises TerraformError."""
        return stream.outputs(json.loads(self._run(["output", "-json"], "reading the outputs").stdout))

    def pull_state(self) -> dict[str, Any]:
        """The state as it is stored, in Terraform's format 4; without resources before the first deploy.

        Raises TerraformError.
        """
        done = self._run(["state", "pull"], "reading the state")
        state: dict[str, Any] = json.loads(done.stdout) if done.stdout.strip() else {}
        return state

    def push_state(self, state: Path) -> None:
        """Store a state file, unless what is stored is newer or another stack's. Raises TerraformError."""
        self._checked(["state", "push", str(state.resolve())], "saving the state")

    def adopt(self, address: str, id_: str) -> None:
        """Take a resource that exists into the state. Raises TerraformError."""
        self._checked(["import", "-input=false", "-no-color", address, id_], "taking over a resource")

    def untaint(self, address: str) -> None:
        """Take back that a resource has to be replaced. Raises TerraformError."""
        self._checked(["untaint", address], "mending the state")

    def unlock(self, lock_id: str) -> None:
        """Release a lock that a killed Terraform has left behind. Raises TerraformError."""
        self._checked(["force-unlock", "-force", lock_id], "releasing the lock")

    def _run(self, arguments: Sequence[str], doing: str, succeeded: tuple[int, ...] = (0,)) -> process.Captured:
        """Run a command that prints its result; raises TerraformError when it fails."""
        try:
            done = process.capture(
                [*self.binary.argv, *arguments], folder=self.folder, environment=prepared(self.environment)
            )
        except OSError as error:
            raise self._unstartable(error) from error
        if done.exit_code not in succeeded:
            raise failure(doing, [], done.stderr or done.stdout, self.services)
        return done

    def _unstartable(self, error: OSError) -> TerraformError:
        return TerraformError(f"{self.binary.origin}: it could not be started; got {error}; {INSTALL}")

    def _checked(
        self,
        arguments: Sequence[str],
        doing: str,
        on_event: Callable[[stream.Event], None] = _ignore,
        succeeded: tuple[int, ...] = (0,),
    ) -> tuple[int, _Transcript]:
        """Run a command that streams, or that must not be broken off.

        Raises TerraformError when it fails, KeyboardInterrupt when it was stopped.
        """
        said, harmless = _Transcript(), self.disposable or doing in _HARMLESS

        def on_line(line: str) -> None:
            event = stream.parse(line)
            if event is not None:
                said.take(event)
                on_event(event)

        try:
            done = process.follow(
                [*self.binary.argv, *arguments],
                folder=self.folder,
                environment=prepared(self.environment),
                on_line=on_line,
                warn=self.warn,
                stopping=_STOPPING_HARMLESSLY if harmless else process.STOPPING,
            )
        except OSError as error:
            raise self._unstartable(error) from error
        if said.dumped is not None:
            self.warn(rescue.kept(said.dumped.state, self.folder))
        if done.interrupted:
            self.warn(_STOPPED_HARMLESSLY if harmless else _STOPPED)
            raise KeyboardInterrupt
        if done.exit_code not in succeeded:
            errors = [each for each in said.diagnostics if each.severity == "error"]
            text = done.stderr or "\n".join(said.notes[-20:]) or ended_by(done.exit_code)
            raise failure(doing, errors, text, self.services)
        return done.exit_code, said
