"""Requests: who does what to which resource, and the condition keys of the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal


@dataclass(frozen=True)
class Principal:
    """Who makes a request.

    Attributes:
        kind: `AWS` for a user, a role or the root user of an account, `Service` for an AWS service, `Federated` for an
            identity provider, `anonymous` for a request without credentials.
        identifier: The ARN of the user or role, the name of the service or of the provider.
        session: The session name of an assumed role; empty for anything else.
    """

    kind: Literal["AWS", "Service", "Federated", "anonymous"]
    identifier: str = ""
    session: str = ""

    @property
    def account_id(self) -> str:
        """The account of a user or role, 12 digits; empty for other principals."""
        parts = self.identifier.split(":")
        return parts[4] if self.kind == "AWS" and len(parts) > 4 else ""

    @property
    def is_role(self) -> bool:
        """Whether it is a role, with or without a session."""
        return self.kind == "AWS" and ":role/" in self.identifier

    @property
    def session_arn(self) -> str:
        """The ARN of the assumed role's session; empty without a session."""
        if not self.session:
            return ""
        head, _, path = self.identifier.partition(":role/")
        return f"{head.replace(':iam:', ':sts:')}:assumed-role/{path.rpartition('/')[2]}/{self.session}"

    @property
    def context(self) -> dict[str, str]:
        """The global condition keys of the principal (IAM User Guide, "AWS global condition context keys")."""
        if self.kind == "Service":
            return {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": self.identifier}
        if self.kind != "AWS":
            return {"aws:PrincipalIsAWSService": "false"}
        keys = {
            "aws:PrincipalArn": self.identifier,
            "aws:PrincipalAccount": self.account_id,
            "aws:PrincipalIsAWSService": "false",
        }
        name = self.identifier.partition(":user/")[2].rpartition("/")[2]
        return {**keys, "aws:username": name, "aws:PrincipalType": "User"} if name else keys


def service(name: str) -> Principal:
    """The principal of an AWS service, `ecs-tasks.amazonaws.com`."""
    return Principal("Service", name)


ANONYMOUS = Principal("anonymous")


@dataclass(frozen=True)
class Request:
    """A request as IAM evaluates it.

    Attributes:
        principal: Who makes it.
        action: The action, `sqs:ReceiveMessage`.
        resource: The ARN of the resource; `*` for actions without resources.
        context: The condition keys with one value or several. Those of the principal are added; keys given here win.
        resource_account: The account of the resource, where its ARN has none, as S3's. Default: the principal's.
    """

    principal: Principal
    action: str
    resource: str = "*"
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict, hash=False)
    resource_account: str = ""

    @cached_property
    def _values(self) -> dict[str, tuple[str, ...]]:
        merged = {**self.principal.context, **self.context}
        return {key.casefold(): (value,) if isinstance(value, str) else tuple(value) for key, value in merged.items()}

    def values(self, key: str) -> tuple[str, ...]:
        """The values of a condition key, whose name is not case-sensitive; empty if the request does not have it."""
        return self._values.get(key.casefold(), ())

    @property
    def owner(self) -> str:
        """The account that owns the resource; empty if neither the request nor the ARN names it."""
        parts = self.resource.split(":")
        return self.resource_account or (parts[4] if len(parts) > 5 else "") or self.principal.account_id
