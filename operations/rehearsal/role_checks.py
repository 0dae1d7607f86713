"""Compares the roles of services with the project file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from operations.rehearsal.check import Check
from operations.rehearsal.deployed import Deployed
from operations.rehearsal.permissions import listed, other_policies, statements_of
from stacks.grants import DECRYPT

if TYPE_CHECKING:
    from stacks.project.models import Service

ECS_TASKS = "ecs-tasks.amazonaws.com"


def role_checks(account: Deployed, name: str, service: Service) -> Iterator[Check]:
    """The trust, boundary, policies and permissions of the execution and task role."""
    subject = f"service `{name}`"
    iam = account.aws("iam")
    for use in ("execution", "task"):
        role_name = account.names.role(name, use)
        role = iam.get_role(RoleName=role_name)["Role"]
        statements = role["AssumeRolePolicyDocument"]["Statement"]
        trusted = [statement["Principal"].get("Service") for statement in statements]
        yield Check(subject, f"services that may assume the {use} role", [ECS_TASKS], trusted)
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        yield Check(subject, f"permissions boundary of the {use} role", account.project.permissions_boundary, boundary)
    arns = other_policies(iam, account.names.role(name, "task"))
    if account.project.terraform is not None:  # which may attach others
        arns = [arn for arn in arns if arn in service.permissions.managed_policies]
    yield Check(subject, "managed policies of the task role", sorted(service.permissions.managed_policies), arns)
    for use, given in (
        ("task", service.permissions.statements),
        ("execution", service.permissions.execution_statements),
    ):
        expected = sorted({action for statement in given for action in statement.actions})
        granted = {
            action for each in statements_of(iam, account.names.role(name, use)) for action in listed(each["Action"])
        }
        found = [action for action in expected if action in granted]
        yield Check(subject, f"permissions of the {use} role", expected, found)


def key_checks(account: Deployed, name: str, service: Service) -> Iterator[Check]:
    """The keys that the execution role may decrypt with, and the services through which it may."""
    found = [
        each for each in statements_of(account.aws("iam"), account.names.role(name, "execution")) if _decrypts(each)
    ]
    keys = sorted(key for each in found for key in listed(each["Resource"]))
    yield Check(f"service `{name}`", "keys of the execution role", sorted(service.kms_keys), keys)


def _decrypts(statement: dict[str, Any]) -> bool:
    return statement.get("Sid") == DECRYPT and "kms:ViaService" in str(statement.get("Condition"))
