"""What the workflow depends on."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from operations.ci.documents import is_planned
from operations.ci.names import Kind, role_name
from stacks.naming import stack_name
from stacks.project.models import Github, Project
from stacks.references import partition_of

ACCOUNT_VARIABLE = "AWS_ACCOUNT_ID"
"""The variable of GitHub for the account of environments whose account the project file does not name."""


@dataclass(frozen=True)
class Workflow:
    """The workflow of a project file.

    Attributes:
        github: Its settings.
        environments: The environments, in the order of the file.
        shared: The stack that they share; None without images to build.
        folder: The folder of the project file in the repository; `.` for its top.
        options: The options that select the project file, such as `-f deploy.yaml`.
    """

    github: Github
    environments: tuple[Project, ...]
    shared: Project | None = None
    folder: PurePosixPath = field(default_factory=PurePosixPath)
    options: tuple[str, ...] = ()

    @property
    def project_id(self) -> str:
        """The project."""
        return self.environments[0].project_id

    @property
    def planned(self) -> tuple[Project, ...]:
        """The environments that are planned on pull requests."""
        return tuple(each for each in self.environments if is_planned(each, self.github))

    @property
    def built(self) -> tuple[str, ...]:
        """The services whose images are built; those with `image_owner: external` have a pipeline of their own."""
        found = {
            name: None
            for each in self.environments
            for name, service in each.services.items()
            if service.build is not None and service.deployment.image_owner != "external"
        }
        return tuple(found)

    @property
    def needs_variable(self) -> bool:
        """Whether the account of an environment is only known as a variable of GitHub."""
        every = (*self.environments, *([self.shared] if self.shared else []))
        return any(account_of(each) is None for each in every)

    def command(self, *words: str) -> str:
        """A command of ecsforge for this project file, as shell text."""
        return shlex.join(["ecsforge", *self.options, *words])

    def role(self, kind: Kind, project: Project) -> str:
        """The ARN of a role, with the account as an expression of GitHub where the project file does not name it."""
        account = account_of(project) or f"${{{{ vars.{ACCOUNT_VARIABLE} }}}}"
        name = role_name(kind, project.project_id, project.env)
        return f"arn:{partition_of(project.region)}:iam::{account}:role/{name}"


def account_of(project: Project) -> str | None:
    """The account of the pipeline's roles; that of `assume_role` can be another one."""
    return project.account_id if project.assume_role is None else None


def stack_of(project: Project) -> str:
    """The stack of an environment."""
    return stack_name(project.project_id, project.env)


def variable_of(env: str) -> str:
    """A shell variable for an environment: `PLAN_PROD_EU`. Names of environments have no underscores."""
    return f"PLAN_{env.upper().replace('-', '_')}"


def listed_jobs(jobs: Sequence[str]) -> str:
    """The value of `needs`."""
    return f"[{', '.join(jobs)}]"
