"""Terraform addresses in plain words: `aws_lb_target_group.web` is the target group of service `web`.

Synthesis records which service owns an address (`stacks.output`). For an address that is no longer in the
configuration, the owner is derived from the name: `<service>` or `<service>_<role>`, with dashes as underscores
(`stacks.naming`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from stacks.naming import RESERVED_SERVICE_NAMES, identifier
from stacks.resources import CATALOGUE, OTHER, OWN, resource_type
from stacks.sources import Sources

Origin = Literal["stack", "own", "unknown"]
"""Who wrote the block of a resource: ecsforge or the user."""

CLUSTER_ADDRESS = "aws_ecs_cluster.web_cluster"
"""The address of the cluster, which every stack has."""

UNNAMED = frozenset(
    {
        *("aws_appautoscaling_target", "aws_cloudwatch_metric_alarm"),
        *("aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"),
    }
)
"""The types with tags of which a stack's own resources have no tag `Name`."""
_SHARED_NAMES = frozenset(map(identifier, RESERVED_SERVICE_NAMES))
_ADDRESS = re.compile(
    r"(?P<module>(?:module\.[\w-]+(?:\[[^]]*])?\.)*)"
    r"(?P<data>data\.)?(?P<type>\w+)\.(?P<name>[\w-]+)(?P<index>\[.*])?"
)


@dataclass(frozen=True)
class Owners:
    """The service that each resource belongs to.

    Attributes:
        by_address: The service that owns each address of the configuration; None for shared resources.
        services: The names of the project's services, in the order of the project file.
        sources: Where the user's own Terraform comes from.
    """

    by_address: Mapping[str, str | None] = field(default_factory=dict)
    services: tuple[str, ...] = ()
    sources: Sources = field(default_factory=Sources)


@dataclass(frozen=True)
class Place:
    """The service or group that a resource belongs to, and its name in messages.

    Attributes:
        service: The service that owns it; None for a shared resource.
        group: Its heading in a summary: the service's name, or one of `stacks.resources.GROUPS`.
        name: Its name, qualified if there are several: `execution role`, `public subnet 0`.
    """

    service: str | None
    group: str
    name: str

    def __str__(self) -> str:
        if self.service is None:
            return self.name
        if self.name == "service":
            return f"service `{self.service}`"
        return f"{self.name} of service `{self.service}`"


def place(address: str, owners: Owners) -> Place:
    """The place of the resource at `address`."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return Place(None, OTHER, _provider(address))
    kind = resource_type(f"{match['data'] or ''}{match['type']}")
    name, index = match["name"], match["index"] or ""
    configured = _configured(match)
    if _is_own(match, configured, owners):
        return Place(None, OWN, address)
    if configured in owners.by_address:
        service = owners.by_address[configured]
    else:
        service = None if kind.shared else _owner_by_name(name, owners.services)
    if service is None:
        group = kind.group_by_name.get(name, kind.group)
        return Place(None, group, _qualified(kind.name, f"{name}{index}"))
    role = f"{name}{index}".removeprefix(identifier(service)).lstrip("_")
    return Place(service, service, _qualified(kind.name, role))


def _configured(match: re.Match[str]) -> str:
    """The address in the configuration, which all instances of a resource share."""
    return f"{match['module']}{match['data'] or ''}{match['type']}.{match['name']}"


def _is_own(match: re.Match[str], configured: str, owners: Owners) -> bool:
    """Whether a resource is one of the user's own Terraform, or was until its file was removed."""
    own = owners.sources
    if configured in own.addresses or not own.files:
        return configured in own.addresses
    is_known = f"{match['data'] or ''}{match['type']}" in CATALOGUE or match["type"] in CATALOGUE
    return bool(match["module"]) or (configured not in owners.by_address and not is_known)


def origin(address: str, owners: Owners) -> Origin:
    """Whether the resource at `address` is one of the stack or of the user's own Terraform.

    `unknown` when it is in neither any more, and could have been in both.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return "stack"
    configured = _configured(match)
    if match["module"] or _is_own(match, configured, owners):
        return "own"
    return "stack" if configured in owners.by_address or not owners.sources.files else "unknown"


def with_removed(owners: Owners, resources: Iterable[tuple[str, Mapping[str, Any]]]) -> Owners:
    """The owners, with what was in the user's own Terraform until its file was removed.

    Args:
        owners: The owners of what is in the configuration.
        resources: The addresses of deployed resources with their attributes. One that is not in the configuration is
            the user's if it has tags but no `Name`, which those of a stack have.
    """
    removed = frozenset(_removed(owners, resources))
    if not removed:
        return owners
    return replace(owners, sources=replace(owners.sources, addresses=owners.sources.addresses | removed))


def _removed(owners: Owners, resources: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    for address, attributes in resources:
        match = _ADDRESS.fullmatch(address)
        if match is None or not owners.by_address or match["type"] in UNNAMED or "tags" not in attributes:
            continue
        configured = _configured(match)
        if configured not in owners.by_address and "Name" not in (attributes["tags"] or {}):
            yield configured


def logical_name(address: str) -> str:
    """The logical name in an address, without module and index; empty for what is not the address of a resource."""
    match = _ADDRESS.fullmatch(address)
    return match["name"] if match else ""


def is_address(text: str) -> bool:
    """Whether `text` is the address of a resource or data source, not of a provider."""
    return bool(_ADDRESS.fullmatch(text))


def _owner_by_name(name: str, services: tuple[str, ...]) -> str | None:
    """The service with the longest name that `name` equals or begins with: `api_v2_task` is `api-v2`'s, not `api`'s."""
    if name in _SHARED_NAMES:
        return None
    owners = [service for service in services if f"{name}_".startswith(f"{identifier(service)}_")]
    return max(owners, key=len, default=None)


def _qualified(name: str, role: str) -> str:
    """`name` with `role` before it, without `main` and words that repeat the name; numbers come last."""
    words = [word for word in re.split(r"[_\W]+", role) if word and word != "main"]
    texts, numbers = ([word for word in words if word.isdigit() is digits] for digits in (False, True))
    own = name.lower().split()
    repeated = next((size for size in range(len(texts), 0, -1) if texts[-size:] == own[:size]), 0)
    return " ".join([*texts[: len(texts) - repeated], name, *numbers])


def _provider(address: str) -> str:
    """Diagnostics about a provider name it as `provider["registry.terraform.io/hashicorp/aws"]`."""
    match = re.fullmatch(r'provider\["[^"]*/([\w-]+)"](?:\.\w+)?', address)
    return f"{match[1].upper()} provider" if match else address
