"""The outputs of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.bindings import TerraformOutput, TerraformStack
from stacks.constructs.data_resources import DataResource
from stacks.constructs.platform import Platform
from stacks.constructs.service import Service
from stacks.constructs.shared_repository import SharedRepository
from stacks.constructs.store import Store
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
    if balancer is not None and balancer.url is not None:
        _output(stack, "alb_url", balancer.url, "URL of the web services")
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
    images = {name: service.image for name, service in services.items()}
    _output(stack, IMAGES_OUTPUT, images, "Images that the services run, by service")
    paths = {name: service.task_definition_path for name, service in services.items()}
    _output(stack, "task_definition_paths", paths, "Paths of the task definitions for CI, relative to this folder")


def references(stack: TerraformStack, platform: Platform, services: Mapping[str, Service]) -> None:
    """What Terraform beside the stack refers to: the load balancer, the network, and the parts of each service."""
    subnets, balancer = platform.subnets, platform.load_balancer
    if balancer is not None:
        _output(stack, "load_balancer_arn", balancer.arn, "ARN of the load balancer of the web services")
        listeners = dict(balancer.listeners)
        _output(stack, "listener_arns", listeners, "ARNs of the listeners that route to the services, by protocol")
    _output(stack, "vpc_id", subnets.vpc_id, "ID of the VPC")
    _output(stack, "public_subnet_ids", subnets.public, "IDs of the public subnets")
    _output(stack, "private_subnet_ids", subnets.private, "IDs of the private subnets")
    groups = {name: service.security_group_id for name, service in services.items()}
    _output(stack, "security_group_ids", groups, "IDs of the security groups of the tasks, by service")
    task_roles = {name: service.task_role_arn for name, service in services.items()}
    _output(stack, "task_role_arns", task_roles, "ARNs of the task roles, by service")
    execution_roles = {name: service.execution_role_arn for name, service in services.items()}
    _output(stack, "execution_role_arns", execution_roles, "ARNs of the execution roles, by service")
    log_groups = {name: service.log_group_name for name, service in services.items()}
    _output(stack, "log_group_names", log_groups, "Names of the log groups, by service")
    queues = {name: service.queue for name, service in services.items() if service.queue is not None}
    urls = {name: queue.url for name, queue in queues.items()}
    _output(stack, "queue_urls", urls, "URLs of the queues, by worker")
    arns = {name: queue.arn for name, queue in queues.items()}
    _output(stack, "queue_arns", arns, "ARNs of the queues, by worker")


def offered_resources(resources: Mapping[str, DataResource], stores: Mapping[str, Store]) -> dict[str, dict[str, Any]]:
    """What the resources offer to others: their names, ARNs and addresses, by name."""
    found = {name: dict(resource.properties) for name, resource in resources.items()}
    return found | {name: dict(store.outputs) for name, store in stores.items()}


def resource_outputs(stack: TerraformStack, offered: Mapping[str, Mapping[str, Any]]) -> None:
    """What the resources offer, by name; no output without resources."""
    if offered:
        _output(stack, "resources", dict(offered), "Names, ARNs and addresses of the resources, by name")


def repository_urls(stack: TerraformStack, repositories: Mapping[str, SharedRepository]) -> None:
    """The URLs of the shared repositories, by service."""
    urls = {name: repository.url for name, repository in repositories.items()}
    _output(stack, "repository_urls", urls, "URLs of the ECR repositories, by service")


def _output(stack: TerraformStack, name: str, value: Any, description: str) -> None:
    TerraformOutput(stack, name, value=value, description=description).override_logical_id(name)
