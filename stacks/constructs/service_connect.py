"""ECS Service Connect: services that reach each other by name."""

from __future__ import annotations

from typing import Any

from stacks.bindings import Construct, TerraformResourceLifecycle, aws
from stacks.constructs.base import Concept, literal
from stacks.constructs.containers import served_port
from stacks.constructs.environment import Environment
from stacks.spec.models import Service


class ServiceConnectNamespace(Concept):
    """The Cloud Map namespace that the connected services of an environment share.

    Attributes:
        arn: the namespace's ARN.
    """

    def __init__(self, scope: Construct, environment: Environment) -> None:
        # Not `service_...`, as the services themselves are called.
        super().__init__(scope, "connect")
        name = environment.names.namespace
        namespace = self.make(
            aws.service_discovery_http_namespace.ServiceDiscoveryHttpNamespace,
            "main",
            name=name,
            description=f"Service Connect of {name}",
            tags={"Name": name},
            # The services leave it before it goes: Cloud Map deletes no namespace that is in use.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.arn: str = namespace.arn

    def configuration(self, environment: Environment, name: str, spec: Service, log_group: str) -> Any:
        """A service's part in the namespace: it is a client, and where it serves a port, a server under its alias."""
        kind = aws.ecs_service
        port = served_port(spec)
        region = environment.account.region
        options = {"awslogs-group": log_group, "awslogs-region": region, "awslogs-stream-prefix": "connect"}
        logs = kind.EcsServiceServiceConnectConfigurationLogConfiguration(log_driver="awslogs", options=options)
        return kind.EcsServiceServiceConnectConfiguration(
            enabled=True,
            namespace=self.arn,
            log_configuration=logs,
            service=[_served(name, spec, port)] if port is not None else [],
        )


def _served(name: str, spec: Service, port: int) -> Any:
    kind = aws.ecs_service
    connect = spec.connect
    alias = (None if isinstance(connect, bool) else connect.alias) or name
    client_port = (None if isinstance(connect, bool) else connect.port) or port
    clients = kind.EcsServiceServiceConnectConfigurationServiceClientAlias(dns_name=literal(alias), port=client_port)
    return kind.EcsServiceServiceConnectConfigurationService(port_name=name, discovery_name=name, client_alias=clients)
