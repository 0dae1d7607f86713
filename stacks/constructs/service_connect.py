"""ECS Service Connect: services call each other by name."""

from __future__ import annotations

from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope, literal
from stacks.constructs.endpoints import Endpoint, endpoint_of
from stacks.constructs.environment import Environment
from stacks.project.models import Service

IDLE_TIMEOUT_SECONDS = 300  # ECS's default, which is required where another timeout is set
NO_TIMEOUT = 0


class ServiceConnectNamespace(Construct):
    """The Cloud Map namespace that the connected services of an environment share.

    Attributes:
        arn: The namespace's ARN.
    """

    def __init__(self, scope: Scope, environment: Environment) -> None:
        # Not `service_...`, which is the prefix of the services' constructs.
        super().__init__(scope, "connect")
        name = environment.names.namespace
        namespace = self.make(
            aws.service_discovery_http_namespace.ServiceDiscoveryHttpNamespace,
            "main",
            name=name,
            description=f"Service Connect of {name}",
            tags={"Name": name},
            # Cloud Map can't delete a namespace in use, so the services move to the new one first.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.arn: str = namespace.arn

    def configuration(self, environment: Environment, name: str, config: Service, log_group: str) -> Any:
        """The configuration of a service: it is a client, and, if it serves a port, a server with an alias."""
        kind = aws.ecs_service
        endpoint = endpoint_of(name, config)
        region = environment.account.region
        options = {"awslogs-group": log_group, "awslogs-region": region, "awslogs-stream-prefix": "connect"}
        logs = kind.EcsServiceServiceConnectConfigurationLogConfiguration(log_driver="awslogs", options=options)
        return kind.EcsServiceServiceConnectConfiguration(
            enabled=True,
            namespace=self.arn,
            log_configuration=logs,
            service=[_server(name, config, endpoint)] if endpoint else [],
        )


def _server(name: str, config: Service, endpoint: Endpoint) -> Any:
    kind = aws.ecs_service
    clients = kind.EcsServiceServiceConnectConfigurationServiceClientAlias(
        dns_name=literal(endpoint.alias), port=endpoint.port
    )
    timeout = None
    if config.type == "web" and config.http.protocol == "GRPC":
        # The proxy ends every request after 15 seconds, and a gRPC stream is one request.
        timeout = kind.EcsServiceServiceConnectConfigurationServiceTimeout(
            idle_timeout_seconds=IDLE_TIMEOUT_SECONDS, per_request_timeout_seconds=NO_TIMEOUT
        )
    return kind.EcsServiceServiceConnectConfigurationService(
        port_name=name, discovery_name=name, client_alias=clients, timeout=timeout
    )
