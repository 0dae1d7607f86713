"""Whether an environment is protected: in the project file, or still as it is deployed.

The project file can be edited, or be another commit, without a deploy. So the stack records in its state what was
deployed, as an output, and the protection is over only when a deploy has removed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks.errors import TerraformError
from stacks.naming import PROTECTED_OUTPUT

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.state.document import StateDocument
    from stacks.project.models import Project

_KEPT_IF_FALSE = {"aws_ecr_repository": "force_delete", "aws_s3_bucket": "force_destroy"}
"""The arguments that are false only in a protected environment (`stacks/constructs/{registry,access_logs}.py`)."""


@dataclass(frozen=True)
class Protection:
    """The protection of an environment.

    Attributes:
        env: The environment.
        in_file: Whether the project file protects it.
        deployed: What shows that it is deployed as protected; empty if nothing does.
    """

    env: str
    in_file: bool = False
    deployed: str = ""

    @classmethod
    def of(cls, project: Project, state: StateDocument) -> Protection:
        """The protection of an environment with this state."""
        return cls(project.env, project.protected, _deployed(project, state))

    @property
    def is_on(self) -> bool:
        """Whether the environment is protected in the project file or as it is deployed."""
        return self.in_file or bool(self.deployed)

    def refuse_destroy(self) -> None:
        """Raise TerraformError if the environment is protected, because it must not be destroyed."""
        what = "this environment is protected"
        if self.in_file:
            fix = (
                "set `protected: false` in the project file, deploy that to remove the deletion protection, then "
                "destroy it"
            )
            raise TerraformError.of(self.env, what, fix=fix)
        if self.deployed:
            fix = f"run `ecsforge deploy --env {self.env}` to remove the protection, then destroy it"
            raise TerraformError.of(self.env, what, got=f"{self.deployed} in its state", fix=fix)


def protection_of(environment: Environment) -> Protection:
    """The protection of an environment, without Terraform: without a state that can be read, that of the file.

    Raises:
        TerraformError: The local file is not a Terraform state.
    """
    from operations.state.without_terraform import readable_state

    project = environment.project
    if project.protected or environment.root is None:
        return Protection(project.env, in_file=project.protected)
    return Protection.of(project, readable_state(project, environment.root))


def _deployed(project: Project, state: StateDocument) -> str:
    """What shows that the stack is deployed as protected; empty if nothing does."""
    recorded = state.outputs.get(PROTECTED_OUTPUT)
    if recorded is not None:
        return "`protected: true`" if recorded is True else ""
    # A state of an earlier version has no record. Of a stack without these resources, nothing else is known.
    own_setting = project.load_balancer.deletion_protection is True
    for each in state.managed:
        if each.type == "aws_lb" and each.attributes.get("enable_deletion_protection") is True and not own_setting:
            return f"deletion protection of {each.address}"
        argument = _KEPT_IF_FALSE.get(each.type)
        if argument is not None and each.attributes.get(argument) is False:
            return f"{each.address} with `{argument} = false`"
    return ""
