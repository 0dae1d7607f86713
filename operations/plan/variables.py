"""The Terraform variables whose values are known only when something is planned.

Synthesis reads neither the state nor AWS, so what depends on them is a variable of the stack, with a default for
`cdktf deploy` and Terraform's own commands. Every plan passes the values with `-var`, which takes precedence over
`TF_VAR_` and tfvars files. A plan file contains them, so applying it passes none. None of them is a secret: arguments
are visible to other users of the machine.

There is one for each image that is built, `<service>_image`. Its value is the image of an option, else that of
`TF_VAR_` if it is set, else the image that was deployed last, which the state has as an output. So a plan without an
option does not change the image.

There is one for each ECS service, `<service>_force_new_deployment`. The AWS provider (5.x,
`internal/service/ecs/service.go`)

- sends `ForceNewDeployment` with every change except tags while it is true, and ECS then restarts all tasks
  (`resourceServiceUpdate`);
- replaces the service when its capacity provider strategy changes while it is false, or when the strategy before or
  after the change is empty (`capacityProviderStrategyCustomizeDiff`);
- ignores a change of `triggers` while it is false, and does not even record them for a new service
  (`triggersCustomizeDiff`).

So it is true for a change of the capacity and of the triggers, the value in the state while the service does not
change, because another value would be a change, and false for any other change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from operations.state.document import StateDocument
from operations.terraform.runner import PlanResult, Terraform
from operations.terraform.stream import Planned
from stacks.naming import IMAGES_OUTPUT, force_new_deployment_variable, identifier, image_variable

_SERVICE = "aws_ecs_service"
_GIVEN = "TF_VAR_"


@dataclass(frozen=True)
class ForcedDeployment:
    """Whether the next plan forces a new deployment of one ECS service.

    Attributes:
        variable: The Terraform variable.
        address: The address of the service.
        triggered: Whether its triggers changed, so that it has to be true.
        value: The value to pass.
    """

    variable: str
    address: str
    triggered: bool
    value: bool

    def is_settled_by(self, changes: Iterable[Planned]) -> bool:
        """Whether a plan with this value needs no look at its details."""
        action = next((each.action for each in changes if each.address == self.address), None)
        if self.triggered or action not in ("update", "replace"):
            return True
        # An update with true may be one that does not need it; a replacement with false may be due to the capacity.
        return self.value is (action == "replace")

    def after(self, change: Mapping[str, Any]) -> ForcedDeployment:
        """The value for a plan that makes this change, in the format of `terraform show -json`."""
        actions = change["actions"]
        if self.triggered or not ("update" in actions or {"create", "delete"} <= set(actions)):
            return self
        return replace(self, value=_capacity_changes(change.get("before") or {}, change.get("after") or {}))


@dataclass(frozen=True)
class Variables:
    """The values of the variables for one plan; `images` are those of `<service>_image`, by variable."""

    deployments: tuple[ForcedDeployment, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        configuration: Mapping[str, Any],
        state: StateDocument,
        *,
        images: Mapping[str, str] | None = None,
        env_vars: Mapping[str, str] | None = None,
    ) -> Variables:
        """The values for a stack that does not change, except where its triggers do.

        Args:
            configuration: The stack in Terraform's JSON syntax.
            state: Its state.
            images: Images to deploy, by service. Default: the deployed ones.
            env_vars: The environment that Terraform runs in.
        """
        declared, known = configuration.get("variable", {}), state.attributes
        found = []
        for id_, arguments in configuration.get("resource", {}).get(_SERVICE, {}).items():
            variable, address = force_new_deployment_variable(id_), f"{_SERVICE}.{id_}"
            if variable in declared:
                before = known.get(address, {})
                triggers = arguments.get("triggers")
                triggered = bool(triggers) and triggers != before.get("triggers")
                forced = before.get("force_new_deployment") is True
                found.append(ForcedDeployment(variable, address, triggered, value=triggered or forced))
        return cls(tuple(found), _images(declared, state, images or {}, env_vars or {}))

    @property
    def values(self) -> dict[str, str]:
        """The values by the name of the variable, in Terraform's syntax."""
        forced = {each.variable: "true" if each.value else "false" for each in self.deployments}
        return {**forced, **self.images}

    def are_settled_by(self, changes: Iterable[Planned]) -> bool:
        """Whether the plan that was made with these values is the one to apply, as far as its actions say."""
        made = tuple(changes)
        return all(each.is_settled_by(made) for each in self.deployments)

    def after(self, shown: Mapping[str, Any]) -> Variables:
        """The values for the changes of a plan, from `terraform show -json`."""
        changes = {each["address"]: each["change"] for each in shown.get("resource_changes", [])}
        settled = (each.after(changes[each.address]) if each.address in changes else each for each in self.deployments)
        return replace(self, deployments=tuple(settled))


def deployed_images(state: StateDocument) -> dict[str, str]:
    """The images that were deployed last, by service; empty for a stack without an image that is built."""
    recorded = state.outputs.get(IMAGES_OUTPUT)
    return {name: str(image) for name, image in recorded.items() if image} if isinstance(recorded, dict) else {}


def given_variables(env_vars: Mapping[str, str]) -> frozenset[str]:
    """The variables that have a value in the environment, as Terraform reads it (`TF_VAR_<name>`)."""
    return frozenset(name.removeprefix(_GIVEN) for name, value in env_vars.items() if name.startswith(_GIVEN) and value)


def _images(
    declared: Mapping[str, Any], state: StateDocument, images: Mapping[str, str], env_vars: Mapping[str, str]
) -> dict[str, str]:
    given = given_variables(env_vars)
    kept = {image_variable(identifier(name)): image for name, image in deployed_images(state).items()}
    named = {image_variable(identifier(name)): image for name, image in images.items()}
    values = {**{variable: image for variable, image in kept.items() if variable not in given}, **named}
    return {variable: image for variable, image in values.items() if variable in declared}


def plan_with_variables(
    terraform: Terraform, file: Path, variables: Variables, plan: Callable[[Mapping[str, str]], PlanResult]
) -> PlanResult:
    """Plan into `file`, and once more if the first plan shows that a variable needs another value.

    Args:
        terraform: Reads the plan file.
        file: The plan file that `plan` writes.
        variables: The values for a stack that does not change.
        plan: Plans with these values.

    Raises:
        TerraformError: Planning failed.
    """
    result = plan(variables.values)
    if variables.are_settled_by(result.changes):
        return result
    better = variables.after(terraform.show(file))
    return result if better == variables else plan(better.values)


def _capacity_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the provider can change the capacity provider strategy without replacing the service."""
    old, new = (_strategy(each.get("capacity_provider_strategy")) for each in (before, after))
    return bool(old) and bool(new) and old != new


def _strategy(items: Any) -> frozenset[tuple[str, int, int]]:
    used = items or ()
    return frozenset((item["capacity_provider"], item.get("base") or 0, item.get("weight") or 0) for item in used)
