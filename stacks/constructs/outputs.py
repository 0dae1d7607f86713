"""The outputs of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.bindings import TerraformOutput, TerraformStack
from stacks.constructs.platform import Platform
from stacks.constructs.service import Service
from stacks.constructs.shared_repository import SharedRepository
from stacks.naming import IMAGES_OUTPUT, PROTECTED_OUTPUT
from stacks.project.models import Project


def outputs(
    stack: TerraformStack,
    project: Project,
    platform: Platform,
    services: Mapping[str, Service],
) -> None:
    """The URL of the web services, what a CI pipeline needs to deploy, and whether the environment is protected."""
    balancer, cluster = platform.load_balancer, platform.cluster
    if balancer is not None:
        if balancer.url is not None:
            _output(stack, "alb_url", balancer.url, "URL of the web services")
        _output(stack, "load_balancer_arn", balancer.arn, "ARN of the load balancer of the web services")
        listeners = dict(balancer.listeners)
        _output(stack, "listener_arns", listeners, "ARNs of the listeners that route to the services, by protocol")
    if platform.network_load_balancer is not None:
        dns_name = platform.network_load_balancer.dns_name
        _output(stack, "nlb_dns_name", dns_name, "DNS name of the network load balancer")
    _output(stack, "aws_region", project.region, "AWS region")
    _output(stack, "cluster_name", cluster.name, "Name of the ECS cluster")
    names = {name: service.ecs_service_name for name, service in services.items() if service.ecs_service_name}
    _output(stack, PROTECTED_OUTPUT, project.protected, "Whether the environment is protected")
    _output(stack, "service_names", names, "Names of the ECS services, by service in the project file")
    urls = {name: service.repository_url for name, service in services.items() if service.repository_url}
    _output(stack, "ecr_urls", urls, "URLs of the ECR repositories that CI pushes to, by service")
    if any(service.image_is_deployed for service in project.services.values()):
        images = {name: service.image for name, service in services.items()}
        _output(stack, IMAGES_OUTPUT, images, "Images that the services run, by service")
    paths = {name: service.task_definition_path for name, service in services.items()}
    _output(stack, "task_definition_paths", paths, "Paths of the task definitions for CI, relative to this folder")


def repository_urls(stack: TerraformStack, repositories: Mapping[str, SharedRepository]) -> None:
    """The URLs of the shared repositories, by service."""
    urls = {name: repository.url for name, repository in repositories.items()}
    _output(stack, "repository_urls", urls, "URLs of the ECR repositories, by service")


def _output(stack: TerraformStack, name: str, value: Any, description: str) -> None:
    TerraformOutput(stack, name, value=value, description=description).override_logical_id(name)
