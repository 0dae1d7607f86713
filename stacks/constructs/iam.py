"""IAM roles and policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope, literal
from stacks.constructs.environment import Environment
from stacks.constructs.policy import policy
from stacks.grants import Grant
from stacks.naming import identifier_of, managed_policy
from stacks.policy_split import Documents, Part


class Role(Construct):
    """A role that one AWS service may assume, only for resources of this account, with an inline policy.

    The trust policy requires `aws:SourceAccount` and, where the service sends it, `aws:SourceArn`, which prevents the
    confused deputy problem across accounts (IAM User Guide).

    Attributes:
        arn: The role's ARN.
        name: The role's name, as a Terraform expression.
    """

    def __init__(
        self,
        scope: Scope,
        logical_id: str,
        *,
        environment: Environment,
        name: str,
        description: str,
        principal: str,
        source_arn: str | None,
    ) -> None:
        super().__init__(scope, f"{logical_id}_role")
        self._id, self._name = logical_id, name
        role = self.make(
            aws.iam_role.IamRole,
            logical_id,
            name=name,
            description=description,
            assume_role_policy=policy([_trust(principal, environment.account.id, source_arn)]),
            permissions_boundary=environment.permissions_boundary,
            tags={"Name": name},
        )
        self.arn: str = role.arn
        self.name: str = role.name

    def allow(self, grants: Sequence[Grant], documents: Documents | None = None) -> list[Any]:
        """Add `grants` to the role and return the policies; none without grants.

        They are in one inline policy, or as `documents` divides them: the first is the inline policy, the others are
        managed policies that are attached to the role.
        """
        if not grants:
            return []
        inline, *managed = documents or (tuple(Part(number) for number, _ in enumerate(grants)),)
        policies = [
            self.make(
                aws.iam_role_policy.IamRolePolicy,
                self._id,
                name="permissions",
                role=self.name,
                policy=_document(inline, grants),
            )
        ]
        for number, parts in enumerate(managed, start=1):
            policies += self._managed(number, _document(parts, grants))
        return policies

    def _managed(self, number: int, document: str) -> list[Any]:
        """A managed policy of the role, and its attachment."""
        name = managed_policy(self._name, number)
        logical_id = f"{self._id}_{number}"
        made = self.make(
            aws.iam_policy.IamPolicy,
            logical_id,
            name=name,
            description=f"Part {number + 1} of the permissions of {self._name}",
            policy=document,
            tags={"Name": name},
        )
        kind = aws.iam_role_policy_attachment.IamRolePolicyAttachment
        return [made, self.make(kind, logical_id, role=self.name, policy_arn=made.arn)]

    def attach(self, policies: Sequence[str]) -> list[Any]:
        """Attach managed policies by ARN and return the attachments."""
        kind = aws.iam_role_policy_attachment.IamRolePolicyAttachment
        names = {arn: identifier_of(arn.partition(":iam::")[2].removeprefix("aws:policy/")) for arn in policies}
        return [
            self.make(kind, f"{self._id}_{name}", role=self.name, policy_arn=literal(arn))
            for arn, name in names.items()
        ]


def _document(parts: Sequence[Part], grants: Sequence[Grant]) -> str:
    return policy(part.of(grants).rendered() for part in parts)


def _trust(principal: str, account_id: str, source_arn: str | None) -> dict[str, Any]:
    """The statement of a trust policy for an AWS service."""
    conditions: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": account_id}}
    if source_arn is not None:
        conditions["ArnLike"] = {"aws:SourceArn": source_arn}
    return {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "sts:AssumeRole",
        "Condition": conditions,
    }
