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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from operations.deploy.families import deregister, removed_families
from operations.plan.model import Plan
from operations.plan.read import plan_from_actions, plan_from_json
from operations.plan.summary import summary
from operations.plan.variables import Variables, plan_with_variables
from operations.rehearsal.check import Check
from operations.rehearsal.checks import DeployedAccount
from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.installation import Installation
from operations.rehearsal.inventory import inventory
from operations.rehearsal.password_search import password_check
from operations.rehearsal.prerequisites import account_id_of, prerequisites
from operations.rehearsal.problems import invalid, left_behind, not_empty
from operations.rehearsal.project import is_protected, with_local_state
from operations.rehearsal.report import Kept
from operations.rehearsal.shared import SharedRehearsal, made_up_images, needs_shared
from operations.state.backend import local_state_file
from operations.state.document import StateDocument
from operations.terraform.binary import Binary
from operations.terraform.env_vars import PASSED_PREFIXES, terraform_env_vars
from operations.terraform.runner import PlanResult, Terraform
from stacks.addresses import Owners
from stacks.errors import RehearsalError
from stacks.naming import stack_name

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

    Attributes:
        emulator: The AWS account.
        checks: The result of the stage `check`.
        upgrade: The plan from the previous version to the new one.
        owners: Which service each resource belongs to, after the first synthesis.
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
    ) -> None:
        self.folder, self.reporter, self.keep, self._format = folder, reporter, keep, format
        self.project = loaded.projects[0]
        self.stack = stack_name(self.project.project_id, self.project.env)
        self.emulator = Emulator(account_id_of(self.project))
        self.checks: tuple[Check, ...] = ()
        self.upgrade: Plan | None = None
        self.owners = Owners()
        self._loaded, self._previous, self._binary = loaded, previous, binary
        self._versions = tuple(each for each in (loaded, previous) if each)
        self._prerequisites = prerequisites(*(each.projects[0] for each in self._versions))
        self._existing: frozenset[str] = frozenset()
        self._installation = Installation(loaded.root, folder, reporter, self._env_vars)
        self._configuration: Mapping[str, Any] = {}
        self._shared: SharedRehearsal | None = None
        self._images: Mapping[str, str] = {}
        self._planned: Plan
        self._terraform: Terraform
        self._plan_file = folder / "plan"

    def stages(self) -> Iterator[StageDefinition]:
        """The stages in order. Each has to run before the next one is generated."""
        yield StageDefinition("synthesize", lambda: self._synthesize(self._previous or self._loaded))
        yield StageDefinition("start emulator", self._start)
        if self._prerequisites:
            yield StageDefinition("prepare account", self._prepare)
        yield StageDefinition("init", self._init)
        yield StageDefinition("validate", self._validate)
        first = self._previous or self._loaded
        if needs_shared(first):
            yield StageDefinition("deploy shared stack", lambda: self._deploy_shared(first))
        yield from self._upgrade_stages() if self._previous else self._deploy_stages()
        yield StageDefinition("check", self._check)
        yield StageDefinition("plan again", self._plan_again)
        if self.keep:
            return
        if is_protected(self.project):
            yield StageDefinition("remove protection", self._remove_protection)
        yield StageDefinition("destroy", self._destroy)
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
            self._terraform.folder,
            settings,
            frozenset(self._configuration.get("resource", {})),
            tuple(sorted(name for name in os.environ if name.startswith("AWS_") and name not in settings)),
        )
        self._plan_file.unlink(missing_ok=True)
        self.emulator.leave_running(self.folder / "emulator.log")
        return kept

    def clean_up(self) -> None:
        """Stop the emulator and delete the folder."""
        self.emulator.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _deploy_stages(self) -> Iterator[StageDefinition]:
        yield StageDefinition("plan", self._plan)
        yield StageDefinition("apply", self._apply, len(self._planned.resources))

    def _again(self) -> Iterator[StageDefinition]:
        """Deploy and destroy a second time: what AWS keeps, such as a final snapshot, has another name then."""
        yield StageDefinition("plan after destroy", lambda: self._plan())
        yield StageDefinition("deploy again", self._apply, len(self._planned.resources))
        yield StageDefinition("destroy again", self._destroy)
        yield StageDefinition("nothing left again", self._nothing_left)

    def _upgrade_stages(self) -> Iterator[StageDefinition]:
        yield StageDefinition("plan previous", self._plan)
        yield StageDefinition("apply previous", self._apply, len(self._planned.resources))
        if needs_shared(self._loaded):
            yield StageDefinition("upgrade shared stack", lambda: self._deploy_shared(self._loaded))
        yield StageDefinition("synthesize new", lambda: self._synthesize(self._loaded))
        yield StageDefinition("plan upgrade", self._plan_upgrade)
        yield StageDefinition("apply upgrade", self._apply, len(self._planned.resources))

    def _synthesize(self, loaded: Loaded, *, protected: bool = True) -> str:
        from stacks.app import synthesize

        project = with_local_state(loaded.projects[0], protected=protected)
        self._images = made_up_images(project, self.emulator.account_id)
        alone = replace(loaded, projects=(project,)).without_shared
        (stack,) = synthesize(alone, self.folder / "cdktf.out", format=self._format, prune=False)
        self.owners = Owners(stack.owners, tuple(project.services), stack.sources)
        self._configuration = stack.configuration
        settings = stack.configuration["terraform"]
        self._terraform = Terraform(
            self._binary,
            stack.path,
            self._env_vars(),
            self.owners,
            self.reporter.warn,
            disposable=True,
            settings=settings,
        )
        return f"{sum(stack.resources.values())} resources"

    def _env_vars(self) -> dict[str, str]:
        """The environment of Terraform, with the emulator as AWS."""
        own = without_overrides(os.environ)
        env_vars = self.emulator.env_vars(own) if self.emulator.endpoint else own
        config = self.folder / "terraform.tfrc"
        return {**env_vars, **({"TF_CLI_CONFIG_FILE": str(config)} if config.exists() else {})}

    def _use_env_vars(self) -> None:
        self._terraform = replace(self._terraform, env_vars=self._env_vars())

    def _start(self) -> str:
        self.emulator.start()
        self._use_env_vars()
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
        self._terraform, result = self._installation.first(self._terraform)
        return result

    def _deploy_shared(self, loaded: Loaded) -> str:
        self._shared = SharedRehearsal(
            loaded,
            self.folder,
            self.emulator,
            binary=self._binary,
            reporter=self.reporter,
            env_vars=self._env_vars,
            initialize=self._installation.next,
        )
        return self._shared.deploy()

    def _validate(self) -> str:
        found = self._terraform.validate()
        errors = [invalid(each, self.owners) for each in found if each.severity == "error"]
        if errors:
            raise RehearsalError(*errors)
        return f"{len(found)} warnings" if found else "valid"

    def _plan(self, *, destroy: bool = False, detailed: bool = False) -> str:
        """Plan into `self._planned` and the plan file.

        The plan has values only with `detailed`: Terraform takes seconds to read a plan file.
        """
        result = self._made_plan(destroy=destroy)
        if detailed:
            shown = self._terraform.show(self._plan_file)
            folder = self._terraform.folder
            self._planned = plan_from_json(self.stack, shown, self.owners, result.has_changes, folder=folder)
        else:
            plan = plan_from_actions(self.stack, result.changes, self.owners)
            self._planned = replace(plan, has_changes=result.has_changes)
        return summary(self._planned)

    def _made_plan(self, *, destroy: bool = False) -> PlanResult:
        """Plan into the plan file with the values of the stack's variables, as a deploy does."""
        terraform = self._terraform

        def plan(values: Mapping[str, str]) -> PlanResult:
            return terraform.plan(self._plan_file, destroy=destroy, variables=values, on_event=self.reporter.event)

        variables = Variables.of(self._configuration, self._state(), images=self._images)
        if destroy:
            return plan(variables.values)
        return plan_with_variables(terraform, self._plan_file, variables, plan)

    def _state(self) -> StateDocument:
        return StateDocument.read(local_state_file(self.folder, self.stack))

    def _plan_upgrade(self) -> str:
        counts = self._plan(detailed=True)
        self.upgrade = self._planned
        if self.upgrade.impossible:
            raise RehearsalError(*self.upgrade.impossible)
        return counts if self.upgrade.count("replace", "destroy") else f"{counts}; nothing is replaced or destroyed"

    def _apply(self) -> str:
        self._apply_and_deregister()
        made = f"{len(self._planned.resources)} changes made" if self._planned.has_changes else "no changes"
        deployments = {name: service.deployment for name, service in self.project.services.items()}
        services = [name for name, each in deployments.items() if each.before or each.after]
        if not services:
            return made
        return f"{made}; one-off tasks of {', '.join(services)} are not run: the emulator runs no containers"

    def _check(self) -> str:
        account = DeployedAccount(self.project, self.emulator.client, self._images)
        self.checks = (*account.checks(), *password_check(self.project, account.aws, self.folder))
        problems = [check.problem for check in self.checks if not check.passed]
        if problems:
            raise RehearsalError(*problems)
        return f"{len(self.checks)} checks passed"

    def _plan_again(self) -> str:
        if self._made_plan().has_changes:
            self._plan(detailed=True)
            raise not_empty(self._planned)
        return "no changes"

    def _remove_protection(self) -> str:
        """Deploy with `protected: false`, which a user has to do before a destroy."""
        self._synthesize(self._loaded, protected=False)
        self._plan()
        return self._apply()

    def _destroy(self) -> str:
        self._plan(destroy=True)
        self._apply_and_deregister()
        return f"{len(self._planned.resources)} destroyed"

    def _apply_and_deregister(self) -> None:
        """Apply the plan, and deregister the task definitions of what it removes, as a deploy does."""
        families = removed_families(self._planned, self._state)
        self._terraform.apply(self._plan_file, on_event=self.reporter.event)
        if families:
            deregister(self.emulator.client("ecs", self.project.region), families)

    def _nothing_left(self) -> str:
        error = left_behind(self._inventory() - self._existing, self.folder)
        if error is not None:
            raise error
        return "the account is as before"


def without_overrides(env_vars: Mapping[str, str]) -> dict[str, str]:
    """The variables that Terraform gets, without the values and credentials of the user (`TF_VAR_`, `TF_TOKEN_`)."""
    return {key: value for key, value in terraform_env_vars(env_vars).items() if not key.startswith(PASSED_PREFIXES)}
