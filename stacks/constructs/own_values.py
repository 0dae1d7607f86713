"""Expressions of the user's own Terraform in what the stack generates."""

from __future__ import annotations

import re
from collections.abc import Iterable

from stacks.bindings import TerraformLocal
from stacks.constructs.base import Scope
from stacks.grants import inserted
from stacks.naming import identifier_of
from stacks.project.models import Expression

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


def rule_name(group: Expression) -> str:
    """The name of a rule to a security group of the user's own Terraform: `aws_security_group_db_id`."""
    text = group.terraform
    return text.replace(".", "_") if _REFERENCE.fullmatch(text) else identifier_of(text)


def described(group: Expression) -> str:
    """The group in the description of a rule."""
    return _NOT_DESCRIBABLE.sub("_", group.terraform)
