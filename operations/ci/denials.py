"""What a pipeline's roles are denied in any case: to change the roles of pipelines and the permissions boundary, and
whatever carries the name or the tags of another environment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from operations.ci.names import Account
from operations.ci.scope import Scope
from stacks.grants import Grant
from stacks.naming import stack_name
from stacks.project.models import Project

if TYPE_CHECKING:
    from operations.ci.permissions import Subject

REMOVES_BOUNDARY = "iam:DeleteRolePermissionsBoundary"
"""Denied in an environment with `permissions_boundary`."""
_WRITES = ("Add", "Attach", "Create", "Delete", "Detach", "Pass", "Put", "Remove", "Set", "Tag", "Untag", "Update")
_CHANGES_BY_ID = (
    *(f"ec2:{verb}*" for verb in ("Authorize", "Delete", "Detach", "Disassociate", "Modify", "Release", "Replace")),
    *("ec2:Revoke*", "ec2:CreateRoute", "acm:DeleteCertificate"),
    *(f"elasticfilesystem:{verb}*" for verb in ("Delete", "Modify", "Put", "Update")),
    *(f"kms:{verb}*" for verb in ("Disable", "Put", "Retire", "Schedule", "Update")),
    *("servicediscovery:Delete*", "servicediscovery:Update*"),
)
"""What changes or deletes resources that AWS named, so that only their tags name the environment."""


def denials(subject: Subject) -> Iterator[Grant]:
    """Denied regardless of other statements, and of policies that somebody attaches later."""
    account, project = subject.account, subject.project
    pipelines = [account.iam(f"{kind}/ecsforge-{use}-*") for kind in ("role", "policy") for use in ("deploy", "plan")]
    boundary = [project.permissions_boundary] if project.permissions_boundary else []
    writes = [f"iam:{verb}*" for verb in _WRITES]
    yield Grant("DenyPipelines", [*writes, "sts:AssumeRole"], [*pipelines, *boundary], effect="Deny")
    if boundary:
        own = subject.scope.resources("iam:CreateRole")
        yield Grant("DenyWithoutBoundary", [REMOVES_BOUNDARY], own, effect="Deny")
    names = _names_of_others(subject)
    if names:
        yield Grant("DenyOtherEnvironments", ["*"], names, effect="Deny")
    conditions = {
        "StringEquals": {"aws:ResourceTag/Project": project.project_id},
        "StringNotEquals": {"aws:ResourceTag/Environment": project.env},
        "Null": {"aws:ResourceTag/Environment": "false"},
    }
    yield Grant("DenyOtherTags", _CHANGES_BY_ID, ["*"], conditions, "Deny")


def _names_of_others(subject: Subject) -> list[str]:
    """The names of other environments in the same account that begin with the names of this one."""
    project = subject.project
    start = f"{stack_name(project.project_id, project.env)}-"
    found: list[str] = []
    for other in subject.others:
        stack = stack_name(other.project_id, other.env)
        if not stack.startswith(start):
            continue
        rest = stack.removeprefix(start)
        account = Account(subject.account.account_id, other.region, subject.account.partition)
        scope = Scope(other, account)
        if any(name == rest or name.startswith(f"{rest}-") for name in (*project.services, *project.resources)):
            found += _exact_names(scope, project)
        else:
            found += [arn for arn in scope.named() if not arn.endswith("key/*")]
    return list(dict.fromkeys(found))


def _exact_names(scope: Scope, project: Project) -> Iterator[str]:
    """The names of the other environment's parts, where the names of parts of this one begin the same way."""
    names = scope.names
    parts = (*project.services, *project.resources)
    own = {f"{project.project_id}-{project.env}-{part}" for part in parts}
    for service in scope.project.services:
        start = f"{names.stack}-{service}"
        if not any(each == start or each.startswith(f"{start}-") for each in own):
            yield scope.account.iam(f"role/{start}-*")
            yield scope.account.arn("sqs", f"{start}*")
            yield scope.account.arn("cloudwatch", f"alarm:{start}-*")
    for resource in scope.project.resources:
        start = f"{names.stack}-{resource}"
        if not any(each == start or each.startswith(f"{start}-") for each in own):
            yield scope.account.arn("dynamodb", f"table/{start}")
            yield scope.account.arn("sns", f"{start}*")
            yield from (scope.account.arn("rds", f"{kind}:{start}*") for kind in ("cluster", "db"))
            yield scope.account.arn("elasticache", f"replicationgroup:{start}*")
            yield f"arn:{scope.account.partition}:s3:::{names.bucket(resource, scope.account.account_id)}*"
    yield from (scope.account.arn("ecs", f"{kind}/{names.cluster}*") for kind in ("cluster", "service", "task"))
