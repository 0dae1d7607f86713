"""IAM roles and policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope, literal, literals
from stacks.constructs.environment import Environment
from stacks.constructs.policy import policy
from stacks.naming import identifier_of
from stacks.project.models import Statement


@dataclass(frozen=True)
class Grant:
    """A policy statement; `resources` may be Terraform expressions."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Mapping[str, Mapping[str, Any]] | None = None
    effect: str = "Allow"

    def rendered(self) -> dict[str, Any]:
        """The statement in IAM's policy language."""
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": list(self.actions),
            "Resource": list(self.resources),
            **({"Condition": self.conditions} if self.conditions else {}),
        }


def user_grants(statements: Sequence[Statement]) -> list[Grant]:
    """The statements of the project file, numbered."""
    return [
        Grant(f"Project{number}", literals(s.actions), literals(s.resources), effect=s.effect)
        for number, s in enumerate(statements, start=1)
    ]


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
        self._id = logical_id
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

    def allow(self, grants: Sequence[Grant]) -> Any:
        """Add an inline policy with `grants` to the role and return it; None without grants."""
        if not grants:
            return None
        statements = [grant.rendered() for grant in grants]
        return self.make(
            aws.iam_role_policy.IamRolePolicy, self._id, name="permissions", role=self.name, policy=policy(statements)
        )

    def attach(self, policies: Sequence[str]) -> list[Any]:
        """Attach managed policies by ARN and return the attachments."""
        kind = aws.iam_role_policy_attachment.IamRolePolicyAttachment
        names = {arn: identifier_of(arn.partition(":iam::")[2].removeprefix("aws:policy/")) for arn in policies}
        return [
            self.make(kind, f"{self._id}_{name}", role=self.name, policy_arn=literal(arn))
            for arn, name in names.items()
        ]


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
