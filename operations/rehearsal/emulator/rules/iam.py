"""Roles and policies that IAM refuses.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html ("IAM doesn't count white space when
calculating the size of a policy"), and the pages of the operations in https://docs.aws.amazon.com/IAM/latest/APIReference/.
"""

from __future__ import annotations

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.principals import invalid_principals, role_of

INLINE, MANAGED, TRUST, ATTACHED = 10_240, 6_144, 2_048, 10
"""The quotas: characters of all inline policies of a role, of a managed and of a trust policy, and attachments."""
LIMIT = "LimitExceeded"


def characters(document: str) -> int:
    """The size of a policy, without white space."""
    return len("".join(document.split()))


@rule("iam", "PutRolePolicy")
def inline_policies(request: Request) -> None:
    """Inline policies of a role that are too large in sum."""
    role = role_of(request, request.parameters["RoleName"])
    others = {} if role is None else dict(role.policies)
    others[request.parameters["PolicyName"]] = request.parameters["PolicyDocument"]
    text = f"Maximum policy size of {INLINE} bytes exceeded for role {request.parameters['RoleName']}"
    refused_unless(sum(map(characters, others.values())) <= INLINE, LIMIT, text)


@rule("iam", "CreatePolicy", "CreatePolicyVersion")
def managed_policy(request: Request) -> None:
    """A managed policy that is too large."""
    size = characters(request.parameters["PolicyDocument"])
    refused_unless(size <= MANAGED, LIMIT, f"Cannot exceed quota for PolicySize: {MANAGED}")


@rule("iam", "CreateRole", "UpdateAssumeRolePolicy")
def trust_policy(request: Request) -> None:
    """A trust policy that is too large, or with a principal that does not exist."""
    document = request.parameters.get("AssumeRolePolicyDocument") or request.parameters.get("PolicyDocument", "")
    refused_unless(characters(document) <= TRUST, LIMIT, f"Cannot exceed quota for ACLSizePerRole: {TRUST}")
    for kind, name in invalid_principals(request, document):
        shown = "SERVICE" if kind == "Service" else kind
        raise Refused("MalformedPolicyDocument", f'Invalid principal in policy: "{shown}":"{name}"')


@rule("iam", "AttachRolePolicy")
def attachments(request: Request) -> None:
    """More managed policies than the quota of a role."""
    role = role_of(request, request.parameters["RoleName"])
    attached = set(role.managed_policies) if role is not None else set()
    fits = request.parameters["PolicyArn"] in attached or len(attached) < ATTACHED
    refused_unless(fits, LIMIT, f"Cannot exceed quota for PoliciesPerRole: {ATTACHED}")


@rule("iam", "CreateRole", "PutRolePermissionsBoundary")
def boundary(request: Request) -> None:
    """A permissions boundary that does not exist."""
    arn = request.parameters.get("PermissionsBoundary")
    known = arn is None or arn in request.backend().managed_policies
    refused_unless(known, "NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")


@rule("iam", "DeleteRole")
def role_in_use(request: Request) -> None:
    """A role with policies, or in an instance profile."""
    role = role_of(request, request.parameters["RoleName"])
    if role is not None:
        text = "Cannot delete entity, must"
        refused_unless(not role.managed_policies, "DeleteConflict", f"{text} detach all policies first.")
        refused_unless(not role.policies, "DeleteConflict", f"{text} delete policies first.")
        profiles = request.backend().instance_profiles.values()
        used = any(each.name == role.name for profile in profiles for each in profile.roles)
        refused_unless(not used, "DeleteConflict", f"{text} remove roles from instance profile first.")


@rule("iam", "DeletePolicy")
def policy_in_use(request: Request) -> None:
    """A managed policy that is attached."""
    policy = request.backend().managed_policies.get(request.parameters["PolicyArn"])
    attached = policy is not None and policy.attachment_count > 0
    refused_unless(not attached, "DeleteConflict", "Cannot delete a policy attached to entities.")
