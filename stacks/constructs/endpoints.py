"""The endpoints of Service Connect, and the order in which connected services are created.

A task discovers the endpoints of its namespace when its deployment starts, and new ones only with the next deployment
(ECS Developer Guide, "Amazon ECS Service Connect components"). So a service is created after those that it calls, and
redeployed when the endpoints of the others change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacks.project.models import Service, written


@dataclass(frozen=True)
class Endpoint:
    """The name and port at which other services reach a connected service."""

    alias: str
    port: int

    def __str__(self) -> str:
        return f"{self.alias}:{self.port}"


@dataclass(frozen=True)
class Connection:
    """What a connected service needs from the others.

    `endpoints` are those of all other services; `after` names the services that are created first.
    """

    endpoints: tuple[Endpoint, ...] = ()
    after: tuple[str, ...] = ()


def connections_of(services: Mapping[str, Service]) -> dict[str, Connection]:
    """The connection of each service with `connect`."""
    endpoints, first = endpoints_of(services), called_first(services)
    return {
        name: Connection(
            endpoints=tuple(endpoint for server, endpoint in endpoints.items() if server != name),
            after=first.get(name, ()),
        )
        for name, service in services.items()
        if service.connect
    }


def endpoint_of(name: str, service: Service) -> Endpoint | None:
    """The endpoint of a connected service; None without a port."""
    port = service.reached_port
    if not service.connect or port is None:
        return None
    if isinstance(service.connect, bool):
        return Endpoint(name, port)
    return Endpoint(service.connect.alias or name, service.connect.port or port)


def endpoints_of(services: Mapping[str, Service]) -> dict[str, Endpoint]:
    """The endpoint of each connected service that has one."""
    found = {name: endpoint_of(name, service) for name, service in services.items()}
    return {name: endpoint for name, endpoint in found.items() if endpoint is not None}


def _texts(service: Service) -> Iterator[str]:
    """The texts in which a service's containers find the addresses that they call."""
    yield from (*written(service.environment.values()), *service.command)
    for sidecar in service.sidecars.values():
        yield from (*written(sidecar.environment.values()), *sidecar.command)


def _calls(service: Service, endpoint: Endpoint) -> bool:
    alias = re.compile(rf"(?<![\w.-]){re.escape(endpoint.alias)}(?![\w.-])")
    return any(alias.search(text) for text in _texts(service))


def called_first(services: Mapping[str, Service]) -> dict[str, tuple[str, ...]]:
    """The services that are created before each connected service.

    They are those whose alias appears in its environment or command. A service without an endpoint of its own comes
    after all that have one. In a cycle, the call of the service that is first in the project file takes precedence.
    """
    endpoints = endpoints_of(services)
    first: dict[str, tuple[str, ...]] = {}
    for client in (name for name, service in services.items() if service.connect):
        for server, endpoint in endpoints.items():
            wanted = client not in endpoints or _calls(services[client], endpoint)
            if wanted and server != client and not _comes_after(first, server, client):
                first[client] = (*first.get(client, ()), server)
    return first


def _comes_after(first: Mapping[str, tuple[str, ...]], name: str, other: str) -> bool:
    """Whether `name` is already created after `other`, directly or through other services."""
    return any(server == other or _comes_after(first, server, other) for server in first.get(name, ()))
