"""The policies of a role in the account, for the checks of a rehearsal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any


def statements_of(iam: Any, role: str) -> Iterator[dict[str, Any]]:
    """The statements of a role's inline policies, and of the managed policies that its stack created for it."""
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        yield from iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
    for policy in _attached(iam, role):
        if _own(role, policy):
            version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
            document = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
            yield from document["PolicyVersion"]["Document"]["Statement"]


def other_policies(iam: Any, role: str) -> list[str]:
    """The ARNs of the attached managed policies that the stack did not create, sorted."""
    return sorted(policy["PolicyArn"] for policy in _attached(iam, role) if not _own(role, policy))


def _attached(iam: Any, role: str) -> list[dict[str, Any]]:
    attached: list[dict[str, Any]] = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return attached


def _own(role: str, policy: dict[str, Any]) -> bool:
    """Whether the policy is named after the role, as `stacks.naming.managed_policy` does."""
    return re.fullmatch(rf"{re.escape(role)}-\d+", policy["PolicyName"]) is not None


def listed(value: str | list[str]) -> list[str]:
    """An element of a statement, which may be a text instead of a list."""
    return [value] if isinstance(value, str) else value
