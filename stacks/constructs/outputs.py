"""The outputs of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.bindings import TerraformOutput, TerraformStack
from stacks.constructs.cluster import Cluster
from stacks.constructs.load_balancer import LoadBalancer
from stacks.constructs.service import Service


def outputs(
    stack: TerraformStack, region: str, cluster: Cluster, balancer: LoadBalancer | None, services: Mapping[str, Service]
) -> None:
    """Where the system is reached, and what a pipeline needs to deploy to it."""
    if balancer is not None:
        _output(stack, "alb_url", balancer.url, "Where the web services are reached")
    _output(stack, "aws_region", region, "The region everything stands in")
    _output(stack, "cluster_name", cluster.name, "The ECS cluster")
    names = {name: service.name for name, service in services.items() if service.name is not None}
    _output(stack, "service_names", names, "The ECS services, by name in the project file")
    urls = {name: service.repository_url for name, service in services.items() if service.repository_url}
    _output(stack, "ecr_urls", urls, "The repositories that CI pushes to, by service")
    paths = {name: service.task_definition_path for name, service in services.items()}
    _output(stack, "task_definition_paths", paths, "The task definitions for CI, relative to this folder")


def _output(stack: TerraformStack, name: str, value: Any, description: str) -> None:
    TerraformOutput(stack, name, value=value, description=description).override_logical_id(name)
