"""The project as a rehearsal deploys it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stacks.references import partition_of

if TYPE_CHECKING:
    from stacks.project import Shared
    from stacks.project.models import Project


def with_local_state(project: Project, *, protected: bool) -> Project:
    """The project with its state in the rehearsal's folder, with or without its protection."""
    from stacks.project.models import State

    changes: dict[str, object] = {"state": State()}
    if not protected:
        balancer = project.load_balancer.model_copy(update={"deletion_protection": False})
        changes |= {"protected": False, "load_balancer": balancer}
    return project.model_copy(update=changes)


def shared_in(account_id: str, shared: Shared) -> Shared:
    """The shared stack with its state in the rehearsal's folder.

    An emulator has the credentials of one account: in another one, the stack assumes a role.
    """
    from stacks.project.models import State

    project = shared.project
    changes: dict[str, object] = {"state": State()}
    if project.assume_role is None and project.account_id not in (None, account_id):
        partition = partition_of(project.region)
        changes["assume_role"] = f"arn:{partition}:iam::{project.account_id}:role/ecsforge-rehearsal"
    return replace(shared, project=project.model_copy(update=changes))


def is_protected(project: Project) -> bool:
    """Whether a destroy needs a deploy that removes the protection."""
    return project.protected or bool(project.load_balancer.deletion_protection)
