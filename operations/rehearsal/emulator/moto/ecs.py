"""Gaps of moto's ECS: services that are returned as they were asked for, and whose deployments complete."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api._internal import mock_random

ECHOED = (
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "deploymentConfiguration",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
    "placementConstraints",
    "placementStrategy",
)
"""What DescribeServices returns of a CreateService request, and moto forgets."""

OF_DEPLOYMENT = ("serviceConnectConfiguration", "volumeConfigurations")
"""What DescribeServices returns in the deployments of a service alone."""

REDEPLOYS = (
    "taskDefinition",
    "capacityProviderStrategy",
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "forceNewDeployment",
    *OF_DEPLOYMENT,
)
"""What starts a new deployment when UpdateService names it."""


def fill() -> None:
    _create = EC2ContainerServiceResponse.create_service
    _update = EC2ContainerServiceResponse.update_service

    def create_service(self: Any) -> Any:
        answer = _create(self)
        asked = self._get_params()
        remember(answer.result["service"], asked)
        deploy(answer.result["service"], asked)
        return answer

    def update_service(self: Any) -> Any:
        answer = _update(self)
        service, asked = answer.result["service"], self._get_params()
        if any(asked.get(name) for name in REDEPLOYS):
            deploy(service, asked)
        steady(service)
        return answer

    EC2ContainerServiceResponse.create_service = create_service
    EC2ContainerServiceResponse.update_service = update_service
    _resolve_task_definitions()
    _keep_the_deployment_configuration()


def remember(service: Service, asked: dict[str, Any]) -> None:
    """Stores what CreateService asked for, with the defaults of AWS, where DescribeServices finds it."""
    for name in ECHOED:
        if name in asked:
            setattr(service, xform_name(name), asked[name])
    # "For create service requests, when no value is specified, Amazon ECS defaults the value to ENABLED."
    if "availabilityZoneRebalancing" not in asked:
        service.availability_zone_rebalancing = "ENABLED"
    service.created_at = datetime.now(UTC)
    if asked.get("capacityProviderStrategy"):
        service.launch_type = None  # a service has either; moto takes it for one on EC2


def deploy(service: Service, asked: dict[str, Any]) -> None:
    """Starts a deployment, as ECS does on creation and whenever what the tasks are made of changes.

    In the emulator its tasks run at once: nothing pulls an image or answers a health check.
    """
    old = service.deployments[0] if service.deployments else {}
    now = datetime.now(UTC)
    primary = {
        **old,
        "id": f"ecs-svc/{mock_random.randint(10**18, 10**19)}",
        "status": "PRIMARY",
        "taskDefinition": service.task_definition,
        "launchType": service.launch_type,
        "capacityProviderStrategy": getattr(service, "capacity_provider_strategy", None),
        "networkConfiguration": service.network_configuration,
        "createdAt": now,
        "updatedAt": now,
        **{name: copy.deepcopy(asked[name]) for name in OF_DEPLOYMENT if name in asked},
    }
    # A service that has left Service Connect is described as one that never joined it.
    if not (primary.get("serviceConnectConfiguration") or {}).get("enabled"):
        primary.pop("serviceConnectConfiguration", None)
    service.deployments = [primary]
    service.events = [_event(service, "has started tasks."), *service.events][:100]
    steady(service)


def steady(service: Service) -> None:
    """Brings a service to its desired count: the deployment is COMPLETED and an event says so."""
    counts = {"desiredCount": service.desired_count, "runningCount": service.desired_count, "pendingCount": 0}
    cluster = service._backend.clusters[service.cluster_name]
    cluster.running_tasks_count += service.desired_count - service.running_count
    cluster.pending_tasks_count -= service.pending_count
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments[:1]:
        reason = f"ECS deployment {deployment['id']} completed."
        deployment.update(counts, rolloutState="COMPLETED", rolloutStateReason=reason, failedTasks=0)
    service.events = [_event(service, "has reached a steady state."), *service.events][:100]


def _event(service: Service, text: str) -> dict[str, Any]:
    message = f"(service {service.name}) {text}"
    return {"id": str(mock_random.uuid4()), "createdAt": datetime.now(UTC), "message": message}


def _resolve_task_definitions() -> None:
    """A service names its task definition by ARN, however UpdateService named it."""
    update = EC2ContainerServiceBackend.update_service

    def update_and_resolve(self: Any, service_properties: dict[str, Any]) -> Service:
        named = service_properties.get("task_definition")
        if named:
            service_properties["task_definition"] = self.describe_task_definition(named).arn
        return update(self, service_properties)

    EC2ContainerServiceBackend.update_service = update_and_resolve


def _keep_the_deployment_configuration() -> None:
    """UpdateService leaves alone what it does not name of the deployment configuration; moto forgets the rest."""
    update = EC2ContainerServiceBackend.update_service

    def update_and_keep(self: Any, service_properties: dict[str, Any]) -> Service:
        changed = service_properties.get("deployment_configuration")
        if changed:
            service = self._get_service(service_properties.get("cluster", "default"), service_properties["service"])
            kept = getattr(service, "deployment_configuration", None) or {}
            service_properties["deployment_configuration"] = {**kept, **changed}
        return update(self, service_properties)

    EC2ContainerServiceBackend.update_service = update_and_keep
