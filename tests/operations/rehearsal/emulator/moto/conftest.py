"""An emulator and a network for the tests of the patches, without which Terraform would fail or wait for minutes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from operations.rehearsal.emulator.client import Emulator

REGION = "eu-west-1"
Aws = Any


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """moto with its patches only: the requests need not be complete enough for AWS."""
    with Emulator(disabled=["layer"]) as running:
        yield running


@pytest.fixture(scope="session")
def aws(emulator: Emulator) -> Aws:
    """`aws("ecs")` is a client of the emulator."""
    return lambda service: emulator.client(service, REGION)


@pytest.fixture(scope="session")
def network(aws: Aws) -> dict[str, Any]:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    groups = [ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("a", "b")]
    return {"vpc": vpc, "subnet": subnet, "groups": groups}


@pytest.fixture
def service(aws: Aws, network: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    """An ECS service with every setting that moto drops unpatched, in a cluster of its own."""
    ecs, cluster = aws("ecs"), request.node.name.replace("_", "-")
    ecs.create_cluster(clusterName=cluster)
    container = {"name": "web", "image": "nginx", "memory": 128}
    for image in ("nginx:1", "nginx:2"):
        ecs.register_task_definition(family=cluster, containerDefinitions=[{**container, "image": image}])
    created: dict[str, Any] = ecs.create_service(
        cluster=cluster,
        serviceName="web",
        taskDefinition=f"{cluster}:1",
        desiredCount=2,
        availabilityZoneRebalancing="DISABLED",
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        deploymentConfiguration={"maximumPercent": 150, "minimumHealthyPercent": 50},
        enableECSManagedTags=True,
        enableExecuteCommand=True,
        healthCheckGracePeriodSeconds=60,
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": [network["subnet"]], "securityGroups": network["groups"][:1]}
        },
        serviceConnectConfiguration={"enabled": True, "namespace": "shop"},
    )["service"]
    return {**created, "cluster": cluster}
