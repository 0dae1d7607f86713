"""The roles of pipelines, with the requests of rehearsed lives, and why a role has an action that no request needs.

    python -m tests.support.measured_roles shop dev deploy

prints the granted actions of a role, each with what used it or the reason.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from operations.ci.documents import PipelineRole
from operations.ci.permissions import Subject
from operations.iam.document import parse
from operations.iam.evaluate import Policies, decide
from operations.iam.own_actions import (
    CHECKS,
    DEPLOY,
    IMAGES,
    OWN_ROLE,
    READ,
    RELEASE,
    STATE_KEY,
    STATE_READ,
    STATE_WRITE,
    TASKS,
)
from operations.iam.request import Principal, Request
from stacks.resources import CATALOGUE
from tests.support.emulator_with_policies import Asked, without_identifiers
from tests.support.pipelines import ENVIRONMENTS, roles, subject
from tests.support.record_provider_calls import recorded_calls
from tests.support.record_requests import is_recorded, recorded

MEASURED = [each for each in ENVIRONMENTS if is_recorded(*each)]
BOUNDARY = frozenset({"AttachRolePolicy", "CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy"})
READING = {action for entry in CATALOGUE.values() for action in entry.actions.read}
PROTECTED = ("ci.github.plan_protected=true",)
OWN = {
    "read by ecsforge": {*READ, *CHECKS, *OWN_ROLE},
    "changed by ecsforge": {*DEPLOY, *IMAGES, *TASKS, *RELEASE},
    "of the state": {*STATE_READ, *STATE_WRITE, *STATE_KEY},
    "of the image repositories, which every deploy plans": {
        action for kind in CATALOGUE if "ecr" in kind or "kms" in kind for action in CATALOGUE[kind].actions.read
    },
    "once in an account": {"iam:CreateServiceLinkedRole"},
    "to assume the role of the registry": {"sts:AssumeRole"},
}
"""The actions that Terraform does not use for resources, with the reason. Their own tests compare them with calls."""
OWN_POLICIES = {"rails-shop": ("cloudfront:",)}
"""What the Terraform of a project's own needs beyond the catalogue, for which its roles have a policy of the user's."""


@dataclass(frozen=True)
class Measured:
    """A role, and the requests of the environment's life."""

    spec: str
    env: str
    role: PipelineRole
    requests: tuple[Asked, ...]

    @property
    def subject(self) -> Subject:
        """What the role's permissions depend on."""
        return subject(self.spec, self.env, *PROTECTED)

    def denied(self) -> Iterator[str]:
        """The requests that the policies do not allow. A call may not contain the resource of a further action."""
        documents = {"inline": self.role.inline, **self.role.managed}
        # A project file may name what AWS assigned, such as the listener of an existing load balancer.
        texts = {name: without_identifiers(json.dumps(document)) for name, document in documents.items()}
        policies = Policies(tuple(parse(json.loads(text), name) for name, text in texts.items()))
        account, boundary = self.subject.account, self.subject.project.permissions_boundary
        named = {arn for policy in policies.identity for each in policy.statements if each.resources
                 for arn in each.resources.values}  # fmt: skip
        for asked in self.requests:
            bounded = asked.action.partition(":")[2] in BOUNDARY and asked.action.startswith("iam:")
            context = {**asked.context, **({"iam:PermissionsBoundary": boundary} if bounded and boundary else {})}
            if ":listener-rule/" in asked.resource:  # a request does not name the tags of what it changes
                project = self.subject.project
                context |= {"aws:ResourceTag/Project": project.project_id, "aws:ResourceTag/Environment": project.env}
            principal = Principal("AWS", account.iam(f"role/{self.role.name}"))
            request = Request(principal, asked.action, "", context, account.account_id)
            resources = {asked.resource, *(named if asked.resource == "*" else ())}
            if not any(decide(policies, replace(request, resource=each)).allowed for each in resources):
                yield f"{asked.action} on {asked.resource}"

    def granted(self) -> frozenset[str]:
        """The actions that the policies allow."""
        statements = [each for one in (self.role.inline, *self.role.managed.values()) for each in one["Statement"]]
        return frozenset(action for each in statements if each["Effect"] == "Allow" for action in each["Action"])

    def used(self) -> frozenset[str]:
        """The actions of the requests."""
        return frozenset(asked.action for asked in self.requests)


def is_own(spec: str, env: str, asked: Asked) -> bool:
    """Whether a request is one of the environment's role, and not of the role that deploys the image repositories.

    Nor of a policy that the user attached.
    """
    found = subject(spec, env, *PROTECTED)
    if asked.action.startswith(OWN_POLICIES.get(spec, ())):
        return False
    if found.project.registry_role is None:
        return True
    parts = asked.resource.split(":")
    if len(parts) > 5:
        return parts[4] in ("", "*", "aws", found.account.account_id)
    own, shared = ({a for kind in types for a in CATALOGUE[kind].actions.all}
                   for types in (found.types, found.shared_types))  # fmt: skip
    return asked.action in own or asked.action not in shared


def measured(spec: str, env: str, kind: str) -> Measured:
    """A role with the requests that it has to be allowed: the reading ones for a plan role."""
    by_terraform = (each for each in recorded(spec, env) if each.client == "terraform")
    requests = tuple(each for each in by_terraform if is_own(spec, env, each))
    if kind == "plan":
        types = subject(spec, env, *PROTECTED).types
        calls = {(each.step, each.action) for each in recorded_calls() if each.type in types}
        reading = READING - {action for step, action in calls if step == "apply" and ("read", action) not in calls}
        requests = tuple(each for each in requests if each.action in reading)
    return Measured(spec, env, roles(spec, env, *PROTECTED)[kind], requests)


def reason(spec: str, env: str, action: str) -> str | None:
    """Why an action is granted that no request of the life uses; None without a reason."""
    types = {*subject(spec, env, *PROTECTED).types}
    known = [CATALOGUE[kind].actions for kind in types]
    for text, actions in OWN.items():
        if action in actions:
            return text
    if found := next((each.unrecorded[action] for each in known if action in each.unrecorded), None):
        return found
    calls = {each.action for each in recorded_calls() if each.type in types}
    if any(action in each.all for each in known):
        # Checked by tests/e2e/test_actions.py, in both directions.
        return "used by another rehearsal" if action in calls else "used by a change of tests/e2e/changes"
    return None


def table(role: Measured) -> Iterator[str]:
    """A line for each granted action: what used it, or the reason."""
    for action in sorted(role.granted()):
        used = sorted({asked.resource for asked in role.requests if asked.action == action})
        more = f" and {len(used) - 1} more" if len(used) > 1 else ""
        found = f"used on {used[0]}{more}" if used else reason(role.spec, role.env, action)
        yield f"{action:60} {found}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(table(measured(*sys.argv[1:4]))) + "\n")
