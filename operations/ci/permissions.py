"""What a pipeline's roles may do: the actions of the types that an environment has, limited to its names.

    deploy   every action of its types; what `deploy` reads, checks and changes itself; its state
    plan     the actions that read, and its state
    shared   the repositories: every action but deletion, and pushes

A deploy role also reads the stack that environments share, because every deploy plans it.

`denials.py` has what is denied in any case.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from operations.ci.denials import REMOVES_BOUNDARY, denials
from operations.ci.names import Account
from operations.ci.scope import Scope
from operations.iam.own_actions import (
    CHECKS,
    DEPLOY,
    IMAGES,
    OWN_ROLE,
    PUSH,
    READ,
    RELEASE,
    STATE_KEY,
    STATE_READ,
    TASKS,
)
from stacks.grants import Grant
from stacks.naming import SHARED, state_key
from stacks.project.models import Project, Service
from stacks.resources import CATALOGUE

_WITH_BOUNDARY = frozenset({"AttachRolePolicy", "CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy"})
"""The operations that give a role permissions, and have the condition key `iam:PermissionsBoundary`."""


@dataclass(frozen=True)
class Subject:
    """An environment, as far as its permissions depend on it.

    Attributes:
        project: The project, resolved for the environment, or of the shared stack.
        account: The account and region.
        types: The Terraform types that it has; data sources begin with `data.`.
        others: The other environments of the file, resolved.
        shared_types: The types of the stack that environments share; empty if there is none.
    """

    project: Project
    account: Account
    types: frozenset[str]
    others: tuple[Project, ...] = ()
    shared_types: frozenset[str] = frozenset()

    @property
    def scope(self) -> Scope:
        """Its resources."""
        return Scope(self.project, self.account)


@dataclass
class _Statements:
    """Statements in the making: the actions by their resources and conditions."""

    subject: Subject
    found: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)

    def add(self, actions: Iterable[str], *resources: str) -> None:
        """Allow actions on these resources, by default those of the environment."""
        for action in actions:
            self.found.setdefault(action, set()).add(resources or self.subject.scope.resources(action))

    def grants(self) -> list[Grant]:
        """The statements, those of one service together."""
        keyed = []
        for action, given in self.found.items():
            resources = tuple(sorted({each for one in given for each in one}))
            if resources:
                conditions = json.dumps(self._conditions(action), sort_keys=True)
                keyed.append(((action.partition(":")[0], resources, conditions), action))
        keyed.sort()
        grants: list[Grant] = []
        for (prefix, resources, conditions), members in groupby(keyed, key=lambda each: each[0]):
            sid = f"{prefix.title().replace('-', '')}{len(grants) + 1}"
            grants.append(Grant(sid, [action for _, action in members], resources, json.loads(conditions) or None))
        return grants

    def _conditions(self, action: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
        prefix, _, operation = action.partition(":")
        if prefix != "iam":
            return {}
        if operation == "PassRole":
            return {"StringEquals": {"iam:PassedToService": _passed_to(self.subject)}}
        if operation == "CreateServiceLinkedRole":
            return {"StringEquals": {"iam:AWSServiceName": _linked(self.subject)}}
        found: dict[str, dict[str, Sequence[str]]] = {}
        boundary = self.subject.project.permissions_boundary
        if boundary is not None and operation in _WITH_BOUNDARY:
            found["StringEquals"] = {"iam:PermissionsBoundary": [boundary]}
        if operation == "AttachRolePolicy":
            own = self.subject.scope.resources("iam:CreatePolicy")
            found["ArnLike"] = {"iam:PolicyARN": [*own, *self.subject.scope.managed_policies]}
        return found


def deploy_grants(subject: Subject) -> list[Grant]:
    """What a deploy role may do in its environment."""
    made, project = _Statements(subject), subject.project
    denied = {REMOVES_BOUNDARY} if project.permissions_boundary else set()
    made.add(action for kind in subject.types for action in _all(kind) - denied)
    made.add((*READ, *CHECKS, *DEPLOY))
    _allow_environment_files(made)
    if pools := subject.scope.others.user_pools:  # ELB User Guide, "Prepare to use Amazon Cognito"
        made.add(["cognito-idp:DescribeUserPoolClient"], *pools)
    if any(each.deployment.before or each.deployment.after for each in project.services.values()):
        made.add(TASKS)
    if any(each.deployment.image_owner == "external" for each in project.services.values()):
        made.add(RELEASE)
    _allow_images(made)
    _allow_state(made, project, writes=True)
    made.add(OWN_ROLE, *own_resources(subject))
    return [*denials(subject), *made.grants(), *subject.scope.others.grants(writes=True)]


_READ_BY_PLANS = "aws_secretsmanager_secret_version"
"""The type whose value a plan reads: with it, who may plan can read the passwords of databases."""


def plan_grants(subject: Subject) -> list[Grant]:
    """What a plan role may do: read."""
    made = _Statements(subject)
    made.add(action for kind in subject.types for action in CATALOGUE[kind].actions.read)
    made.add(READ)
    if _READ_BY_PLANS in subject.types and subject.project.encryption == "customer":
        made.add(["kms:Decrypt"], subject.account.arn("kms", resource="key/*"))  # for the secrets that a plan reads
    _allow_state(made, subject.project, writes=False)
    return [*made.grants(), *subject.scope.others.grants(writes=False)]


def shared_grants(subject: Subject) -> list[Grant]:
    """What the role may do that builds images, pushes them and deploys their repositories."""
    made = _Statements(subject)
    for kind in subject.types:
        actions = CATALOGUE[kind].actions
        made.add((*actions.read, *actions.create, *actions.update, *actions.tag))
    made.add((*(each for each in READ if each.partition(":")[0] in ("kms", "sts", "tag")), *IMAGES, *PUSH))
    _allow_state(made, subject.project, writes=True)
    made.add(OWN_ROLE, *own_resources(subject))
    return [*denials(subject), *made.grants()]


def assuming_grants(role: str) -> list[Grant]:
    """The only thing that a pipeline's role may do in an environment with `assume_role`."""
    return [Grant("AssumeRole", ["sts:AssumeRole"], [role])]


def own_resources(subject: Subject) -> tuple[str, ...]:
    """The roles of the environment's pipelines, and their policies."""
    project = subject.project
    name = f"{project.project_id}-{project.env}"
    return tuple(
        subject.account.iam(f"{kind}/ecsforge-{use}-{name}{end}")
        for use in ("deploy", "plan")
        for kind, end in (("role", ""), ("policy", "-*"))
    )


def actions_of(type_: str, action: str) -> frozenset[str]:
    """The IAM actions that Terraform needs for an action of a plan on a resource of this type."""
    entry = CATALOGUE.get(type_)
    if entry is None:
        return frozenset()
    known = entry.actions
    if action == "create":
        passing = ("iam:PassRole",) if known.passes_roles_to else ()
        return frozenset((*known.read, *known.create, *known.tag, *passing))
    if action == "update":
        return frozenset((*known.read, *known.update))
    if action == "destroy":
        return frozenset((*known.read, *known.delete))
    return frozenset((*known.read, *known.create, *known.delete)) if action == "replace" else frozenset(known.read)


def _all(kind: str) -> frozenset[str]:
    return CATALOGUE[kind].actions.all


def _passed_to(subject: Subject) -> list[str]:
    """The services that get roles; `deploy` itself passes the roles of one-off tasks."""
    named = {CATALOGUE[kind].actions.passes_roles_to for kind in subject.types} - {""}
    return sorted(named | {"ecs-tasks.amazonaws.com"})


def _linked(subject: Subject) -> list[str]:
    return sorted({CATALOGUE[kind].actions.service_linked_role for kind in subject.types} - {""})


def _allow_environment_files(made: _Statements) -> None:
    """Allow `deploy` to check that environment files exist."""
    services: Iterable[Service] = made.subject.project.services.values()
    files = {file for each in services for file in each.all_env_files}
    partition = made.subject.account.partition
    for file in sorted(files):
        name = file.removeprefix("s3://") if file.startswith("s3://") else file.rpartition(":::")[2]
        made.add(["s3:GetObject"], f"arn:{partition}:s3:::{name}")
        made.add(["s3:ListBucket"], f"arn:{partition}:s3:::{name.partition('/')[0]}")


def _allow_images(made: _Statements) -> None:
    """Allow to find images and to tag those that run, and to plan the repositories that environments share."""
    project, scope = made.subject.project, made.subject.scope
    if not made.subject.shared_types:
        return
    if project.registry_role is not None:
        made.add(["sts:AssumeRole"], project.registry_role)
    else:
        repositories = scope.repositories
        made.add((each for each in IMAGES if each != "ecr:GetAuthorizationToken"), *repositories)
        made.add(["ecr:GetAuthorizationToken"])
        for kind in made.subject.shared_types:
            for action in CATALOGUE[kind].actions.read:
                made.add([action], *(repositories if action.startswith("ecr:") else scope.resources(action)))
    _allow_state(made, project, writes=False, env=SHARED)


def _allow_state(made: _Statements, project: Project, *, writes: bool, env: str = "") -> None:
    """Allow Terraform to read the state in its bucket, and with `writes` to lock and to write it.

    The state of the shared stack is locked by every deploy, which plans it.
    """
    state, account = project.state, made.subject.account
    if state.backend != "s3" or state.bucket is None:
        return
    bucket = f"arn:{account.partition}:s3:::{state.bucket}"
    key = f"{bucket}/{state_key(project.project_id, env or project.env, state.key_prefix)}"
    made.add(["s3:ListBucket"], bucket)
    made.add([each for each in STATE_READ if each != "s3:ListBucket"], key)
    if state.lock and (writes or env):
        made.add(["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], f"{key}.tflock")
    if writes:
        made.add(["s3:PutObject"], key)
    if state.kms_key is not None:
        arn = state.kms_key if state.kms_key.startswith("arn:") else account.arn("kms", resource="key/*")
        made.add(STATE_KEY if writes or env else ["kms:Decrypt"], arn)
