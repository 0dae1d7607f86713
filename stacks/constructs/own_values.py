"""Expressions of the user's own Terraform in what the stack generates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stacks.bindings import TerraformLocal
from stacks.constructs.base import Scope
from stacks.constructs.network import ANYWHERE
from stacks.constructs.security_group import Peer
from stacks.grants import inserted
from stacks.naming import identifier_of, peer_identifier
from stacks.project.models import EgressRule, Expression

# Text that JSON does not escape: between the quotes of a policy, Terraform reads an expression as it is written.
_PLAIN = re.compile(r"[A-Za-z0-9_.\[\]()*, ?:+/-]+")
# EC2 API reference, AuthorizeSecurityGroupEgress: the characters of a description.
_NOT_DESCRIBABLE = re.compile(r"[^A-Za-z0-9 ._:/()#,@\[\]+=;!*-]+")
_REFERENCE = re.compile(r"[a-z0-9_.]+")


class OwnValues:
    """Puts expressions into the JSON of a service's policies. One with quotes gets a local value: `<service>_own_1`."""

    def __init__(self, scope: Scope, id: str) -> None:
        self._scope, self._id = scope, id
        self._names: dict[str, str] = {}

    def in_json(self, expression: str) -> str:
        """The expression in a text that is JSON, once Terraform has evaluated it."""
        if _PLAIN.fullmatch(expression):
            return inserted(expression)
        if expression not in self._names:
            name = f"{self._id}_own_{len(self._names) + 1}"
            TerraformLocal(self._scope, name, inserted(expression)).override_logical_id(name)
            self._names[expression] = name
        return inserted(f"local.{self._names[expression]}")


def security_group_ids(groups: Iterable[str | Expression]) -> list[str]:
    """The IDs of security groups, as text or Terraform's expressions."""
    return [group if isinstance(group, str) else inserted(group.terraform) for group in groups]


@dataclass(frozen=True)
class Destination:
    """The other side of an egress rule; `id` is its part of the rule's address, `shown` that of its description."""

    peer: Peer
    id: str
    shown: str


def destination(rule: EgressRule) -> Destination:
    """Where an egress rule leads to: a range, or a security group by its ID or from the user's own Terraform."""
    group = rule.security_group
    if isinstance(group, Expression):
        text = group.terraform
        id = text.replace(".", "_") if _REFERENCE.fullmatch(text) else identifier_of(text)
        return Destination(Peer(security_group_id=inserted(text)), id, _NOT_DESCRIBABLE.sub("_", text))
    cidr = None if group else rule.cidr or ANYWHERE
    where = group or cidr or ""
    return Destination(Peer(cidr=cidr, security_group_id=group), peer_identifier(where), where)
