"""The endpoints of Service Connect, and who has to be there before whom.

A task learns the endpoints of its namespace when its deployment starts, and no others until the next one (ECS Developer
Guide, "Amazon ECS Service Connect components"). So a service is made after those it calls, and deployed again when the
endpoints of the others change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacks.constructs.containers import served_port
from stacks.project.models import Service


@dataclass(frozen=True)
class Endpoint:
    """Where the others reach a connected service."""

    alias: str
    port: int

    def __str__(self) -> str:
        return f"{self.alias}:{self.port}"


def endpoint_of(name: str, spec: Service) -> Endpoint | None:
    """The endpoint of a connected service; None for one that serves nothing."""
    port = served_port(spec)
    if not spec.connect or port is None:
        return None
    if isinstance(spec.connect, bool):
        return Endpoint(name, port)
    return Endpoint(spec.connect.alias or name, spec.connect.port or port)


def endpoints_of(services: Mapping[str, Service]) -> dict[str, Endpoint]:
    """The endpoint of each connected service that has one."""
    found = {name: endpoint_of(name, spec) for name, spec in services.items()}
    return {name: endpoint for name, endpoint in found.items() if endpoint is not None}


def _texts(spec: Service) -> Iterator[str]:
    """What tells the containers of a service whom to call."""
    yield from (*spec.environment.values(), *spec.command)
    for sidecar in spec.sidecars.values():
        yield from (*sidecar.environment.values(), *sidecar.command)


def _calls(spec: Service, endpoint: Endpoint) -> bool:
    alias = re.compile(rf"(?<![\w.-]){re.escape(endpoint.alias)}(?![\w.-])")
    return any(alias.search(text) for text in _texts(spec))


def called_first(services: Mapping[str, Service]) -> dict[str, tuple[str, ...]]:
    """Which services have to be made before each connected one.

    Those whose alias stands in its environment or its command; for one that serves nothing itself, all that do. Where
    services call each other in a circle, the call of the one that stands first in the project file counts.
    """
    endpoints = endpoints_of(services)
    first: dict[str, tuple[str, ...]] = {}
    for client in (name for name, spec in services.items() if spec.connect):
        for server, endpoint in endpoints.items():
            wanted = client not in endpoints or _calls(services[client], endpoint)
            if wanted and server != client and not _waits(first, server, client):
                first[client] = (*first.get(client, ()), server)
    return first


def _waits(first: Mapping[str, tuple[str, ...]], name: str, other: str) -> bool:
    """Whether `name` is made after `other` already, however many stand between."""
    return any(server == other or _waits(first, server, other) for server in first.get(name, ()))
