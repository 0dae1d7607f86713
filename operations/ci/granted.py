"""Whether the role of a pipeline may do what a plan needs, before it is applied.

A project file with a new resource type needs more than `ci init` granted. Without this check, the apply would stop in
the middle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.ci.denials import REMOVES_BOUNDARY
from operations.ci.names import role_name
from operations.ci.permissions import actions_of
from operations.iam.document import Policy, parse
from operations.iam.patterns import action_matches
from stacks.errors import AwsError, Position, Problem
from stacks.resources import resource_type

if TYPE_CHECKING:
    import boto3

    from stacks.project.models import Project

_SESSION = re.compile(r"arn:[\w-]+:sts::\d{12}:assumed-role/(?P<role>[^/]+)/.+")


def refuse_missing(project: Project, session: boto3.Session, caller: str, changes: Iterable[tuple[str, str]]) -> None:
    """Raise AwsError if the role of the environment's pipeline lacks actions that a plan needs.

    Any other identity is not checked, and neither is a role that must not read its own policies.

    Args:
        project: The project, resolved for the environment.
        session: A session with the caller's credentials.
        caller: The ARN of the identity that deploys.
        changes: The type and the action of each change of the plan.
    """
    match = _SESSION.fullmatch(caller)
    name = role_name("deploy", project.project_id, project.env)
    if match is None or match["role"] != name:
        return
    try:
        with aws.errors(name):
            policies = _policies(aws.client(session, "iam"), name)
    except AwsError as error:
        if error.codes & aws.DENIED:
            return
        raise
    missing = _missing(changes, policies, unneeded={REMOVES_BOUNDARY} if project.permissions_boundary else set())
    if missing:
        kinds = ", ".join(dict.fromkeys(resource_type(kind).name for kind in missing))
        actions = sorted({action for each in missing.values() for action in each})
        raise AwsError(
            Problem(
                Position(name),
                f"the role lacks permissions for what the plan changes ({kinds})",
                ", ".join(actions),
                "with the credentials of an administrator, run",
                command=("ci", "init"),
            )
        )


def _missing(changes: Iterable[tuple[str, str]], policies: Iterable[Policy], unneeded: Set[str]) -> dict[str, set[str]]:
    """The actions by type that no statement allows on anything."""
    patterns = {
        text
        for policy in policies
        for statement in policy.statements
        if statement.effect == "Allow" and not statement.actions.negated
        for text in statement.actions.values
    }
    found: dict[str, set[str]] = {}
    for kind, action in changes:
        needed = actions_of(kind, action) - unneeded
        lacking = {each for each in needed if not any(action_matches(p, each) for p in patterns)}
        if lacking:
            found.setdefault(kind, set()).update(lacking)
    return found


def _policies(iam: Any, role: str) -> list[Policy]:
    inline = [
        parse(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"], name)
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    managed = []
    for each in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = each["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        managed.append(parse(document, each["PolicyName"]))
    return [*inline, *managed]
