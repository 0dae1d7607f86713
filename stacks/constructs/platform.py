"""What the services of an environment share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stacks.constructs.alarms import AlarmTopic
from stacks.constructs.cluster import Cluster
from stacks.constructs.existing_load_balancer import ExistingLoadBalancer
from stacks.constructs.load_balancer import LoadBalancer
from stacks.constructs.network import Subnets
from stacks.constructs.network_load_balancer import NetworkLoadBalancer
from stacks.constructs.service_connect import ServiceConnectNamespace
from stacks.constructs.store import Store


@dataclass(frozen=True)
class Platform:
    """The constructs that the services of an environment share; None where no service needs it.

    `stores` are the databases and caches by name.
    """

    subnets: Subnets
    cluster: Cluster
    load_balancer: LoadBalancer | ExistingLoadBalancer | None
    network_load_balancer: NetworkLoadBalancer | None
    namespace: ServiceConnectNamespace | None
    alarm_topic: AlarmTopic | None
    stores: Mapping[str, Store] = field(default_factory=dict)
