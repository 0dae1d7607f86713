"""Services that ECS refuses.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/, pages API_CreateService, API_UpdateService,
API_DeploymentConfiguration and API_ServiceConnectService.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from operations.rehearsal.emulator import existing
from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.ecs_clusters import active_services, cluster_name
from operations.rehearsal.emulator.rules.interfaces import vpc_of_group, vpc_of_subnet

INVALID = "InvalidParameterException"
TARGET_GROUPS = 5
"""The most target groups of a service."""
OPERATIONS = ("CreateService", "UpdateService")
_ALIAS = re.compile(r"[a-z0-9_.][a-z0-9_.-]{0,126}")
"""The name of a client alias: a DNS name of at most 127 lower-case characters (API_ServiceConnectClientAlias)."""


def _task(request: Request) -> Any:
    """The task definition of a request; that of the service if the request does not change it."""
    name = request.parameters.get("taskDefinition")
    service = None if name else _service(request)
    name = name or (service.task_definition if service is not None else None)
    if not name:
        return None
    family, _, revision = name.rpartition("/")[2].partition(":")
    revisions = request.backend().task_definitions.get(family, {})
    return revisions.get(int(revision) if revision else max(revisions, default=0))


def _service(request: Request) -> Any:
    """The service that a request creates or updates, if it exists."""
    name = (request.parameters.get("serviceName") or request.parameters.get("service", "")).rpartition("/")[2]
    services = active_services(request, cluster_name(request.parameters.get("cluster")))
    return next((each for each in services if each.name == name), None)


def _network(request: Request) -> Mapping[str, Any]:
    network: Mapping[str, Any] = request.parameters.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    return network


@rule("ecs", "CreateService")
def existing_service(request: Request) -> None:
    """A service whose name is taken in the cluster."""
    refused_unless(_service(request) is None, INVALID, "Creation of service was not idempotent.")


@rule("ecs", *OPERATIONS, "RunTask")
def inactive_task_definition(request: Request) -> None:
    """A revision that is deregistered."""
    if request.parameters.get("taskDefinition"):
        task = _task(request)
        refused_unless(task is None or task.status == "ACTIVE", "ClientException", "TaskDefinition is inactive")


@rule("ecs", "CreateService")
def network_configuration(request: Request) -> None:
    """No subnets for tasks that use awsvpc."""
    task = _task(request)
    text = "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    refused_unless(task is None or task.network_mode != "awsvpc" or _network(request).get("subnets"), INVALID, text)


@rule("ecs", *OPERATIONS)
def one_vpc(request: Request) -> None:
    """Subnets and security groups of several VPCs."""
    subnets = {vpc_of_subnet(request, each) for each in _network(request).get("subnets", ())} - {None}
    refused_unless(len(subnets) <= 1, INVALID, "The provided subnets do not belong to the same VPC.")
    for group in _network(request).get("securityGroups", ()):
        vpc = vpc_of_group(request, group)
        text = f"Security Group {group} does not appear to belong to the same VPC as the input subnets."
        if group in existing.reachable_groups:
            continue
        refused_unless(vpc is None or not subnets or vpc in subnets, INVALID, text)


@rule("ecs", *OPERATIONS)
def load_balancers(request: Request) -> None:
    """Containers, ports and target groups that do not fit the task definition."""
    task, groups = _task(request), request.backend("elbv2").target_groups
    for each in request.parameters.get("loadBalancers", ()) if task is not None else ():
        _container_port(task, each["containerName"], each["containerPort"])
        arn = each.get("targetGroupArn")
        group = groups.get(arn)
        text = f"The target group with targetGroupArn {arn} does not"
        refused_unless(group is not None, INVALID, f"{text} exist.")
        refused_unless(group.load_balancer_arns, INVALID, f"{text} have an associated load balancer.")
        if task.network_mode == "awsvpc" and group.target_type != "ip":
            text = (
                f"The provided target group {arn} has target type {group.target_type}, which is incompatible with the "
                "awsvpc network mode specified in the task definition."
            )
            raise Refused(INVALID, text)


@rule("ecs", *OPERATIONS)
def number_of_target_groups(request: Request) -> None:
    """More than five target groups (ECS Developer Guide, "Registering multiple target groups with a service")."""
    count = len(request.parameters.get("loadBalancers", ()))
    refused_unless(count <= TARGET_GROUPS, INVALID, f"load balancers can have at most {TARGET_GROUPS} items.")


def _container_port(task: Any, name: str, port: int) -> None:
    container = next((each for each in task.container_definitions if each["name"] == name), None)
    if container is None:
        raise Refused(INVALID, f"The container {name} does not exist in the task definition.")
    ports = {each.get("containerPort") for each in container.get("portMappings", ())}
    text = f"The container {name} did not have a container port {port} defined."
    refused_unless(port in ports, INVALID, text)


@rule("ecs", *OPERATIONS)
def grace_period(request: Request) -> None:
    """A grace period without a load balancer."""
    if request.parameters.get("healthCheckGracePeriodSeconds"):
        service = _service(request)
        balanced = request.parameters.get("loadBalancers") or (service is not None and service.load_balancers)
        text = "Health check grace period is only valid for services configured to use load balancers"
        refused_unless(balanced, INVALID, text)


@rule("ecs", *OPERATIONS)
def capacity_providers(request: Request) -> None:
    """A provider that the cluster does not have, two bases, and a launch type beside a strategy."""
    strategy = request.parameters.get("capacityProviderStrategy", ())
    cluster = request.backend().clusters.get(cluster_name(request.parameters.get("cluster")))
    known = set((cluster.capacity_providers if cluster is not None else None) or ())
    for each in strategy:
        if each["capacityProvider"] not in known:
            text = (
                f"The specified capacity provider '{each['capacityProvider']}' was not found. It must be associated "
                "with the cluster. Specify a valid capacity provider and try again."
            )
            raise Refused(INVALID, text)
    text = "Only one capacity provider in a capacity provider strategy can have a base defined."
    refused_unless(sum(bool(each.get("base")) for each in strategy) <= 1, INVALID, text)
    text = "At least one capacity provider in a capacity provider strategy must have a weight greater than 0."
    refused_unless(not strategy or any(each.get("weight") for each in strategy), INVALID, text)
    text = "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
    refused_unless(not (strategy and request.parameters.get("launchType")), INVALID, text)


@rule("ecs", *OPERATIONS)
def deployment(request: Request) -> None:
    """Percentages with which no task can be replaced."""
    configuration = request.parameters.get("deploymentConfiguration", {})
    most, least = configuration.get("maximumPercent", 200), configuration.get("minimumHealthyPercent", 100)
    if most == least == 100:
        text = "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."
        raise Refused(INVALID, text)
    text = f"maximumPercent '{most}' must not be lower than minimumHealthyPercent '{least}'."
    refused_unless(most >= least, INVALID, text)


@rule("ecs", *OPERATIONS)
def execute_command(request: Request) -> None:
    """ECS Exec without a task role, through which the agent opens its channel."""
    task = _task(request)
    if request.parameters.get("enableExecuteCommand") and task is not None:
        text = (
            "The service couldn't be created because a valid taskRoleArn is not being used. Specify a valid task role "
            "in your task definition and try again."
        )
        refused_unless(getattr(task, "task_role_arn", None), INVALID, text)


@rule("ecs", *OPERATIONS)
def service_connect(request: Request) -> None:
    """Namespaces, port names and names of services that Service Connect can't resolve."""
    connect = request.parameters.get("serviceConnectConfiguration", {})
    if not connect.get("enabled"):
        return
    namespaces = request.backend("servicediscovery").namespaces.values()
    name = connect.get("namespace")
    known = {value for each in namespaces for value in (each.name, each.arn)}
    refused_unless(name is None or name in known, "NamespaceNotFoundException", f"Namespace not found: {name}")
    task = _task(request)
    if task is not None:
        _connect_ports(task, connect.get("services", ()))


def _connect_ports(task: Any, services: Any) -> None:
    mappings = [each for one in task.container_definitions for each in one.get("portMappings", ())]
    names = {each.get("name") for each in mappings}
    for each in services:
        text = f"The portName {each['portName']} does not exist in the task definition."
        refused_unless(each["portName"] in names, INVALID, text)
        for alias in each.get("clientAliases", ()):
            name = alias.get("dnsName")
            text = f"Invalid Service Connect client alias: {name}."
            refused_unless(name is None or _ALIAS.fullmatch(name), INVALID, text)
    published = Counter(each.get("discoveryName") or each["portName"] for each in services)
    twice = sorted(name for name, count in published.items() if count > 1)
    refused_unless(not twice, INVALID, f"Service Connect discovery names must be unique: {', '.join(twice)}.")
