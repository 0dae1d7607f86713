"""The arguments of `aws_ecs_service`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stacks.bindings import TerraformResourceLifecycle, TerraformVariable, aws
from stacks.constructs.base import Scope, literal
from stacks.constructs.capacity import strategy
from stacks.constructs.endpoints import Connection
from stacks.constructs.environment import Environment
from stacks.constructs.network_load_balancer import TcpTargetGroup
from stacks.constructs.own_values import security_group_ids
from stacks.constructs.platform import Platform
from stacks.constructs.target_group import TargetGroup
from stacks.naming import force_new_deployment_variable, identifier
from stacks.project.models import Service


@dataclass(frozen=True)
class EcsServiceInputs:
    """The configuration of a service, and what its ECS service needs from other constructs.

    `alarm_names` are the service's own alarms by their key in the project file; `depends_on` is what must exist before
    the first task starts. `force_new_deployment` is a boolean expression.
    """

    name: str
    config: Service
    task_definition_arn: str
    security_group_id: str
    target_groups: Sequence[TargetGroup | TcpTargetGroup]
    log_group: str
    force_new_deployment: Any
    alarm_names: Mapping[str, str]
    connection: Connection
    depends_on: tuple[Any, ...]


def arguments(environment: Environment, platform: Platform, inputs: EcsServiceInputs) -> dict[str, Any]:
    """All arguments of the resource."""
    kind, config = aws.ecs_service, inputs.config
    subnets = platform.subnets.of_tasks(config)
    name = environment.names.service(inputs.name)
    return {
        "name": name,
        "cluster": platform.cluster.arn,
        "task_definition": inputs.task_definition_arn,
        "desired_count": config.desired_count,
        "capacity_provider_strategy": strategy(kind.EcsServiceCapacityProviderStrategy, config.capacity),
        "platform_version": "LATEST",
        "force_new_deployment": inputs.force_new_deployment,
        **_deployment(config),
        "alarms": _deployment_alarms(config, inputs.alarm_names),
        "enable_execute_command": config.exec,
        "enable_ecs_managed_tags": True,
        "propagate_tags": "SERVICE",
        "network_configuration": kind.EcsServiceNetworkConfiguration(
            subnets=subnets.ids,
            security_groups=[inputs.security_group_id, *security_group_ids(config.security_groups)],
            assign_public_ip=subnets.has_public_ip,
        ),
        **_load_balancer(inputs),
        "service_connect_configuration": _service_connect(environment, platform, inputs),
        "triggers": _triggers(inputs.connection),
        "tags": {"Name": name},
        "lifecycle": _lifecycle(config),
        "depends_on": list(inputs.depends_on),
    }


def force_new_deployment(scope: Scope, name: str) -> Any:
    """The variable that forces a new deployment of the service `name`, as an expression.

    It is known only when something is deployed (`operations/plan/variables.py`). The AWS provider sends it to ECS with
    every change except tags, so as a constant `true` it would restart all tasks whenever the desired count changes.
    """
    variable = force_new_deployment_variable(identifier(name))
    made = TerraformVariable(
        scope,
        variable,
        type="bool",
        default=False,
        description=f"Whether the next change restarts all tasks of {name}. If false, Terraform replaces the service "
        "when its capacity changes.",
    )
    made.override_logical_id(variable)
    return made.boolean_value


def comment(inputs: EcsServiceInputs) -> str:
    """The comment of the resource in HCL, for what its arguments don't explain."""
    config = inputs.config
    sentences = [
        "Without force_new_deployment, a change of the capacity provider strategy replaces the service"
        + (", and a change of triggers has no effect." if inputs.connection.endpoints else "."),
        *(["Autoscaling manages desired_count."] if config.scaling else []),
        *(["A CI pipeline manages task_definition."] if config.deployment.image_owner == "external" else []),
        "The first tasks need what is in depends_on.",
    ]
    return " ".join(sentences)


def _deployment(config: Service) -> dict[str, Any]:
    deployment = config.deployment
    return {
        # ECS rebalances zones by starting tasks before it stops others, which requires more than 100 percent.
        "availability_zone_rebalancing": "ENABLED" if deployment.max_percent > 100 else "DISABLED",
        "deployment_minimum_healthy_percent": deployment.min_percent,
        "deployment_maximum_percent": deployment.max_percent,
        "deployment_circuit_breaker": aws.ecs_service.EcsServiceDeploymentCircuitBreaker(
            enable=True, rollback=deployment.rollback
        ),
    }


def _deployment_alarms(config: Service, own: Mapping[str, str]) -> Any:
    """The alarms of a deployment. Where none is configured, the service's own alarms are listed but disabled.

    The AWS provider can't remove the block: it would send it without the names, which ECS requires.
    """
    deployment = config.deployment
    if not deployment.alarms and not own:
        return None
    names = [own.get(alarm, literal(alarm)) for alarm in deployment.alarms or own]
    enabled = bool(deployment.alarms)
    return aws.ecs_service.EcsServiceAlarms(alarm_names=names, enable=enabled, rollback=enabled and deployment.rollback)


def _load_balancer(inputs: EcsServiceInputs) -> dict[str, Any]:
    if not inputs.target_groups:
        return {}
    targets = [
        aws.ecs_service.EcsServiceLoadBalancer(
            target_group_arn=group.arn, container_name=group.target.container, container_port=group.target.port
        )
        for group in inputs.target_groups
    ]
    return {
        "load_balancer": targets,
        "health_check_grace_period_seconds": inputs.config.health_check.grace_period,
    }


def _service_connect(environment: Environment, platform: Platform, inputs: EcsServiceInputs) -> Any:
    if platform.namespace is None or not inputs.config.connect:
        return None
    return platform.namespace.configuration(environment, inputs.name, inputs.config, inputs.log_group)


def _triggers(connection: Connection) -> dict[str, str] | None:
    """A new deployment whenever the endpoints of the other services change, with `force_new_deployment`."""
    if not connection.endpoints:
        return None
    return {"endpoints": " ".join(sorted(map(str, connection.endpoints)))}


def _lifecycle(config: Service) -> TerraformResourceLifecycle | None:
    """Ignore the attributes that autoscaling and CI pipelines manage."""
    attributes = [
        *(["desired_count"] if config.scaling else []),
        *(["task_definition"] if config.deployment.image_owner == "external" else []),
    ]
    return TerraformResourceLifecycle(ignore_changes=attributes) if attributes else None
