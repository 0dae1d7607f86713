"""The stages of a rehearsal: what happens to one environment in the emulator.

    synthesize ─> start emulator ─> init ─> validate ─> plan ─> apply ─> check ─> plan again ─> destroy ─> nothing left

With `resources`, it is deployed and destroyed a second time.

They run the real Terraform with the real AWS provider on the configuration that a deploy would apply, except that its
state is local. All files are in the rehearsal's own folder, and the emulator is its AWS account: the user's state,
credentials and account are never used.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from operations.plan.model import Plan
from operations.rehearsal.check import Check
from operations.rehearsal.checks import DeployedAccount
from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.installation import Installation
from operations.rehearsal.inventory import inventory
from operations.rehearsal.password_search import password_check
from operations.rehearsal.prerequisites import account_id_of, prerequisites
from operations.rehearsal.problems import left_behind
from operations.rehearsal.project import is_protected
from operations.rehearsal.rehearsed_stack import RehearsedStack
from operations.rehearsal.report import Kept
from operations.rehearsal.shared import SharedRehearsal, needs_shared
from operations.terraform.binary import Binary
from stacks.addresses import Owners
from stacks.errors import RehearsalError

if TYPE_CHECKING:
    from operations.reporter import Reporter
    from stacks.project import Loaded


@dataclass(frozen=True)
class StageDefinition:
    """A stage to run. `run` returns its result; `steps` is how many resources it changes, 0 when not known."""

    name: str
    run: Callable[[], str]
    steps: int = 0


class Lifecycle:
    """The lifecycle of one environment in the emulator.

    Args:
        loaded: The project; its one environment is rehearsed.
        folder: An empty folder for all files.
        binary: The Terraform to run.
        reporter: Receives Terraform's events and warnings.
        previous: The previous version of the project, which is deployed first; None rehearses a first deploy.
        keep: Omit the destroy.
        format: The format of the Terraform.
        emulator: The AWS account, not started. Default: one with the account ID of the project.

    Attributes:
        emulator: The AWS account.
        checks: The result of the stage `check`.
        upgrade: The plan from the previous version to the new one.
    """

    def __init__(
        self,
        loaded: Loaded,
        folder: Path,
        *,
        binary: Binary,
        reporter: Reporter,
        previous: Loaded | None = None,
        keep: bool = False,
        format: Literal["json", "hcl"] = "json",
        emulator: Emulator | None = None,
    ) -> None:
        self.folder, self.reporter, self.keep = folder, reporter, keep
        self.project = loaded.projects[0]
        self.emulator = emulator or Emulator(account_id_of(self.project))
        self.checks: tuple[Check, ...] = ()
        self.upgrade: Plan | None = None
        self._stack = RehearsedStack(loaded, folder, self.emulator, binary=binary, reporter=reporter, format=format)
        self._loaded, self._previous, self._binary = loaded, previous, binary
        self._versions = tuple(each for each in (loaded, previous) if each)
        self._prerequisites = prerequisites(*(each.projects[0] for each in self._versions))
        self._existing: frozenset[str] = frozenset()
        self._installation = Installation(loaded.root, folder, reporter, self._stack.env_vars)
        self._shared: SharedRehearsal | None = None

    @property
    def owners(self) -> Owners:
        """Which service each resource belongs to, after the first synthesis."""
        return self._stack.owners

    def stages(self) -> Iterator[StageDefinition]:
        """The stages in order. Each has to run before the next one is generated."""
        yield StageDefinition("synthesize", lambda: self._stack.synthesize(self._previous or self._loaded))
        yield StageDefinition("start emulator", self._start)
        if self._prerequisites:
            yield StageDefinition("prepare account", self._prepare)
        yield StageDefinition("init", self._init)
        yield StageDefinition("validate", self._stack.validate)
        first = self._previous or self._loaded
        if needs_shared(first):
            yield StageDefinition("deploy shared stack", lambda: self._deploy_shared(first))
        yield from self._upgrade_stages() if self._previous else self._deploy_stages()
        yield StageDefinition("check", self._check)
        yield StageDefinition("plan again", self._stack.plan_again)
        if self.keep:
            return
        if is_protected(self.project):
            yield StageDefinition("remove protection", self._remove_protection)
        yield StageDefinition("destroy", self._stack.destroy)
        if self._shared is not None:
            yield StageDefinition("destroy shared stack", self._shared.destroy)
        yield StageDefinition("nothing left", self._nothing_left)
        if self.project.resources:
            yield from self._again()

    def leave_running(self) -> Kept:
        """Keep the emulator and the folder, for `keep`."""
        region = {"AWS_REGION": self.project.region, "AWS_DEFAULT_REGION": self.project.region}
        settings = {**self.emulator.settings(), **region}
        kept = Kept(
            self.emulator.endpoint,
            self.emulator.pid,
            self.folder,
            self._stack.terraform.folder,
            settings,
            frozenset(self._stack.configuration.get("resource", {})),
            tuple(sorted(name for name in os.environ if name.startswith("AWS_") and name not in settings)),
        )
        self._stack.plan_file.unlink(missing_ok=True)
        self.emulator.leave_running(self.folder / "emulator.log")
        return kept

    def clean_up(self) -> None:
        """Stop the emulator and delete the folder."""
        self.emulator.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _deploy_stages(self) -> Iterator[StageDefinition]:
        yield StageDefinition("plan", self._stack.plan)
        yield StageDefinition("apply", self._apply, len(self._stack.planned.resources))

    def _again(self) -> Iterator[StageDefinition]:
        """Deploy and destroy a second time: what AWS keeps, such as a final snapshot, has another name then."""
        yield StageDefinition("plan after destroy", self._stack.plan)
        yield StageDefinition("deploy again", self._apply, len(self._stack.planned.resources))
        yield StageDefinition("destroy again", self._stack.destroy)
        yield StageDefinition("nothing left again", self._nothing_left)

    def _upgrade_stages(self) -> Iterator[StageDefinition]:
        yield StageDefinition("plan previous", self._stack.plan)
        yield StageDefinition("apply previous", self._apply, len(self._stack.planned.resources))
        if needs_shared(self._loaded):
            yield StageDefinition("upgrade shared stack", lambda: self._deploy_shared(self._loaded))
        yield StageDefinition("synthesize new", lambda: self._stack.synthesize(self._loaded))
        yield StageDefinition("plan upgrade", self._plan_upgrade)
        yield StageDefinition("apply upgrade", self._apply, len(self._stack.planned.resources))

    def _start(self) -> str:
        self.emulator.start()
        self._stack.use_env_vars()
        if not self._prerequisites:
            self._existing = self._inventory()
        return f"account {self.emulator.account_id} at {self.emulator.endpoint}"

    def _prepare(self) -> str:
        for prerequisite in self._prerequisites:
            prerequisite.create(self.emulator)
        self._existing = self._inventory()
        return ", ".join(each.description for each in self._prerequisites)

    def _inventory(self) -> frozenset[str]:
        regions = {self.project.region, *(each.shared.project.region for each in self._versions if each.shared)}
        return frozenset().union(*(inventory(self.emulator.client, region) for region in regions))

    def _init(self) -> str:
        self._stack.terraform, result = self._installation.first(self._stack.terraform)
        return result

    def _deploy_shared(self, loaded: Loaded) -> str:
        self._shared = SharedRehearsal(
            loaded,
            self.folder,
            self.emulator,
            binary=self._binary,
            reporter=self.reporter,
            env_vars=self._stack.env_vars,
            initialize=self._installation.next,
        )
        return self._shared.deploy()

    def _plan_upgrade(self) -> str:
        counts = self._stack.plan(detailed=True)
        self.upgrade = self._stack.planned
        if self.upgrade.impossible:
            raise RehearsalError(*self.upgrade.impossible)
        return counts if self.upgrade.count("replace", "destroy") else f"{counts}; nothing is replaced or destroyed"

    def _apply(self) -> str:
        self._stack.apply()
        made = f"{len(self._stack.planned.resources)} changes made" if self._stack.planned.has_changes else "no changes"
        deployments = {name: service.deployment for name, service in self.project.services.items()}
        services = [name for name, each in deployments.items() if each.before or each.after]
        if not services:
            return made
        return f"{made}; one-off tasks of {', '.join(services)} are not run: the emulator runs no containers"

    def _check(self) -> str:
        account = DeployedAccount(self.project, self.emulator.client, self._stack.images)
        self.checks = (*account.checks(), *password_check(self.project, account.aws, self.folder))
        problems = [check.problem for check in self.checks if not check.passed]
        if problems:
            raise RehearsalError(*problems)
        return f"{len(self.checks)} checks passed"

    def _remove_protection(self) -> str:
        """Deploy with `protected: false`, which a user has to do before a destroy."""
        self._stack.synthesize(self._loaded, protected=False)
        self._stack.plan()
        return self._apply()

    def _nothing_left(self) -> str:
        error = left_behind(self._inventory() - self._existing, self.folder)
        if error is not None:
            raise error
        return "the account is as before"
