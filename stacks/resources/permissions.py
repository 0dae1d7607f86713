"""IAM roles and their policies."""

from __future__ import annotations

from stacks.resources.model import PERMISSIONS, Listing, ResourceType

TYPES = (
    # The tagging API does not return roles; `operations.deploy.orphans` finds them by name.
    ResourceType("aws_iam_role", "role", PERMISSIONS, listing=Listing("iam", "list_roles", "Roles[].RoleName")),
    ResourceType("aws_iam_role_policy", "role policy", PERMISSIONS),
    ResourceType("aws_iam_role_policy_attachment", "role policy attachment", PERMISSIONS),
)
