"""The stack of an environment in a rehearsal: synthesized, planned and applied with the emulator as AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from operations.deploy.families import deregister, removed_families
from operations.plan.read import plan_from_actions, plan_from_json
from operations.plan.summary import summary
from operations.plan.variables import Variables, plan_with_variables
from operations.rehearsal.problems import invalid, not_empty
from operations.rehearsal.project import with_local_state
from operations.rehearsal.shared import made_up_images
from operations.state.backend import local_state_file
from operations.state.document import StateDocument
from operations.terraform.env_vars import PASSED_PREFIXES, terraform_env_vars
from operations.terraform.runner import PlanResult, Terraform
from stacks.addresses import Owners
from stacks.errors import RehearsalError
from stacks.naming import stack_name

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.rehearsal.emulator.client import Emulator
    from operations.reporter import Reporter
    from operations.terraform.binary import Binary
    from stacks.project import Loaded


class RehearsedStack:
    """The stack of an environment, with a local state.

    Args:
        loaded: The project; its one environment is rehearsed.
        folder: The rehearsal's folder.
        emulator: The AWS account.
        binary: The Terraform to run.
        reporter: Receives Terraform's events and warnings.
        format: The format of the Terraform.

    Attributes:
        name: The name of the stack.
        owners: Which service each resource belongs to, after the first synthesis.
        configuration: The stack in Terraform's JSON syntax, after the first synthesis.
        images: The made-up images of its services.
        planned: The last plan.
        terraform: Terraform in its folder, after the first synthesis.
        plan_file: The file of the last plan.
    """

    def __init__(
        self,
        loaded: Loaded,
        folder: Path,
        emulator: Emulator,
        *,
        binary: Binary,
        reporter: Reporter,
        format: Literal["json", "hcl"],
    ) -> None:
        project = loaded.projects[0]
        self.name, self._region = stack_name(project.project_id, project.env), project.region
        self.owners = Owners()
        self.configuration: Mapping[str, Any] = {}
        self.images: Mapping[str, str] = {}
        self.planned: Plan
        self.terraform: Terraform
        self.plan_file = folder / "plan"
        self._folder, self._emulator, self._binary = folder, emulator, binary
        self._reporter, self._format = reporter, format

    def synthesize(self, loaded: Loaded, *, protected: bool = True) -> str:
        """Synthesize a version of the project; `protected` is whether it keeps its protection."""
        from stacks.app import synthesize

        project = with_local_state(loaded.projects[0], protected=protected)
        self.images = made_up_images(project, self._emulator.account_id)
        alone = replace(loaded, projects=(project,)).without_shared
        (stack,) = synthesize(alone, self._folder / "cdktf.out", format=self._format, prune=False)
        self.owners = Owners(stack.owners, tuple(project.services), stack.sources)
        self.configuration = stack.configuration
        settings = stack.configuration["terraform"]
        self.terraform = Terraform(
            self._binary,
            stack.path,
            self.env_vars(),
            self.owners,
            self._reporter.warn,
            disposable=True,
            settings=settings,
        )
        return f"{sum(stack.resources.values())} resources"

    def env_vars(self) -> dict[str, str]:
        """The environment of Terraform, with the emulator as AWS."""
        own = without_overrides(os.environ)
        env_vars = self._emulator.env_vars(own) if self._emulator.endpoint else own
        config = self._folder / "terraform.tfrc"
        return {**env_vars, **({"TF_CLI_CONFIG_FILE": str(config)} if config.exists() else {})}

    def use_env_vars(self) -> None:
        """Run Terraform with the current environment, once the emulator has started."""
        self.terraform = replace(self.terraform, env_vars=self.env_vars())

    def validate(self) -> str:
        """Run `terraform validate`. Raises RehearsalError with its errors."""
        found = self.terraform.validate()
        errors = [invalid(each, self.owners) for each in found if each.severity == "error"]
        if errors:
            raise RehearsalError(*errors)
        return f"{len(found)} warnings" if found else "valid"

    def plan(self, *, destroy: bool = False, detailed: bool = False) -> str:
        """Plan into `planned` and the plan file.

        The plan has values only with `detailed`: Terraform takes seconds to read a plan file.
        """
        result = self._made_plan(destroy=destroy)
        if detailed:
            shown, folder = self.terraform.show(self.plan_file), self.terraform.folder
            self.planned = plan_from_json(self.name, shown, self.owners, result.has_changes, folder=folder)
        else:
            plan = plan_from_actions(self.name, result.changes, self.owners)
            self.planned = replace(plan, has_changes=result.has_changes)
        return summary(self.planned)

    def plan_again(self) -> str:
        """Plan what is deployed. Raises RehearsalError if the plan has changes."""
        if self._made_plan().has_changes:
            self.plan(detailed=True)
            raise not_empty(self.planned)
        return "no changes"

    def apply(self) -> None:
        """Apply the plan, and deregister the task definitions of what it removes, as a deploy does."""
        families = removed_families(self.planned, self._state)
        self.terraform.apply(self.plan_file, on_event=self._reporter.event)
        if families:
            deregister(self._emulator.client("ecs", self._region), families)

    def destroy(self) -> str:
        """Plan to destroy everything, and apply that."""
        self.plan(destroy=True)
        self.apply()
        return f"{len(self.planned.resources)} destroyed"

    def _made_plan(self, *, destroy: bool = False) -> PlanResult:
        """Plan into the plan file with the values of the stack's variables, as a deploy does."""
        terraform = self.terraform

        def plan(values: Mapping[str, str]) -> PlanResult:
            return terraform.plan(self.plan_file, destroy=destroy, variables=values, on_event=self._reporter.event)

        variables = Variables.of(self.configuration, self._state(), images=self.images)
        if destroy:
            return plan(variables.values)
        return plan_with_variables(terraform, self.plan_file, variables, plan)

    def _state(self) -> StateDocument:
        return StateDocument.read(local_state_file(self._folder, self.name))


def without_overrides(env_vars: Mapping[str, str]) -> dict[str, str]:
    """The variables that Terraform gets, without the values and credentials of the user (`TF_VAR_`, `TF_TOKEN_`)."""
    return {key: value for key, value in terraform_env_vars(env_vars).items() if not key.startswith(PASSED_PREFIXES)}
