"""IAM roles and their policies."""

from __future__ import annotations

from stacks.resources.actions import REVERSED, Actions, of, put_back
from stacks.resources.model import PERMISSIONS, Listing, NameImport, ResourceType, Shown

TYPES = (
    # The tagging API does not return roles; `operations.deploy.orphans` finds them by name.
    ResourceType(
        "aws_iam_role",
        "role",
        PERMISSIONS,
        listing=Listing("iam", "list_roles", "Roles[].RoleName"),
        sets=frozenset({"inline_policy", "managed_policy_arns"}),
        actions=Actions(
            read=of("iam", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"),
            create=of("iam", "CreateRole"),
            update=of(
                "iam",
                "DeleteRolePermissionsBoundary",
                "PutRolePermissionsBoundary",
                "UpdateAssumeRolePolicy",
                "UpdateRoleDescription",
            ),
            delete=of("iam", "DeleteRole", "ListInstanceProfilesForRole"),
            tag=of("iam", "TagRole", "UntagRole"),
            unrecorded={
                "iam:DeleteRolePermissionsBoundary": REVERSED,
                "iam:UpdateAssumeRolePolicy": put_back("iam/role.go"),
                "iam:UpdateRoleDescription": put_back("iam/role.go"),
            },
        ),
    ),
    ResourceType(
        "aws_iam_role_policy",
        "role policy",
        PERMISSIONS,
        actions=Actions(
            read=of("iam", "GetRolePolicy"),
            create=of("iam", "PutRolePolicy"),
            update=of("iam", "PutRolePolicy"),
            delete=of("iam", "DeleteRolePolicy"),
        ),
    ),
    ResourceType(
        "aws_iam_policy",
        "managed policy",
        PERMISSIONS,
        name_import=NameImport("policy", ("name",), "{id}"),
        listing=Listing("iam", "list_policies", "Policies[].PolicyName", {"Scope": "Local"}),
        actions=Actions(
            read=of("iam", "GetPolicy", "GetPolicyVersion"),
            create=of("iam", "CreatePolicy"),
            update=of("iam", "CreatePolicyVersion", "DeletePolicyVersion", "ListPolicyVersions"),
            delete=of("iam", "DeletePolicy", "DeletePolicyVersion", "ListPolicyVersions"),
            tag=of("iam", "TagPolicy", "UntagPolicy"),
        ),
    ),
    ResourceType(
        "aws_iam_role_policy_attachment",
        "role policy attachment",
        PERMISSIONS,
        shown=(Shown("policy_arn", "policy"),),
        actions=Actions(
            read=of("iam", "ListAttachedRolePolicies"),
            create=of("iam", "AttachRolePolicy"),
            delete=of("iam", "DetachRolePolicy"),
        ),
    ),
)
