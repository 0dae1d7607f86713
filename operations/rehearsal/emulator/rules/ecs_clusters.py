"""Clusters that ECS refuses to delete or change.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/, pages API_DeleteCluster and
API_PutClusterCapacityProviders.
"""

from __future__ import annotations

from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule

IN_USE = "ResourceInUseException"


@rule("ecs", "DeleteCluster")
def services_and_tasks(request: Request) -> None:
    """A cluster with services or tasks."""
    name = cluster_name(request.parameters.get("cluster"))
    text = "The Cluster cannot be deleted while Services are active."
    refused_unless(not active_services(request, name), "ClusterContainsServicesException", text)
    tasks = [task for task in request.backend().tasks.get(name, {}).values() if task.last_status != "STOPPED"]
    text = "The Cluster cannot be deleted while Tasks are active."
    refused_unless(not tasks, "ClusterContainsTasksException", text)


@rule("ecs", "PutClusterCapacityProviders")
def capacity_provider_in_use(request: Request) -> None:
    """Removing a capacity provider that a service uses."""
    kept = set(request.parameters.get("capacityProviders", ()))
    for service in active_services(request, cluster_name(request.parameters.get("cluster"))):
        for each in getattr(service, "capacity_provider_strategy", None) or ():
            if each["capacityProvider"] not in kept:
                raise Refused(IN_USE, "The specified capacity provider is in use and cannot be removed.")


@rule("ecs", "PutClusterCapacityProviders")
def default_strategy(request: Request) -> None:
    """A default strategy with a provider that is not one of the cluster."""
    known = set(request.parameters.get("capacityProviders", ()))
    for each in request.parameters.get("defaultCapacityProviderStrategy", ()):
        text = (
            "The default capacity provider strategy cannot contain a capacity provider that is not associated with the "
            "cluster. Specify a valid capacity provider and try again."
        )
        refused_unless(each["capacityProvider"] in known, "InvalidParameterException", text)


def cluster_name(value: str | None) -> str:
    """The name of a cluster from its name or ARN; `default` when a request names none."""
    return (value or "default").rpartition("/")[2]


def active_services(request: Request, cluster: str) -> list[Any]:
    """The services of a cluster that are not deleted."""
    services = request.backend("ecs").services.values()
    return [each for each in services if each.cluster_name == cluster and each.status != "INACTIVE"]
