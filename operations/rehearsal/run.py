"""The whole life of an environment, lived in an emulator before AWS sees it.

    synthesize ─> start emulator ─> init ─> validate ─> plan ─> apply ─> check ─> plan again ─> destroy ─> nothing left

It runs the real Terraform with the real AWS provider on the very Terraform that a deploy would run; only where the
state is kept differs. Everything happens in a temporary folder and in an account of its own: the user's state,
credentials and AWS are not touched.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cli.views.plan import headline
from operations import aws
from operations.plan.model import Plan, plan_from_actions, plan_from_json
from operations.rehearsal import providers as plugins
from operations.rehearsal.checks import Account, Check
from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.inventory import inventory
from operations.rehearsal.prerequisites import account_of, belongings
from operations.terraform.binary import Binary
from operations.terraform.init import initialize
from operations.terraform.runner import Terraform
from operations.terraform.stream import Event
from stacks.addresses import Owners
from stacks.errors import EcsforgeError, RehearsalError, TerraformError
from stacks.naming import stack_name

if TYPE_CHECKING:
    from stacks.project import Loaded
    from stacks.project.models import Project


@dataclass(frozen=True)
class Stage:
    """A stage that was gone through. `detail` says what it found, or why it failed."""

    name: str
    passed: bool
    seconds: float
    detail: str


@dataclass(frozen=True)
class Kept:
    """What `keep` left behind: the emulator, its process, all files, and the folder among them Terraform worked in."""

    endpoint: str
    pid: int
    root: Path
    folder: Path
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Report:
    """How a rehearsal went. `upgrade` is the plan from an older project file to the new one, where there was one."""

    project_id: str
    env: str
    region: str
    stages: tuple[Stage, ...]
    checks: tuple[Check, ...] = ()
    upgrade: Plan | None = None
    kept: Kept | None = None
    error: EcsforgeError | None = None

    @property
    def stack(self) -> str:
        """The stack that was rehearsed."""
        return stack_name(self.project_id, self.env)

    @property
    def passed(self) -> bool:
        """Whether every stage passed."""
        return self.error is None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return sum(stage.seconds for stage in self.stages)


class Watcher(Protocol):
    """Who is told how a rehearsal goes on."""

    def begins(self, stage: str, steps: int) -> None:
        """A stage begins; `steps` resources will be changed in it, where that is known."""

    def on_event(self, event: Event) -> None:
        """Terraform says something."""

    def ended(self, stage: Stage) -> None:
        """A stage has ended."""

    def warn(self, text: str) -> None:
        """Something the user has to know at once."""


class Rehearsal:
    """The rehearsal of one environment.

    Args:
        loaded: The project; its one environment is rehearsed.
        binary: The Terraform to run.
        watcher: Told how it goes on.
        older: The project as it was before, to be deployed first; None rehearses a first deploy.
        keep: Stop before the destroy, and leave the emulator and the folder behind.
    """

    def __init__(
        self, loaded: Loaded, *, binary: Binary, watcher: Watcher, older: Loaded | None = None, keep: bool = False
    ) -> None:
        self._loaded, self._older, self._keep = loaded, older, keep
        self.project = loaded.projects[0]
        self.stack = stack_name(self.project.project_id, self.project.env)
        self._watcher, self._binary = watcher, binary
        self._emulator = Emulator(account_of(self.project))
        self._belongings = belongings(*(each.projects[0] for each in (loaded, older) if each))
        self._stages: list[Stage] = []
        self._checks: tuple[Check, ...] = ()
        self._upgrade: Plan | None = None
        self._before: frozenset[str] = frozenset()
        self._planned: Plan | None = None
        self._folder = Path()

    def run(self) -> Report:
        """Go through the stages until one fails. Raises KeyboardInterrupt, and leaves nothing behind then."""
        self._folder = Path(tempfile.mkdtemp(prefix=f"ecsforge-{self.stack}-"))
        kept, error = None, None
        try:
            try:
                for name, action in self._life():
                    self._stage(name, action)
            except EcsforgeError as failed:
                error = failed
            left = self._keep and self._emulator.endpoint and self._emulator.ended is None
            kept = self._leave() if left else None
        finally:
            if kept is None:
                self._emulator.stop()
                shutil.rmtree(self._folder, ignore_errors=True)
        about = (self.project.project_id, self.project.env, self.project.region)
        return Report(*about, tuple(self._stages), self._checks, self._upgrade, kept, error)

    def _life(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """The stages, in order."""
        first = self._older or self._loaded
        yield "synthesize", lambda: self._synthesize(first)
        yield "start emulator", self._start
        if self._belongings:
            yield "prepare account", self._prepare
        yield "init", self._init
        yield "validate", self._validate
        if self._older:
            yield "plan the older", self._plan
            yield "apply the older", self._apply
            yield "synthesize the newer", lambda: self._synthesize(self._loaded)
            yield "plan the upgrade", self._plan_upgrade
            yield "apply the upgrade", self._apply
        else:
            yield "plan", self._plan
            yield "apply", self._apply
        yield "check", self._check
        yield "plan again", self._plan_again
        if self._keep:
            return
        if _is_protected(self.project):
            yield "lift the protection", self._lift_protection
        yield "destroy", self._destroy
        yield "nothing left", self._nothing_left

    def _stage(self, name: str, action: Callable[[], str]) -> None:
        changed = len(self._planned.resources) if self._planned and name.startswith("apply") else 0
        self._watcher.begins(name, changed)
        started = time.monotonic()
        try:
            # Some stages ask the emulator themselves, as Terraform does in the others.
            with aws.errors(name), self._local_errors(name):
                detail = action()
        except EcsforgeError as error:
            self._end(name, False, started, str(error).partition("\n")[0].partition("; ")[0])
            raise self._explained(error) from error
        self._end(name, True, started, detail)

    def _end(self, name: str, passed: bool, started: float, detail: str) -> None:
        stage = Stage(name, passed, time.monotonic() - started, detail)
        self._stages.append(stage)
        self._watcher.ended(stage)

    @contextmanager
    def _local_errors(self, name: str) -> Iterator[None]:
        """Turn what this machine refuses in here, such as a full disk, into an error of the stage."""
        try:
            yield
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise RehearsalError(
                f"{name}: this machine refused it; got {where}{error.strerror or error}; make room in "
                f"{self._folder.parent} if it is full, then rehearse again"
            ) from error

    def _explained(self, error: EcsforgeError) -> EcsforgeError:
        """The error, with what the emulator could not answer: then the project need not be at fault."""
        ended = self._emulator.ended
        if ended is not None:
            return RehearsalError(f"{error}\nThe emulator has ended before its time and is the reason: {ended}")
        lacking = self._emulator.errors() if self._emulator.endpoint else ()
        if not lacking:
            return error
        gaps = "\n".join(f"  {line}" for line in lacking)
        return RehearsalError(f"{error}\nThe emulator lacks what AWS has, and may be the only reason:\n{gaps}")

    def _synthesize(self, loaded: Loaded, *, protected: bool = True) -> str:
        from stacks.app import synthesize

        project = _at_home(loaded.projects[0], protected=protected)
        (stack,) = synthesize(replace(loaded, projects=(project,)), self._folder / "cdktf.out")
        self._terraform = Terraform(
            self._binary,
            stack.path,
            self._environment(),
            Owners(stack.owners, tuple(project.services)),
            self._watcher.warn,
            disposable=True,
        )
        return f"{sum(stack.resources.values())} resources"

    def _environment(self) -> dict[str, str]:
        """The environment of Terraform: nothing that steers it elsewhere, and this emulator as its AWS."""
        kept = ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "TF_LOG", "TF_LOG_PATH", "TF_REATTACH_PROVIDERS")
        own = {key: value for key, value in os.environ.items() if key[:3] != "TF_" or key in kept}
        environment = self._emulator.environment(own) if self._emulator.endpoint else own
        config = self._folder / "terraform.tfrc"
        return {**environment, **({"TF_CLI_CONFIG_FILE": str(config)} if config.exists() else {})}

    def _use_environment(self) -> None:
        self._terraform = replace(self._terraform, environment=self._environment())

    def _start(self) -> str:
        self._emulator.start()
        self._use_environment()
        if not self._belongings:
            self._before = inventory(self._emulator.client, self.project.region)
        return f"account {self._emulator.account_id} at {self._emulator.endpoint}"

    def _prepare(self) -> str:
        for belonging in self._belongings:
            belonging.make(self._emulator)
        self._before = inventory(self._emulator.client, self.project.region)
        return ", ".join(belonging.text for belonging in self._belongings)

    def _init(self) -> str:
        mirror = plugins.named_mirror(os.environ)
        if mirror is None:
            try:
                initialize(self._terraform, on_event=self._watcher.on_event)
                return "providers from the registry"
            except TerraformError as error:
                mirror = plugins.fallback_mirror(os.environ)
                if mirror is None:
                    raise RehearsalError(f"{error}\n{plugins.HINT}") from error
        prepared = plugins.prepare(mirror, self._folder)
        self._use_environment()
        initialize(self._terraform, on_event=self._watcher.on_event)
        stand_in = f", with a stand-in for {plugins.LOCAL}, which it lacks" if prepared.stand_in else ""
        return f"providers from {mirror}{stand_in}"

    def _validate(self) -> str:
        found = self._terraform.validate()
        errors = [f"{each.summary} {each.detail}".strip() for each in found if each.severity == "error"]
        if errors:
            raise RehearsalError("\n".join(f"validate: {' '.join(error.split())}" for error in errors))
        return f"{len(found)} warnings" if found else "valid"

    def _plan(self, *, destroy: bool = False, detailed: bool = False) -> str:
        """Plans into `self._planned` and a file that `_apply` takes.

        The values, which only `detailed` has, cost seconds: Terraform starts its providers to read a plan file.
        """
        file = self._folder / "plan"
        result = self._terraform.plan(file, destroy=destroy, on_event=self._watcher.on_event)
        owners = Owners(services=tuple(self.project.services))
        if detailed:
            self._planned = plan_from_json(self.stack, self._terraform.show(file), owners, result.has_changes)
        else:
            told = plan_from_actions(self.stack, result.changes, owners)
            self._planned = replace(told, has_changes=result.has_changes)
        return headline(self._planned).partition(": ")[2]

    def _plan_upgrade(self) -> str:
        said = self._plan(detailed=True)
        self._upgrade = self._planned
        lost = self._planned.count("replace", "destroy") if self._planned else 0
        return said if lost else f"{said}; nothing is replaced or destroyed"

    def _apply(self) -> str:
        self._terraform.apply(self._folder / "plan", on_event=self._watcher.on_event)
        assert self._planned is not None
        return f"{len(self._planned.resources)} changes made" if self._planned.has_changes else "nothing to do"

    def _check(self) -> str:
        self._checks = tuple(Account(self.project, self._emulator.client).checks())
        wrong = [str(check) for check in self._checks if not check.passed]
        if wrong:
            raise RehearsalError("\n".join(wrong))
        return f"{len(self._checks)} things are as the project file asks"

    def _plan_again(self) -> str:
        file = self._folder / "plan"
        if not self._terraform.plan(file, on_event=self._watcher.on_event).has_changes:
            return "no changes"
        said = self._plan(detailed=True)
        assert self._planned is not None
        unsettled = [
            f"{change.address}{''.join(f' {each.path}' for each in change.attributes)}"
            for change in self._planned.resources
        ]
        raise RehearsalError(
            f"plan again: a plan right after the apply must be empty; got {said}: {', '.join(unsettled)}; what AWS "
            "returns differs from what was asked for, so every later plan would show it"
        )

    def _lift_protection(self) -> str:
        """As a user would have to before a destroy: once more with `protected: false`, planned and applied."""
        self._synthesize(self._loaded, protected=False)
        self._plan()
        return self._apply()

    def _destroy(self) -> str:
        self._plan(destroy=True)
        assert self._planned is not None
        self._terraform.apply(self._folder / "plan", on_event=self._watcher.on_event)
        return f"{len(self._planned.resources)} destroyed"

    def _nothing_left(self) -> str:
        left = sorted(inventory(self._emulator.client, self.project.region) - self._before)
        left += [str(file.relative_to(self._folder)) for file in self._folder.rglob("*.latest.json")]
        if left:
            raise RehearsalError(
                f"nothing left: the account must be as it was; got {', '.join(left)}; a destroy would leave this behind"
            )
        return "the account is as it was"

    def _leave(self) -> Kept:
        emulator = self._emulator
        kept = Kept(emulator.endpoint, emulator.pid, self._folder, self._terraform.folder, emulator.settings())
        with suppress(FileNotFoundError):
            (self._folder / "plan").unlink()
        emulator.leave_running(self._folder / "emulator.log")
        return kept


def _at_home(project: Project, *, protected: bool) -> Project:
    """The project with its state in the rehearsal's folder and, to be destroyed, without protection."""
    from stacks.project.models import State

    changes: dict[str, object] = {"state": State()}
    if not protected:
        balancer = project.load_balancer.model_copy(update={"deletion_protection": False})
        changes |= {"protected": False, "load_balancer": balancer}
    return project.model_copy(update=changes)


def _is_protected(project: Project) -> bool:
    return project.protected or bool(project.load_balancer.deletion_protection)
