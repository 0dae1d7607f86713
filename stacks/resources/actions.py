"""The IAM actions that Terraform needs for a type, with version 5.100.0 of the AWS provider.

Tests compare them with the calls of rehearsed deploys, changes and destroys, both ways: no call is missing, and an
action that no rehearsal calls has a reason (tests/e2e/test_actions.py).

Not included is what the provider tries and does without: it logs a warning when it can't detach the network interfaces
of a deleted load balancer. What ecsforge itself calls, and Terraform for the state, is in
`operations/iam/own_actions.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Actions:
    """IAM actions, such as `ecs:CreateCluster`.

    Attributes:
        read: To read a resource. A plan needs only these.
        create: To create it, with the reads that only this needs.
        update: To change it in place: a change of the project file, or putting back what was changed by hand.
        delete: To destroy it.
        tag: To tag it, when it is created and later.
        passes_roles_to: The service that gets a role from Terraform, which `iam:PassRole` has to allow.
        service_linked_role: The service whose service-linked role AWS creates with the first of them in an account, for
            which the caller needs `iam:CreateServiceLinkedRole` ("Using service-linked roles" in the guide of each).
        unrecorded: Those that no rehearsal calls, with the reason and its source.
    """

    read: tuple[str, ...] = ()
    create: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    passes_roles_to: str = ""
    service_linked_role: str = ""
    unrecorded: Mapping[str, str] = field(default_factory=dict, hash=False)

    @cached_property
    def all(self) -> frozenset[str]:
        """Every action, those without a call included."""
        passing = ("iam:PassRole",) if self.passes_roles_to else ()
        linked = ("iam:CreateServiceLinkedRole",) if self.service_linked_role else ()
        return frozenset((*self.read, *self.create, *self.update, *self.delete, *self.tag, *passing, *linked))


NO_ACTIONS = Actions()


def of(service: str, *operations: str) -> tuple[str, ...]:
    """Actions of one service: `of("ecs", "CreateCluster")` is `("ecs:CreateCluster",)`."""
    return tuple(f"{service}:{operation}" for operation in operations)


TAGS_REMOVED = "removes a tag of a resource that lasts; the rehearsed changes also replace or destroy it"
"""The reason for actions that remove tags of resources that no rehearsed change keeps."""


REVERSED = "reverses an update that a rehearsed change makes"
"""The reason for actions that undo a setting, of which the rehearsed changes only make it."""


def put_back(source: str) -> str:
    """The reason for an action that undoes a change by hand; `source` is a file of the provider's source."""
    return f"puts back what was changed by hand (internal/service/{source})"
