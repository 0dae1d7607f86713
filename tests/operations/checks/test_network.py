"""Whether the subnets of an existing VPC reach what tasks need, in moto's EC2."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.operations.checks.conftest import Run, texts
from tests.support.refusals import refuse

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1"


class Vpc:
    """A VPC with a public and a private subnet in two zones; without routes to the internet."""

    def __init__(self, session: boto3.Session) -> None:
        self.ec2: Any = session.client("ec2")
        self.id = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.public = [self._subnet(zone, number) for number, zone in enumerate("ab")]
        self.private = [self._subnet(zone, number + 2) for number, zone in enumerate("ab")]
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.id)
        self.table = self._table(self.private)
        self.route(self._table(self.public), GatewayId=self.gateway)

    def _subnet(self, zone: str, number: int) -> str:
        made = self.ec2.create_subnet(
            VpcId=self.id, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}"
        )
        subnet_id: str = made["Subnet"]["SubnetId"]
        return subnet_id

    def _table(self, subnets: list[str]) -> str:
        table: str = self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"]
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return table

    def route(self, table: str, **target: str) -> None:
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)

    def nat(self) -> str:
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        made = self.ec2.create_nat_gateway(SubnetId=self.public[0], AllocationId=address)
        nat_id: str = made["NatGateway"]["NatGatewayId"]
        return nat_id

    def endpoint(self, service: str, **more: Any) -> None:
        self.ec2.create_vpc_endpoint(VpcId=self.id, ServiceName=f"com.amazonaws.eu-west-1.{service}", **more)

    def file(self, image: str = "nginx:1.27", balancer: str = "{}") -> str:
        return (
            f"network: {{vpc_id: {self.id}, public_subnet_ids: {self.public}, private_subnet_ids: {self.private}}}\n"
            f"load_balancer: {balancer}\nservices: {{web: {{image: '{image}'}}}}"
        )


@pytest.fixture
def vpc(account: boto3.Session) -> Vpc:
    return Vpc(account)


def test_a_new_vpc_is_not_checked(run: Run) -> None:
    assert run("subnets", "services: {web: {}}") == []


def test_a_nat_gateway_is_a_way_out(vpc: Vpc, run: Run) -> None:
    vpc.route(vpc.table, NatGatewayId=vpc.nat())

    assert texts(run("subnets", vpc.file())) == ["ok: 2 private subnets with a way to images, logs and secrets"]


def test_tasks_in_public_subnets_need_a_route_to_an_internet_gateway(vpc: Vpc, run: Run) -> None:
    public = vpc.file().replace("nginx:1.27'", "nginx:1.27', placement: public")
    swapped = public.replace(str(vpc.public), "PUBLIC").replace(str(vpc.private), str(vpc.public))

    assert texts(run("subnets", public)) == ["ok: 2 public subnets with a way to images, logs and secrets"]
    assert texts(run("subnets", swapped.replace("PUBLIC", str(vpc.private))))[:2] == [
        f"missing: network.public_subnet_ids: tasks with placement: public need a route to an internet gateway; got "
        f"{subnet}, without one; add the route, or write another subnet"
        for subnet in vpc.private
    ]


def test_subnets_without_a_route_are_named_with_the_endpoints_that_are_missing(vpc: Vpc, run: Run) -> None:
    found = run("subnets", vpc.file(ECR))

    assert texts(found) == [
        "missing: network.private_subnet_ids: tasks in the subnet can't reach what they need to start; got "
        f"{subnet}, without a route to 0.0.0.0/0; add a route to a NAT gateway, or endpoints for logs, ecr.api, "
        "ecr.dkr, s3"
        for subnet in vpc.private
    ]
    assert found[0].calls == ("ec2:DescribeRouteTables", "ec2:DescribeNatGateways", "ec2:DescribeVpcEndpoints")


def test_endpoints_are_a_way_to_ecr_but_not_to_other_registries(vpc: Vpc, run: Run) -> None:
    for service in ("logs", "ecr.api", "ecr.dkr"):
        vpc.endpoint(service, VpcEndpointType="Interface", SubnetIds=vpc.private, PrivateDnsEnabled=True)
    vpc.endpoint("s3", VpcEndpointType="Gateway", RouteTableIds=[vpc.table])
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        vpc.ec2.modify_vpc_attribute(VpcId=vpc.id, **{attribute: {"Value": True}})

    assert [each.status for each in run("subnets", vpc.file(ECR))] == ["ok"]
    assert texts(run("subnets", vpc.file()))[0] == (
        "missing: network.private_subnet_ids: tasks in the subnet can't pull an image from the internet; got "
        f"nginx:1.27 from {vpc.private[0]}, without a route to 0.0.0.0/0; add a route to a NAT gateway, or copy the "
        "image to ECR"
    )


def test_private_names_of_endpoints_need_dns_in_the_vpc(vpc: Vpc, run: Run) -> None:
    vpc.route(vpc.table, NatGatewayId=vpc.nat())
    vpc.endpoint("logs", VpcEndpointType="Interface", SubnetIds=vpc.private, PrivateDnsEnabled=True)

    assert texts(run("subnets", vpc.file())) == [
        f"missing: network.vpc_id: endpoints need enableDnsHostnames in the VPC; got {vpc.id}; aws ec2 "
        f"modify-vpc-attribute --vpc-id {vpc.id} --enable-dns-hostnames"
    ]


def test_a_route_to_the_internet_gateway_does_not_help_tasks(vpc: Vpc, run: Run) -> None:
    vpc.route(vpc.table, GatewayId=vpc.gateway)

    assert (
        f"got {vpc.private[0]}, whose route to 0.0.0.0/0 is the internet gateway {vpc.gateway}, and tasks have no "
        "public address"
    ) in texts(run("subnets", vpc.file()))[0]


def test_a_route_to_a_deleted_nat_gateway_is_a_problem(vpc: Vpc, run: Run) -> None:
    nat = vpc.nat()
    vpc.route(vpc.table, NatGatewayId=nat)
    vpc.ec2.delete_nat_gateway(NatGatewayId=nat)

    assert f"got {vpc.private[0]}, whose NAT gateway {nat} is deleted" in texts(run("subnets", vpc.file()))[0]


def test_public_subnets_without_an_internet_gateway_are_a_warning_unless_the_load_balancer_is_internal(
    vpc: Vpc, run: Run
) -> None:
    vpc.route(vpc.table, NatGatewayId=vpc.nat())
    vpc.public = vpc.private

    assert texts(run("subnets", vpc.file()))[0] == (
        "warning: network.public_subnet_ids: the load balancer can't be reached in a subnet without a route to an "
        f"internet gateway; got {vpc.public[0]}, whose route to 0.0.0.0/0 is a NAT gateway; add the route, write "
        "another subnet, or set load_balancer.internal"
    )
    assert [each.status for each in run("subnets", vpc.file(balancer="{internal: true}"))] == ["ok"]


def test_a_page_without_items_is_followed(vpc: Vpc, run: Run, account: boto3.Session) -> None:
    vpc.route(vpc.table, NatGatewayId=vpc.nat())
    pages = iter([{"RouteTables": [], "NextToken": "more"}])

    def first_empty(**_: Any) -> Any:
        page = next(pages, None)
        return None if page is None else (type("Answer", (), {"status_code": 200})(), page)

    account.events.register("before-call.ec2.DescribeRouteTables", first_empty)

    assert [each.status for each in run("subnets", vpc.file())] == ["ok"]


def test_a_denied_call_is_left_to_the_caller(vpc: Vpc, run: Run, account: boto3.Session) -> None:
    refuse(account, "ec2.DescribeRouteTables", "UnauthorizedOperation", 403)

    with pytest.raises(Exception, match="AWS refused DescribeRouteTables"):
        run("subnets", vpc.file())
