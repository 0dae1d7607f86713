"""What the stack offers to the user's own Terraform: `local.ecsforge`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.bindings import TerraformLocal, TerraformStack
from stacks.constructs.environment import Environment
from stacks.constructs.existing_load_balancer import ExistingLoadBalancer
from stacks.constructs.load_balancer import LoadBalancer
from stacks.constructs.platform import Platform
from stacks.constructs.service import Service
from stacks.constructs.settings import default_tags
from stacks.naming import OFFER
from stacks.project.models import Project

_NULL = "${null}"
"""cdktf leaves out what is None, and Terraform does not know an attribute that is not there."""


def offer(
    stack: TerraformStack,
    project: Project,
    environment: Environment,
    platform: Platform,
    services: Mapping[str, Service],
    resources: Mapping[str, Mapping[str, Any]],
) -> None:
    """Add `local.ecsforge` to the stack.

    A local value is one node in Terraform's graph. So nothing in it may depend on an expression of the user's own
    Terraform, as task definitions, services, policies and rules can: every use of it there would be a cycle.

    Args:
        stack: The stack.
        project: The project.
        environment: What constructs have in common.
        platform: What services share.
        services: The services, by name.
        resources: The values of the `resources` of the project file, by name.
    """
    values = {
        "project_id": project.project_id,
        "env": project.env,
        "region": project.region,
        "account_id": environment.account.id,
        "tags": default_tags(project),
        "kms_key_arn": environment.key_arn or _NULL,
        "vpc_id": platform.subnets.vpc_id,
        "public_subnet_ids": platform.subnets.public,
        "private_subnet_ids": platform.subnets.private,
        "cluster_arn": platform.cluster.arn,
        "load_balancer": _load_balancer(platform.load_balancer),
        "services": {name: _service(service) for name, service in services.items()},
        "resources": dict(resources),
    }
    TerraformLocal(stack, OFFER, values).override_logical_id(OFFER)


def _load_balancer(balancer: LoadBalancer | ExistingLoadBalancer | None) -> dict[str, Any] | str:
    if balancer is None:
        return _NULL
    if isinstance(balancer, ExistingLoadBalancer):
        dns_name, zone_id = balancer.alias()
    else:
        dns_name, zone_id = balancer.dns_name, balancer.zone_id
    return {
        "arn": balancer.arn,
        "dns_name": dns_name,
        "zone_id": zone_id,
        "security_group_id": balancer.security_group_id,
        "listener_arns": dict(balancer.listeners),
    }


def _service(service: Service) -> dict[str, Any]:
    return {
        "security_group_id": service.security_group_id,
        "task_role_name": service.task_role_name,
        "execution_role_name": service.execution_role_name,
        "log_group_name": service.log_group_name,
        "target_group_arn": service.target_group_arn or _NULL,
    }
