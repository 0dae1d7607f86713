"""Names in Terraform: identifiers, variables, outputs and local values."""

from __future__ import annotations

import hashlib
import re

from stacks.naming.limits import HASH_LENGTH

IDENTIFIER_LIMIT = 40

FORCE_NEW_DEPLOYMENT = "_force_new_deployment"
"""The end of the name of the variable that forces a new deployment of a service."""

IMAGE = "_image"
"""The end of the name of the variable for the image of a service."""

IMAGES_OUTPUT = "images"
"""The output that records in the state which image each service runs."""

PROTECTED_OUTPUT = "protected"
"""The output that records in the state whether the environment is deployed as protected."""

OFFER = "ecsforge"
"""The local value with what a stack offers to the user's own Terraform."""

RESERVED_SERVICE_NAMES = frozenset({"access-logs", "endpoints", "exec", "flow-logs", "load-balancer", "main", "waf"})
"""Names of shared resources; a service with such a name would have the same Terraform address."""

RESERVED_RESOURCE_NAMES = RESERVED_SERVICE_NAMES | {"alarms"}
"""The same for `resources`: a topic `alarms` would have the name and the address of the alarm topic."""


def identifier(name: str) -> str:
    """A Terraform identifier for a name of the project file: dashes become underscores."""
    return name.replace("-", "_")


def identifier_of(text: str) -> str:
    """A Terraform identifier for any text: letters and digits stay, other characters are replaced and a hash is added.

    Items of a list in the project file are addressed by it and not by their index, so that removing an item does not
    change the addresses of the others.
    """
    if text.isascii() and text.isalnum():
        return text
    readable = re.sub("[^A-Za-z0-9]+", "_", text).strip("_")[:IDENTIFIER_LIMIT]
    return f"{readable}_{hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]}".lstrip("_")


def peer_identifier(peer: str) -> str:
    """A Terraform identifier for an IPv4 range (`10_0_0_0_8`, `anywhere`) or the id of a group or subnet."""
    return "anywhere" if peer == "0.0.0.0/0" else re.sub("[^a-z0-9]", "_", peer)


def force_new_deployment_variable(id: str) -> str:
    """The Terraform variable that forces a new deployment of the service with the Terraform identifier `id`."""
    return f"{id}{FORCE_NEW_DEPLOYMENT}"


def image_variable(id: str) -> str:
    """The Terraform variable for the image of the service with the Terraform identifier `id`."""
    return f"{id}{IMAGE}"
