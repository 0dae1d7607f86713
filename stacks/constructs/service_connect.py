"""ECS Service Connect: services that reach each other by name."""

from __future__ import annotations

from typing import Any

from stacks.bindings import Construct, TerraformResourceLifecycle, aws
from stacks.constructs.base import Chosen, Concept, literal
from stacks.constructs.endpoints import Endpoint, endpoint_of
from stacks.constructs.environment import Environment
from stacks.project.models import Service

IDLE_TIMEOUT_SECONDS = 300  # ECS's own default, which has to be said where another timeout is
NO_TIMEOUT = 0


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
        endpoint = endpoint_of(name, spec)
        region = environment.account.region
        options = {"awslogs-group": log_group, "awslogs-region": region, "awslogs-stream-prefix": "connect"}
        logs = kind.EcsServiceServiceConnectConfigurationLogConfiguration(log_driver="awslogs", options=options)
        return kind.EcsServiceServiceConnectConfiguration(
            enabled=True,
            namespace=self.arn,
            log_configuration=logs,
            service=[_served(name, spec, endpoint)] if endpoint else [],
        )


def _served(name: str, spec: Service, endpoint: Endpoint) -> Any:
    kind = aws.ecs_service
    clients = kind.EcsServiceServiceConnectConfigurationServiceClientAlias(
        dns_name=literal(endpoint.alias), port=endpoint.port
    )
    timeout = None
    if spec.type == "web" and spec.http.protocol == "GRPC":
        # The proxy ends every request after 15 seconds, and a stream is one request.
        timeout = kind.EcsServiceServiceConnectConfigurationServiceTimeout(
            idle_timeout_seconds=IDLE_TIMEOUT_SECONDS, per_request_timeout_seconds=NO_TIMEOUT
        )
    return kind.EcsServiceServiceConnectConfigurationService(
        port_name=name, discovery_name=name, client_alias=clients, **Chosen(timeout=timeout)
    )
