"""The project as a rehearsal deploys it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stacks.project.models import Project


def with_local_state(project: Project, *, protected: bool) -> Project:
    """The project with its state in the rehearsal's folder, with or without its protection."""
    from stacks.project.models import State

    changes: dict[str, object] = {"state": State()}
    if not protected:
        balancer = project.load_balancer.model_copy(update={"deletion_protection": False})
        changes |= {"protected": False, "load_balancer": balancer}
    return project.model_copy(update=changes)


def is_protected(project: Project) -> bool:
    """Whether a destroy needs a deploy that removes the protection."""
    return project.protected or bool(project.load_balancer.deletion_protection)
