"""Task definitions and services for the tests of the rules."""

from __future__ import annotations

from typing import Any

from tests.operations.rehearsal.emulator.rules.conftest import Network, unique

CONTAINER: dict[str, Any] = {"name": "web", "image": "nginx", "portMappings": [{"containerPort": 80, "name": "http"}]}


def task(**changes: Any) -> dict[str, Any]:
    """The arguments of a valid task definition with one container; a change of None removes an argument."""
    arguments = {
        "family": unique("family"),
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [CONTAINER],
        **changes,
    }
    return {name: value for name, value in arguments.items() if value is not None}


def with_container(**changes: Any) -> dict[str, Any]:
    """The arguments of a task definition whose container is changed."""
    return task(containerDefinitions=[{**CONTAINER, **changes}])


def service(network: Network, definition: str = "", **changes: Any) -> dict[str, Any]:
    """The arguments of a valid service in a cluster of its own."""
    ecs, cluster = network.aws("ecs"), unique("cluster")
    ecs.create_cluster(clusterName=cluster, capacityProviders=["FARGATE"])
    configuration = {"subnets": network.subnets, "securityGroups": [network.group]}
    return {
        "cluster": cluster,
        "serviceName": "web",
        "taskDefinition": definition or registered(network),
        "desiredCount": 1,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": configuration},
        **changes,
    }


def registered(network: Network, **changes: Any) -> str:
    """A registered task definition; its ARN."""
    created = network.aws("ecs").register_task_definition(**task(**changes))
    return str(created["taskDefinition"]["taskDefinitionArn"])


def run_service(network: Network, **configuration: Any) -> dict[str, str]:
    """A service that runs a task; the arguments with which it is deleted."""
    arguments = service(network)
    arguments["networkConfiguration"]["awsvpcConfiguration"] |= configuration
    network.aws("ecs").create_service(**arguments)
    return {"cluster": arguments["cluster"], "service": "web"}
