"""The order of arguments: names, then the resources it belongs to, then the others by name, and tags last.

https://developer.hashicorp.com/terraform/language/style#resource-order
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

META = ("provider", "count", "for_each")
"""Meta-arguments, which come first in a resource."""

CLOSING = ("tags", "tags_all", "timeouts")
"""Arguments that come last in a resource."""

_LEADING = (
    # terraform, provider, variable and output blocks
    *("alias", "source", "version", "required_version", "region", "zone_id"),
    # policies
    *("Version", "Id", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"),
    # names
    *("Name", "name", "name_prefix", "alarm_name", "family", "bucket", "filename", "identifier", "id", "key"),
    *(
        "type",
        "description",
        "alarm_description",
        "enabled",
        "status",
        "priority",
        "effect",
        "scope",
        "default",
        "value",
    ),
    # parents
    *("vpc_id", "vpc_endpoint_id", "cluster", "cluster_name", "role", "load_balancer_arn", "listener_arn"),
    *("security_group_id", "subnet_id", "allocation_id", "route_table_id", "file_system_id", "topic_arn"),
    # groups that belong together
    *("cidr_block", "destination_cidr_block", "gateway_id", "nat_gateway_id", "availability_zone"),
    *("cidr_ipv4", "cidr_ipv6", "referenced_security_group_id", "prefix_list_id", "ip_protocol", "protocol", "port"),
    *("from_port", "to_port", "service_name", "vpc_endpoint_type", "container_name", "container_port"),
    *("service_namespace", "resource_id", "scalable_dimension", "policy_type", "min_capacity", "max_capacity"),
    *("metric_name", "namespace", "statistic", "stat", "period", "evaluation_periods", "datapoints_to_alarm"),
    *("comparison_operator", "threshold", "path", "matcher", "interval", "timeout", "healthy_threshold"),
    *(
        "unhealthy_threshold",
        "capacity_provider",
        "base",
        "weight",
        "cpu",
        "memory",
        "task_definition",
        "desired_count",
    ),
)
_RANK = {name: rank for rank, name in enumerate(_LEADING)}


def in_reading_order(arguments: Mapping[str, Any]) -> list[str]:
    """The argument names: well-known ones first, then single values, then lists and objects, each alphabetically."""

    def place(name: str) -> tuple[int, bool, str]:
        composed = isinstance(arguments[name], Mapping | list) and bool(arguments[name])
        return _RANK.get(name, len(_RANK)), composed and name not in _RANK, name

    return sorted(arguments, key=place)
