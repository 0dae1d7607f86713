"""moto's ECS: deployments that complete, and settings that it drops unpatched."""

from __future__ import annotations

from typing import Any

from tests.operations.rehearsal.emulator.moto.conftest import REGION, Aws


def described(aws: Aws, service: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = aws("ecs").describe_services(cluster=service["cluster"], services=["web"])["services"][0]
    return found


def test_an_ecs_service_is_returned_as_it_was_requested(aws: Aws, service: dict[str, Any]) -> None:
    found = described(aws, service)

    assert found["availabilityZoneRebalancing"] == "DISABLED"
    assert found["capacityProviderStrategy"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    assert "launchType" not in found
    assert found["deploymentConfiguration"] == {"maximumPercent": 150, "minimumHealthyPercent": 50}
    assert found["enableECSManagedTags"]
    assert found["enableExecuteCommand"]
    assert found["healthCheckGracePeriodSeconds"] == 60
    assert found["deployments"][0]["serviceConnectConfiguration"] == {"enabled": True, "namespace": "shop"}


def test_zone_rebalancing_is_enabled_by_default(aws: Aws) -> None:
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="rebalancing")
    ecs.register_task_definition(family="plain", containerDefinitions=[{"name": "a", "image": "a", "memory": 64}])
    made = ecs.create_service(cluster="rebalancing", serviceName="web", taskDefinition="plain", desiredCount=1)

    assert made["service"]["availabilityZoneRebalancing"] == "ENABLED"


def test_a_deployment_of_ecs_completes(aws: Aws, service: dict[str, Any]) -> None:
    found = described(aws, service)

    assert (found["runningCount"], found["pendingCount"]) == (2, 0)
    assert found["deployments"][0]["rolloutState"] == "COMPLETED"
    assert found["deployments"][0]["runningCount"] == 2
    assert found["events"][0]["message"] == "(service web) has reached a steady state."


def test_a_new_task_definition_starts_a_deployment(aws: Aws, service: dict[str, Any]) -> None:
    cluster = service["cluster"]
    before = described(aws, service)["deployments"][0]["id"]
    aws("ecs").update_service(cluster=cluster, service="web", taskDefinition=f"{cluster}:2", desiredCount=3)

    found = described(aws, service)
    arn = f"arn:aws:ecs:{REGION}:123456789012:task-definition/{cluster}:2"
    assert found["taskDefinition"] == arn
    assert [(each["taskDefinition"], each["runningCount"]) for each in found["deployments"]] == [(arn, 3)]
    assert found["deployments"][0]["id"] != before
    assert found["deployments"][0]["serviceConnectConfiguration"] == {"enabled": True, "namespace": "shop"}


def test_an_update_keeps_the_rest_of_the_deployment_configuration(aws: Aws, service: dict[str, Any]) -> None:
    alarms = {"alarmNames": ["errors"], "enable": True, "rollback": True}
    for name in ("web", service["serviceArn"]):
        aws("ecs").update_service(cluster=service["cluster"], service=name, deploymentConfiguration={"alarms": alarms})

    configuration = described(aws, service)["deploymentConfiguration"]
    assert configuration == {"maximumPercent": 150, "minimumHealthyPercent": 50, "alarms": alarms}


def test_a_service_that_left_service_connect_is_described_without_it(aws: Aws, service: dict[str, Any]) -> None:
    aws("ecs").update_service(cluster=service["cluster"], service="web", serviceConnectConfiguration={"enabled": False})

    assert "serviceConnectConfiguration" not in described(aws, service)["deployments"][0]


def test_a_new_count_does_not_start_a_deployment(aws: Aws, service: dict[str, Any]) -> None:
    before = described(aws, service)["deployments"][0]["id"]
    aws("ecs").update_service(cluster=service["cluster"], service="web", desiredCount=5)

    found = described(aws, service)
    assert (found["desiredCount"], found["runningCount"]) == (5, 5)
    assert [each["id"] for each in found["deployments"]] == [before]


def test_a_stopped_task_has_no_network_interface(aws: Aws) -> None:
    ecs, ec2 = aws("ecs"), aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="task", Description="task", VpcId=vpc)["GroupId"]
    ecs.create_cluster(clusterName="once")
    ecs.register_task_definition(
        family="once",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "a", "image": "a", "cpu": 256, "memory": 512}],
    )
    network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
    (task,) = ecs.run_task(cluster="once", taskDefinition="once", launchType="FARGATE", networkConfiguration=network)[
        "tasks"
    ]
    assert len(ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkInterfaces"]) == 1

    ecs.stop_task(cluster="once", task=task["taskArn"])

    assert ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkInterfaces"] == []
    ec2.delete_security_group(GroupId=group)
