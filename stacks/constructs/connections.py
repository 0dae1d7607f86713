"""Network access between connected services."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.constructs.service import Service
from stacks.project.models import Service as ServiceConfig


def allow_connections(configs: Mapping[str, ServiceConfig], services: Mapping[str, Service]) -> None:
    """Let each service with `connect` reach the others, only on the ports that they serve."""
    connected = [name for name, config in configs.items() if config.connect]
    for server in connected:
        port = configs[server].reached_port
        if port is None:
            continue
        for client in connected:
            if client != server:
                services[server].allow_client(services[client], port)
