"""The catalogue of resource types: everything that ecsforge knows about a Terraform type, in one entry per type.

Plans, progress, recovery, the inventory of an account and the rendering of HCL use it. `Construct.make` rejects a type
without an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stacks.resources import (
    alarms,
    buckets,
    cluster,
    data_sources,
    databases,
    domain,
    encryption,
    load_balancer,
    logs,
    network,
    permissions,
    security_groups,
    storage,
)
from stacks.resources.model import (
    GROUPS,
    OTHER,
    OWN,
    PRICES_OF,
    ArnImport,
    Billed,
    Condition,
    DataLoss,
    Detail,
    Listing,
    Lookup,
    NameImport,
    NewRevision,
    Note,
    Public,
    ResourceType,
    Risk,
    Shown,
)

_MODULES = (
    *(load_balancer, domain, cluster, network, security_groups, permissions),
    *(storage, buckets, databases, logs, alarms, encryption, data_sources),
)
CATALOGUE: Mapping[str, ResourceType] = MappingProxyType(
    {entry.type: entry for module in _MODULES for entry in module.TYPES}
)
"""Every type that a construct creates, by Terraform's name for it."""


def resource_type(name: str) -> ResourceType:
    """The entry of a Terraform type.

    A type that ecsforge does not create, such as one in a state from an earlier version, has a generic entry: the name
    of `aws_ssm_parameter` is `ssm parameter`.
    """
    kind = name.removeprefix("data.")
    return (
        CATALOGUE.get(name)
        or CATALOGUE.get(kind)
        or ResourceType(name, kind.removeprefix("aws_").replace("_", " "), OTHER)
    )


__all__ = [
    "CATALOGUE",
    "GROUPS",
    "OTHER",
    "OWN",
    "PRICES_OF",
    "ArnImport",
    "Billed",
    "Condition",
    "DataLoss",
    "Detail",
    "Listing",
    "Lookup",
    "NameImport",
    "NewRevision",
    "Note",
    "Public",
    "ResourceType",
    "Risk",
    "Shown",
    "resource_type",
]
