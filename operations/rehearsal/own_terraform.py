"""Whether the user's own Terraform can be rehearsed: nothing in it may act outside of the emulator."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from stacks.errors import ProjectError

if TYPE_CHECKING:
    from stacks.project import Loaded


def require_offline(loaded: Loaded, allowed: Collection[str] = ()) -> None:
    """Raise ProjectError for provisioners, foreign providers and what else a rehearsal does not run.

    It is checked before any of Terraform's commands, because `terraform init` already downloads providers.

    Args:
        loaded: The project, with one or several environments.
        allowed: The names or sources of further providers that may run.
    """
    folders = {project.terraform for project in loaded.projects if project.terraform is not None}
    if not folders:
        return
    from stacks.infra import read_own_terraform
    from stacks.infra.offline import acts_for_real

    owns = [read_own_terraform(loaded.root, folder) for folder in sorted(folders)]
    problems = {problem for own in owns for problem in (*own.problems, *acts_for_real(own, allowed))}
    if problems:
        raise ProjectError(*sorted(problems, key=lambda each: each.where))
