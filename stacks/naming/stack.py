"""The stack of an environment, its state, and names that depend on no environment."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.naming.limits import repository_name

SHARED = "shared"
"""What the name of the stack that all environments share has in place of an environment."""

DEPLOYED_TAG = "deployed-"
"""The start of the tags of images that environments run: `deployed-<env>-<digest>`."""

LOG_ROUTER = "log-router"
"""The container that routes logs, where no sidecar of the project file does."""


def stack_name(project_id: str, env: str) -> str:
    """The stack of one environment, and the name of its folder and its local state."""
    return f"{project_id}-{env}"


def state_key(project_id: str, env: str, prefix: str | None = None) -> str:
    """The key of a state in its bucket; unique to the project and environment, also under a shared prefix."""
    return "/".join(filter(None, ((prefix or "").strip("/"), project_id, env, "terraform.tfstate")))


def shared_repository(project_id: str, service: str) -> str:
    """ECR repository of a service, which all environments share: 2-256 lower-case characters, single separators."""
    return repository_name(f"{project_id}/{service}")


def managed_policy(role: str, number: int) -> str:
    """Managed policy of a role: 128 characters, unique in the account as the role's name is."""
    return f"{role}-{number}"


def ephemeral_names(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The ephemeral volumes of a task for writable paths under a read-only root."""
    return tuple(f"writable-{number}" for number, _ in enumerate(paths))


@dataclass(frozen=True)
class StackNames:
    """An environment of a project, whose stack the names start with where they must be unique in the account or region.

    `project_id` has at most 24 characters, `env` 16.
    """

    project_id: str
    env: str

    @property
    def stack(self) -> str:
        """`<project>-<env>`, at most 41 characters."""
        return stack_name(self.project_id, self.env)
