"""The documents of a pipeline's roles: who may assume them, and their policies in the sizes that IAM allows.

Sources: GitHub Docs, "OpenID Connect reference" (subject claims) and "Configuring OpenID Connect in Amazon Web
Services"; IAM User Guide, "IAM and AWS STS quotas".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from operations.ci.names import AUDIENCE, ISSUER, KINDS, Account, Kind, role_name
from operations.ci.permissions import Subject, assuming_grants, deploy_grants, plan_grants, shared_grants
from stacks.errors import UsageError
from stacks.grants import Grant
from stacks.naming import SHARED, managed_policy
from stacks.policy_split import MANAGED_POLICIES, split
from stacks.project.models import Github, Project

INLINE = "ecsforge"
"""The name of a role's inline policy."""
Document = dict[str, Any]


@dataclass(frozen=True)
class PipelineRole:
    """A role of a pipeline.

    Attributes:
        name: Its name.
        kind: `deploy` or `plan`.
        subject: The subject claim of the tokens that may assume it.
        trust: Its trust policy.
        inline: Its inline policy.
        managed: Its managed policies, by name; empty unless the inline policy would be too large.
    """

    name: str
    kind: Kind
    subject: str
    trust: Document
    inline: Document
    managed: dict[str, Document]

    def to_json(self) -> Document:
        """The role as `ci init --print` prints it."""
        policies = {INLINE: self.inline, **self.managed}
        return {"name": self.name, "trust_policy": self.trust, "policies": policies}


def roles_of(subject: Subject, github: Github) -> tuple[PipelineRole, ...]:
    """The roles of an environment's pipelines, the deploy role first; of the shared stack only that one.

    Raises:
        UsageError: The policies of a role exceed what IAM allows.
    """
    return tuple(_role(kind, subject, github) for kind in kinds_of(subject.project, github))


def kinds_of(project: Project, github: Github) -> tuple[Kind, ...]:
    """The roles that an environment has. One that is not planned on pull requests has no plan role."""
    return KINDS if is_planned(project, github) else ("deploy",)


def is_planned(project: Project, github: Github) -> bool:
    """Whether an environment is planned on pull requests.

    Anyone who can push a branch can change what its jobs run, and so read what the plan role may read. A role of
    `assume_role` may do more than read.
    """
    if project.env == SHARED or project.assume_role is not None:
        return False
    return github.plan_protected or not project.protected


def assumed_policies(subject: Subject) -> Document:
    """What the role of `assume_role` needs for deploys, by the name of each policy."""
    parts = _policies(deploy_grants(subject), "ecsforge-deploy")
    return {INLINE: parts[0], **parts[1]}


def subject_claim(kind: Kind, github: Github, env: str) -> str:
    """The subject of the tokens that may assume a role.

    GitHub gives jobs with an `environment` its name, and jobs of a pull request, whatever branch it is from, another.
    """
    return f"repo:{github.repository}:{f'environment:{env}' if kind == 'deploy' else 'pull_request'}"


def trust_policy(account: Account, subject: str) -> Document:
    """The trust policy that lets only tokens of GitHub with this subject assume a role."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": account.provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject}},
            }
        ],
    }


def _role(kind: Kind, subject: Subject, github: Github) -> PipelineRole:
    project = subject.project
    name, claim = role_name(kind, project.project_id, project.env), subject_claim(kind, github, project.env)
    inline, managed = _policies(_grants(kind, subject), name)
    return PipelineRole(name, kind, claim, trust_policy(subject.account, claim), inline, managed)


def _grants(kind: Kind, subject: Subject) -> list[Grant]:
    if subject.project.assume_role is not None:
        return assuming_grants(subject.project.assume_role)
    if subject.project.env == SHARED:
        return shared_grants(subject)
    return deploy_grants(subject) if kind == "deploy" else plan_grants(subject)


def _policies(grants: Sequence[Grant], role: str) -> tuple[Document, dict[str, Document]]:
    """The inline policy and the managed policies with these statements."""
    documents = split(grants)
    if documents is None or len(documents) > MANAGED_POLICIES + 1:
        what = "the permissions of the role exceed the policies that IAM allows"
        raise UsageError.of(role, what, fix="deploy with fewer resource types in one environment")
    first, *rest = [_document(_renamed([part.of(grants) for part in parts])) for parts in documents]
    return first, {managed_policy(role, number): each for number, each in enumerate(rest, start=1)}


def _renamed(grants: Sequence[Grant]) -> Iterator[Grant]:
    """The statements; parts of the same one get different IDs."""
    seen: dict[str, int] = {}
    for grant in grants:
        seen[grant.sid] = seen.get(grant.sid, 0) + 1
        yield grant if seen[grant.sid] == 1 else replace(grant, sid=f"{grant.sid}Part{seen[grant.sid]}")


def _document(grants: Iterator[Grant]) -> Document:
    return {"Version": "2012-10-17", "Statement": [grant.rendered() for grant in grants]}
