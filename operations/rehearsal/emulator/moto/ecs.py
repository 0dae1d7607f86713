"""Patches moto's ECS: services are returned as they were requested, and their deployments complete."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from moto.ec2.models import ec2_backends
from moto.ecs.models import EC2ContainerServiceBackend, Service, Task
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
"""Settings of a CreateService request that DescribeServices returns and moto drops."""

OF_DEPLOYMENT = ("serviceConnectConfiguration", "volumeConfigurations")
"""Settings that DescribeServices only returns in the deployments of a service."""

REDEPLOYS = (
    "taskDefinition",
    "capacityProviderStrategy",
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "forceNewDeployment",
    *OF_DEPLOYMENT,
)
"""Arguments of UpdateService that start a new deployment."""


def patch() -> None:
    _create = EC2ContainerServiceResponse.create_service
    _update = EC2ContainerServiceResponse.update_service

    def create_service(self: Any) -> Any:
        answer = _create(self)
        request = self._get_params()
        store_settings(answer.result["service"], request)
        start_deployment(answer.result["service"], request)
        return answer

    def update_service(self: Any) -> Any:
        answer = _update(self)
        service, request = answer.result["service"], self._get_params()
        if any(request.get(name) for name in REDEPLOYS):
            start_deployment(service, request)
        complete_deployment(service)
        return answer

    EC2ContainerServiceResponse.create_service = create_service
    EC2ContainerServiceResponse.update_service = update_service
    _resolve_task_definitions()
    _keep_the_deployment_configuration()
    _stop_tasks_with_their_interfaces()


def delete_interfaces(account: str, region: str, task: Task) -> None:
    """Delete the interfaces of a task that has stopped: its security group could not be deleted with them."""
    enis = ec2_backends[account][region].enis
    for attachment in task.attachments:
        for detail in attachment["details"]:
            if detail["name"] == "networkInterfaceId":
                enis.pop(detail["value"], None)


def _stop_tasks_with_their_interfaces() -> None:
    """Moto keeps the network interface of a stopped task.

    Source: the ECS Developer Guide, "Fargate task networking": the interface is deleted when the task stops.
    """
    _stop = EC2ContainerServiceBackend.stop_task

    def stop_task(self: Any, cluster_str: str, task_str: str, reason: str) -> Task:
        task = _stop(self, cluster_str, task_str, reason)
        delete_interfaces(self.account_id, self.region_name, task)
        return task

    EC2ContainerServiceBackend.stop_task = stop_task


def store_settings(service: Service, request: dict[str, Any]) -> None:
    """Store the settings of a CreateService request, with AWS's defaults, for DescribeServices."""
    for name in ECHOED:
        if name in request:
            setattr(service, xform_name(name), request[name])
    # "For create service requests, when no value is specified, Amazon ECS defaults the value to ENABLED."
    if "availabilityZoneRebalancing" not in request:
        service.availability_zone_rebalancing = "ENABLED"
    service.created_at = datetime.now(UTC)
    if request.get("capacityProviderStrategy"):
        service.launch_type = None  # a service has one or the other; moto sets EC2


def start_deployment(service: Service, request: dict[str, Any]) -> None:
    """Start a deployment, as ECS does when a service is created and when its tasks change.

    In the emulator its tasks run immediately: nothing pulls an image or answers a health check.
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
        **{name: copy.deepcopy(request[name]) for name in OF_DEPLOYMENT if name in request},
    }
    # DescribeServices does not return a disabled Service Connect configuration.
    if not (primary.get("serviceConnectConfiguration") or {}).get("enabled"):
        primary.pop("serviceConnectConfiguration", None)
    service.deployments = [primary]
    service.events = [_event(service, "has started tasks."), *service.events][:100]
    complete_deployment(service)


def complete_deployment(service: Service) -> None:
    """Bring a service to its desired count: the deployment is COMPLETED, with an event."""
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
    """DescribeServices returns the ARN of a task definition, also if UpdateService was called with its family."""
    update = EC2ContainerServiceBackend.update_service

    def update_and_resolve(self: Any, service_properties: dict[str, Any]) -> Service:
        named = service_properties.get("task_definition")
        if named:
            service_properties["task_definition"] = self.describe_task_definition(named).arn
        return update(self, service_properties)

    EC2ContainerServiceBackend.update_service = update_and_resolve


def _keep_the_deployment_configuration() -> None:
    """UpdateService keeps the parts of the deployment configuration that a request omits; moto drops them."""
    update = EC2ContainerServiceBackend.update_service

    def update_and_keep(self: Any, service_properties: dict[str, Any]) -> Service:
        changed = service_properties.get("deployment_configuration")
        if changed:
            service = self._get_service(service_properties.get("cluster", "default"), service_properties["service"])
            kept = getattr(service, "deployment_configuration", None) or {}
            service_properties["deployment_configuration"] = {**kept, **changed}
        return update(self, service_properties)

    EC2ContainerServiceBackend.update_service = update_and_keep
