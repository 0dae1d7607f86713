"""IAM roles and their policies."""

from __future__ import annotations

from stacks.resources.model import PERMISSIONS, Listing, NameImport, ResourceType, Shown

TYPES = (
    # The tagging API does not return roles; `operations.deploy.orphans` finds them by name.
    ResourceType(
        "aws_iam_role",
        "role",
        PERMISSIONS,
        listing=Listing("iam", "list_roles", "Roles[].RoleName"),
        sets=frozenset({"inline_policy", "managed_policy_arns"}),
    ),
    ResourceType("aws_iam_role_policy", "role policy", PERMISSIONS),
    ResourceType(
        "aws_iam_policy",
        "managed policy",
        PERMISSIONS,
        name_import=NameImport("policy", ("name",), "{id}"),
        listing=Listing("iam", "list_policies", "Policies[].PolicyName", {"Scope": "Local"}),
    ),
    ResourceType(
        "aws_iam_role_policy_attachment", "role policy attachment", PERMISSIONS, shown=(Shown("policy_arn", "policy"),)
    ),
)
