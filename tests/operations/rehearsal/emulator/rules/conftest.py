"""An emulator and a network for the tests of the rules: each rule refuses what AWS refuses, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from operations.rehearsal.emulator.client import ACCOUNT_ID, Emulator

REGION = "eu-west-1"
ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
Aws = Callable[[str], Any]
_numbers = count(1)


def unique(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}-{next(_numbers)}"


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """The code and the message with which a call is refused."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(service: str = "ecs-tasks.amazonaws.com") -> str:
    """A trust policy for a service."""
    return policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


@dataclass
class Network:
    """A VPC with an internet gateway, a subnet in each of two zones, and a security group."""

    aws: Aws
    vpc: str = ""
    gateway: str = ""
    subnets: list[str] = field(default_factory=list)
    group: str = ""

    def add_subnet(self, cidr: str, zone: str = ZONES[0]) -> str:
        """A further subnet."""
        created = self.aws("ec2").create_subnet(VpcId=self.vpc, CidrBlock=cidr, AvailabilityZone=zone)
        return str(created["Subnet"]["SubnetId"])

    def add_group(self) -> str:
        """A further security group."""
        created = self.aws("ec2").create_security_group(GroupName=unique("group"), Description="x", VpcId=self.vpc)
        return str(created["GroupId"])

    def balancer(self, **arguments: Any) -> str:
        """A load balancer in the two subnets; its ARN."""
        settings = {"Name": unique("lb"), "Subnets": self.subnets, "SecurityGroups": [self.group], **arguments}
        created = self.aws("elbv2").create_load_balancer(**settings)["LoadBalancers"][0]
        return str(created["LoadBalancerArn"])

    def target_group(self, **arguments: Any) -> str:
        """A target group for Fargate; its ARN."""
        settings = {"Name": unique("tg"), "Protocol": "HTTP", "Port": 80, "VpcId": self.vpc, "TargetType": "ip"}
        created = self.aws("elbv2").create_target_group(**{**settings, **arguments})["TargetGroups"][0]
        return str(created["TargetGroupArn"])


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(scope="session")
def aws(emulator: Emulator) -> Aws:
    """`aws("ecs")` is a client of the emulator."""
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = emulator.client(service, REGION)
        return clients[service]

    return client


@pytest.fixture
def network(aws: Aws) -> Network:
    return new_network(aws)


@pytest.fixture
def other_network(aws: Aws) -> Network:
    return new_network(aws)


def new_network(aws: Aws) -> Network:
    """A network of its own."""
    ec2, network = aws("ec2"), Network(aws)
    network.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    network.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
    network.subnets = [network.add_subnet(f"10.0.{n}.0/24", zone) for n, zone in enumerate(ZONES[:2])]
    network.group = network.add_group()
    return network


@pytest.fixture
def role(aws: Aws) -> dict[str, Any]:
    """A role for tasks, with its name and ARN."""
    created: dict[str, Any] = aws("iam").create_role(RoleName=unique("role"), AssumeRolePolicyDocument=trust())["Role"]
    return created


MISSING_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/missing"
