"""What services need of a data store: its security group, the variables and secrets, and who may connect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.naming import identifier
from stacks.project.models import Service


@dataclass(frozen=True)
class Store:
    """A data store that services connect to. Expressions are Terraform's, with `${}`.

    Attributes:
        name: Its name in the project file.
        port: Its TCP port.
        group: Its security group, which allows nothing but the services that use it.
        ready: What has to exist before a client can connect.
        values: The expressions of its properties that are not secret: `host`, `port`, `url` of a cache.
        secrets: What ECS reads for the properties that are secret: `url` and `password` of a database.
        secret_arn: The ARN of the secret with all properties; None without one.
        outputs: What the output `resources` says about it.
    """

    name: str
    port: int
    group: SecurityGroup
    ready: tuple[Any, ...]
    values: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    secret_arn: str | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)

    def admit(self, service: str, tasks: SecurityGroup, *, restricted: bool) -> tuple[Any, ...]:
        """Let the tasks of a service connect, and return what else has to exist before they can.

        `restricted` is whether the tasks can't reach everything: then they get a rule for the store.
        """
        client, server = Peer(security_group_id=tasks.id), Peer(security_group_id=self.group.id)
        rule = self.group.allow_in(f"from_{identifier(service)}", client, self.port, f"Tasks of {service}")
        if restricted:
            tasks.allow_out(f"to_{identifier(self.name)}", server, self.port, f"The resource {self.name}")
        return (*self.ready, rule)

    def environment_of(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The environment variables of a client, from the variable of each property."""
        return {variable: self.values[key] for key, variable in variables.items() if key in self.values}

    def secrets_of(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The secrets of a client in the form of ECS, from the variable of each property."""
        return {variable: self.secrets[key] for key, variable in variables.items() if key in self.secrets}


class UsedStores:
    """What one service uses: the databases and caches, to which it is admitted.

    Attributes:
        environment: The environment variables, as Terraform expressions.
        secrets: The secrets in the form of ECS, by variable.
        ready: What has to exist before a task can connect.
        by_ecs: The databases whose secrets ECS reads for the tasks, each with the ARN of its secret.
        by_tasks: The databases whose secrets the containers may read.
    """

    def __init__(self, service: str, config: Service, stores: Mapping[str, Store], tasks: SecurityGroup) -> None:
        self.environment: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        self.by_ecs: dict[str, str] = {}
        self.by_tasks: dict[str, str] = {}
        ready: list[Any] = []
        for name, use in config.uses.items():
            store = stores.get(name)
            if store is None:
                continue
            ready += store.admit(service, tasks, restricted=config.egress != "open")
            self.environment |= store.environment_of(use.variables)
            secrets = store.secrets_of(use.variables)
            self.secrets |= secrets
            if secrets and store.secret_arn:
                self.by_ecs[name] = store.secret_arn
            if use.secret_arn and store.secret_arn:
                self.by_tasks[name] = store.secret_arn
        self.ready = tuple(ready)
