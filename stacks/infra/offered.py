"""What `local.ecsforge` has, for the references to it in the project file. `stacks/constructs/offer.py` makes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

SERVICES, RESOURCES = "services", "resources"
_OF_SERVICE = ("security_group_id", "task_role_name", "execution_role_name", "log_group_name", "target_group_arn")
OFFERED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("project_id", "env", "region", "account_id", "kms_key_arn", "vpc_id", "cluster_arn"), ()),
    **dict.fromkeys(("tags", "public_subnet_ids", "private_subnet_ids"), ()),
    "load_balancer": ("arn", "dns_name", "zone_id", "security_group_id", "listener_arns"),
    SERVICES: _OF_SERVICE,
    RESOURCES: (),
}
"""Its attributes, each with those of its own: of a service for `services`."""
SEVERAL = frozenset({"tags", "public_subnet_ids", "private_subnet_ids", "load_balancer", SERVICES, RESOURCES})
"""The attributes with several values."""


def unknown_part(names: tuple[str, ...], members: Mapping[str, Collection[str]]) -> tuple[str, Collection[str]] | None:
    """The reference up to the first name that `local.ecsforge` does not have, and what could be there.

    `names` are those after `local.ecsforge`; `members` the names of the services and of the resources.
    """
    known: list[Collection[str]] = [OFFERED]
    if names[0] in members:
        known += [members[names[0]], OFFERED[names[0]]]
    elif OFFERED.get(names[0]):
        known.append(OFFERED[names[0]])
    for index, (name, choices) in enumerate(zip(names, known, strict=False)):
        if choices and name not in choices:
            return ".".join(names[: index + 1]), choices
    return None
