"""The databases and caches of an environment."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.constructs.base import Scope
from stacks.constructs.environment import Environment
from stacks.constructs.network import Subnets
from stacks.constructs.store import Store
from stacks.project.models import Mysql, Postgres, Resource, Valkey


def stores(
    stack: Scope, environment: Environment, subnets: Subnets, resources: Mapping[str, Resource]
) -> dict[str, Store]:
    """Make the databases and caches among `resources`, and return them by name."""
    made: dict[str, Store] = {}
    for name, config in resources.items():
        # Their types of resources are imported only when there is one.
        if isinstance(config, Postgres | Mysql):
            from stacks.constructs.database import Database

            made[name] = Database(stack, environment, subnets, name, config).store
        elif isinstance(config, Valkey):
            from stacks.constructs.cache import Cache

            made[name] = Cache(stack, environment, subnets, name, config).store
    return made
