"""Services and clusters that ECS refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import Network, refusal, unique
from tests.operations.rehearsal.emulator.rules.ecs import registered, run_service, service


def create(network: Network, arguments: dict[str, Any]) -> tuple[str, str]:
    return refusal(network.aws("ecs").create_service, **arguments)


def invalid(message: str) -> tuple[str, str]:
    return "InvalidParameterException", message


def test_a_service_that_exists(network: Network) -> None:
    arguments = service(network)
    network.aws("ecs").create_service(**arguments)

    assert create(network, arguments) == invalid("Creation of service was not idempotent.")
    network.aws("ecs").delete_service(cluster=arguments["cluster"], service="web", force=True)
    network.aws("ecs").create_service(**arguments)


def test_a_deregistered_task_definition(network: Network) -> None:
    ecs, arguments = network.aws("ecs"), service(network)
    ecs.create_service(**arguments)
    inactive = registered(network)
    ecs.deregister_task_definition(taskDefinition=inactive)
    refused = ("ClientException", "TaskDefinition is inactive")

    assert create(network, service(network, inactive)) == refused
    update = {"cluster": arguments["cluster"], "service": "web", "taskDefinition": inactive}
    assert refusal(ecs.update_service, **update) == refused


def test_no_network_configuration(network: Network) -> None:
    arguments = service(network)
    del arguments["networkConfiguration"]

    assert create(network, arguments) == invalid(
        "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    )


def test_a_group_or_a_subnet_of_another_vpc(network: Network, other_network: Network) -> None:
    arguments = service(network)
    configuration = arguments["networkConfiguration"]["awsvpcConfiguration"]
    configuration["securityGroups"] = [other_network.group]

    assert create(network, arguments) == invalid(
        f"Security Group {other_network.group} does not appear to belong to the same VPC as the input subnets."
    )
    configuration["subnets"] = [network.subnets[0], other_network.subnets[0]]
    assert create(network, arguments) == invalid("The provided subnets do not belong to the same VPC.")


def balanced(arn: str, name: str = "web", port: int = 80) -> list[dict[str, Any]]:
    return [{"targetGroupArn": arn, "containerName": name, "containerPort": port}]


def attached_group(network: Network, **changes: Any) -> str:
    """A target group to which a listener forwards."""
    group = network.target_group(**changes)
    network.aws("elbv2").create_listener(
        LoadBalancerArn=network.balancer(),
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    return group


def test_containers_and_ports_of_a_load_balancer(network: Network) -> None:
    group = attached_group(network)

    assert create(network, service(network, loadBalancers=balanced(group, "api"))) == invalid(
        "The container api does not exist in the task definition."
    )
    assert create(network, service(network, loadBalancers=balanced(group, port=81))) == invalid(
        "The container web did not have a container port 81 defined."
    )
    network.aws("ecs").create_service(**service(network, loadBalancers=balanced(group)))


def test_six_target_groups(network: Network) -> None:
    groups = balanced(attached_group(network))

    assert create(network, service(network, loadBalancers=groups * 6)) == invalid(
        "load balancers can have at most 5 items."
    )


def test_a_target_group_without_a_load_balancer(network: Network) -> None:
    group = network.target_group()

    assert create(network, service(network, loadBalancers=balanced(group))) == invalid(
        f"The target group with targetGroupArn {group} does not have an associated load balancer."
    )


def test_a_target_group_for_instances(network: Network) -> None:
    group = attached_group(network, TargetType="instance")

    assert create(network, service(network, loadBalancers=balanced(group))) == invalid(
        f"The provided target group {group} has target type instance, which is incompatible with the awsvpc network "
        "mode specified in the task definition."
    )


def test_a_grace_period_without_a_load_balancer(network: Network) -> None:
    assert create(network, service(network, healthCheckGracePeriodSeconds=30)) == invalid(
        "Health check grace period is only valid for services configured to use load balancers"
    )


def test_capacity_providers(network: Network) -> None:
    def strategy(*providers: dict[str, Any], **changes: Any) -> dict[str, Any]:
        arguments = service(network, capacityProviderStrategy=list(providers), **changes)
        return {name: value for name, value in arguments.items() if value is not None}

    fargate = {"capacityProvider": "FARGATE", "weight": 1}
    spot = {"capacityProvider": "FARGATE_SPOT", "weight": 1}

    assert create(network, strategy(spot, launchType=None)) == invalid(
        "The specified capacity provider 'FARGATE_SPOT' was not found. It must be associated with the cluster. Specify "
        "a valid capacity provider and try again."
    )
    assert create(network, strategy(fargate)) == invalid(
        "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
    )
    assert create(network, strategy({**fargate, "base": 1}, {**fargate, "base": 1}, launchType=None)) == invalid(
        "Only one capacity provider in a capacity provider strategy can have a base defined."
    )
    assert create(network, strategy({**fargate, "weight": 0}, launchType=None)) == invalid(
        "At least one capacity provider in a capacity provider strategy must have a weight greater than 0."
    )
    network.aws("ecs").create_service(**strategy(fargate, launchType=None))


@pytest.mark.parametrize(
    ("most", "least", "message"),
    [
        (100, 100, "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."),
        (100, 150, "maximumPercent '100' must not be lower than minimumHealthyPercent '150'."),
    ],
)
def test_a_deployment_that_can_not_replace_a_task(network: Network, most: int, least: int, message: str) -> None:
    percents = {"maximumPercent": most, "minimumHealthyPercent": least}

    assert create(network, service(network, deploymentConfiguration=percents)) == invalid(message)


def test_ecs_exec_without_a_task_role(network: Network, role: dict[str, Any]) -> None:
    assert create(network, service(network, enableExecuteCommand=True)) == invalid(
        "The service couldn't be created because a valid taskRoleArn is not being used. Specify a valid task role in "
        "your task definition and try again."
    )
    definition = registered(network, taskRoleArn=role["Arn"])
    network.aws("ecs").create_service(**service(network, definition, enableExecuteCommand=True))


def test_service_connect(network: Network) -> None:
    namespace = unique("namespace")

    def connect(**changes: Any) -> dict[str, Any]:
        settings = {"enabled": True, "namespace": namespace, "services": [{"portName": "http"}], **changes}
        return service(network, serviceConnectConfiguration=settings)

    assert create(network, connect()) == ("NamespaceNotFoundException", f"Namespace not found: {namespace}")
    cloud_map = network.aws("servicediscovery")
    cloud_map.create_http_namespace(Name=namespace)
    assert create(network, connect(services=[{"portName": "grpc"}])) == invalid(
        "The portName grpc does not exist in the task definition."
    )
    assert create(network, connect(services=[{"portName": "http"}, {"portName": "http"}])) == invalid(
        "Service Connect discovery names must be unique: http."
    )
    wrong = [{"portName": "http", "clientAliases": [{"port": 80, "dnsName": "-web"}]}]
    assert create(network, connect(services=wrong)) == invalid("Invalid Service Connect client alias: -web.")
    arguments = connect()
    network.aws("ecs").create_service(**arguments)

    (found,) = [each["Id"] for each in cloud_map.list_namespaces()["Namespaces"] if each["Name"] == namespace]
    assert refusal(cloud_map.delete_namespace, Id=found) == (
        "ResourceInUse",
        f"The namespace {found} can't be deleted because it contains services",
    )
    network.aws("ecs").delete_service(cluster=arguments["cluster"], service="web", force=True)
    cloud_map.delete_namespace(Id=found)


def test_a_cluster_with_services(network: Network) -> None:
    ecs, running = network.aws("ecs"), run_service(network)
    cluster = running["cluster"]

    assert refusal(ecs.delete_cluster, cluster=cluster) == (
        "ClusterContainsServicesException",
        "The Cluster cannot be deleted while Services are active.",
    )
    ecs.delete_service(**running, force=True)
    ecs.delete_cluster(cluster=cluster)


def test_a_capacity_provider_that_a_service_uses(network: Network) -> None:
    ecs = network.aws("ecs")
    arguments = service(network, capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}])
    del arguments["launchType"]
    ecs.create_service(**arguments)
    nothing = {"cluster": arguments["cluster"], "capacityProviders": [], "defaultCapacityProviderStrategy": []}

    assert refusal(ecs.put_cluster_capacity_providers, **nothing) == (
        "ResourceInUseException",
        "The specified capacity provider is in use and cannot be removed.",
    )
    ecs.delete_service(cluster=arguments["cluster"], service="web", force=True)
    ecs.put_cluster_capacity_providers(**nothing)


def test_a_default_strategy_with_another_provider(network: Network) -> None:
    cluster = unique("cluster")
    network.aws("ecs").create_cluster(clusterName=cluster)
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]

    code, message = refusal(
        network.aws("ecs").put_cluster_capacity_providers,
        cluster=cluster,
        capacityProviders=["FARGATE"],
        defaultCapacityProviderStrategy=strategy,
    )
    assert code == "InvalidParameterException"
    assert message.startswith("The default capacity provider strategy cannot contain a capacity provider that is not ")
