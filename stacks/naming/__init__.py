"""The AWS names, with their patterns, length limits and shortening, and names in Terraform.

    limits ─> identifiers
           └> stack ─> resources, services ─> names (`Names`, all of an environment)

A name that exceeds its limit is truncated and ends with eight hex digits of the SHA-256 of the whole name, so it is
stable across runs and differs when the whole name differs.
"""

from __future__ import annotations

from stacks.naming.identifiers import (
    FORCE_NEW_DEPLOYMENT,
    IMAGE,
    IMAGES_OUTPUT,
    OFFER,
    PROTECTED_OUTPUT,
    RESERVED_RESOURCE_NAMES,
    RESERVED_SERVICE_NAMES,
    force_new_deployment_variable,
    identifier,
    identifier_of,
    image_variable,
    peer_identifier,
)
from stacks.naming.limits import (
    BUCKET_NAME_LIMIT,
    CACHE_LIMIT,
    HASH_LENGTH,
    ROLE_LIMIT,
    SCHEDULE_LIMIT,
    TARGET_GROUP_LIMIT,
    shortened,
)
from stacks.naming.names import Names
from stacks.naming.stack import (
    DEPLOYED_TAG,
    LOG_ROUTER,
    SHARED,
    ephemeral_names,
    managed_policy,
    shared_repository,
    stack_name,
    state_key,
)

__all__ = [
    "BUCKET_NAME_LIMIT",
    "CACHE_LIMIT",
    "DEPLOYED_TAG",
    "FORCE_NEW_DEPLOYMENT",
    "HASH_LENGTH",
    "IMAGE",
    "IMAGES_OUTPUT",
    "LOG_ROUTER",
    "OFFER",
    "PROTECTED_OUTPUT",
    "RESERVED_RESOURCE_NAMES",
    "RESERVED_SERVICE_NAMES",
    "ROLE_LIMIT",
    "SCHEDULE_LIMIT",
    "SHARED",
    "TARGET_GROUP_LIMIT",
    "Names",
    "ephemeral_names",
    "force_new_deployment_variable",
    "identifier",
    "identifier_of",
    "image_variable",
    "managed_policy",
    "peer_identifier",
    "shared_repository",
    "shortened",
    "stack_name",
    "state_key",
]
