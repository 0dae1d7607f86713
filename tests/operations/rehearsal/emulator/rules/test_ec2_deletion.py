"""EC2 deletes nothing that is in use."""

from __future__ import annotations

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import Aws, Network, refusal, unique
from tests.operations.rehearsal.emulator.rules.ecs import run_service


def in_use(kind: str, name: str) -> tuple[str, str]:
    return "DependencyViolation", f"The {kind} '{name}' has dependencies and cannot be deleted."


def test_a_group_that_another_group_refers_to(aws: Aws, network: Network) -> None:
    ec2, other = aws("ec2"), network.add_group()
    pair = [{"GroupId": other}]
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": pair}
    ec2.authorize_security_group_ingress(GroupId=network.group, IpPermissions=[permission])

    assert refusal(ec2.delete_security_group, GroupId=other) == (
        "DependencyViolation",
        f"resource {other} has a dependent object",
    )
    ec2.revoke_security_group_ingress(GroupId=network.group, IpPermissions=[permission])
    ec2.delete_security_group(GroupId=other)


def test_a_group_that_refers_to_itself(aws: Aws, network: Network) -> None:
    permission = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": network.group}]}
    aws("ec2").authorize_security_group_ingress(GroupId=network.group, IpPermissions=[permission])

    aws("ec2").delete_security_group(GroupId=network.group)


def test_the_default_group(aws: Aws, network: Network) -> None:
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = aws("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]

    assert refusal(aws("ec2").delete_security_group, GroupId=group["GroupId"])[0] == "CannotDelete"


def test_the_group_and_the_subnets_of_a_load_balancer(aws: Aws, network: Network) -> None:
    ec2, balancer = aws("ec2"), network.balancer()

    assert refusal(ec2.delete_security_group, GroupId=network.group)[0] == "DependencyViolation"
    for subnet in network.subnets:
        assert refusal(ec2.delete_subnet, SubnetId=subnet) == in_use("subnet", subnet)
    aws("elbv2").delete_load_balancer(LoadBalancerArn=balancer)
    for subnet in network.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_security_group(GroupId=network.group)


def test_the_group_and_the_subnet_of_tasks(aws: Aws, network: Network) -> None:
    ec2, subnet = aws("ec2"), network.subnets[0]
    service = run_service(network)

    assert refusal(ec2.delete_security_group, GroupId=network.group)[0] == "DependencyViolation"
    assert refusal(ec2.delete_subnet, SubnetId=subnet) == in_use("subnet", subnet)
    aws("ecs").delete_service(**service, force=True)
    ec2.delete_security_group(GroupId=network.group)
    ec2.delete_subnet(SubnetId=subnet)


def test_the_subnet_of_a_nat_gateway(aws: Aws, network: Network) -> None:
    ec2, subnet = aws("ec2"), network.subnets[0]
    address = ec2.allocate_address(Domain="vpc")
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address["AllocationId"])["NatGateway"]

    assert refusal(ec2.delete_subnet, SubnetId=subnet) == in_use("subnet", subnet)
    assert refusal(ec2.release_address, AllocationId=address["AllocationId"]) == (
        "InvalidIPAddress.InUse",
        f"Address {address['PublicIp']} is in use.",
    )
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])
    ec2.release_address(AllocationId=address["AllocationId"])
    ec2.delete_subnet(SubnetId=subnet)


def test_the_subnet_and_the_group_of_a_mount_target(aws: Aws, network: Network) -> None:
    ec2, efs, subnet = aws("ec2"), aws("efs"), network.subnets[0]
    system = efs.create_file_system(CreationToken=unique("token"))["FileSystemId"]
    target = efs.create_mount_target(FileSystemId=system, SubnetId=subnet, SecurityGroups=[network.group])

    assert refusal(ec2.delete_subnet, SubnetId=subnet) == in_use("subnet", subnet)
    assert refusal(ec2.delete_security_group, GroupId=network.group)[0] == "DependencyViolation"
    efs.delete_mount_target(MountTargetId=target["MountTargetId"])
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_security_group(GroupId=network.group)


def test_the_subnet_and_the_group_of_an_endpoint(aws: Aws, network: Network) -> None:
    ec2, subnet = aws("ec2"), network.subnets[0]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network.vpc,
        ServiceName="com.amazonaws.eu-west-1.logs",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        SecurityGroupIds=[network.group],
    )["VpcEndpoint"]["VpcEndpointId"]

    assert refusal(ec2.delete_subnet, SubnetId=subnet) == in_use("subnet", subnet)
    assert refusal(ec2.delete_security_group, GroupId=network.group)[0] == "DependencyViolation"
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_security_group(GroupId=network.group)


@pytest.mark.parametrize("what", ["load balancer", "tasks"])
def test_the_gateway_of_public_addresses(aws: Aws, network: Network, what: str) -> None:
    ec2 = aws("ec2")
    ids = {"InternetGatewayId": network.gateway, "VpcId": network.vpc}
    if what == "tasks":
        service = run_service(network, assignPublicIp="ENABLED")
    else:
        balancer = network.balancer()

    assert refusal(ec2.detach_internet_gateway, **ids) == (
        "DependencyViolation",
        f"Network {network.vpc} has some mapped public address(es). Please unmap those public address(es) before "
        "detaching the gateway.",
    )
    if what == "tasks":
        aws("ecs").delete_service(**service, force=True)
    else:
        aws("elbv2").delete_load_balancer(LoadBalancerArn=balancer)
    ec2.detach_internet_gateway(**ids)


def test_the_gateway_of_private_tasks_can_be_detached(aws: Aws, network: Network) -> None:
    run_service(network)
    network.balancer(Scheme="internal")

    aws("ec2").detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)


def test_a_vpc_with_a_gateway_or_a_group(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    for subnet in network.subnets:
        ec2.delete_subnet(SubnetId=subnet)

    assert refusal(ec2.delete_vpc, VpcId=network.vpc) == in_use("vpc", network.vpc)
    ec2.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
    assert refusal(ec2.delete_vpc, VpcId=network.vpc) == in_use("vpc", network.vpc)
    ec2.delete_security_group(GroupId=network.group)
    ec2.delete_vpc(VpcId=network.vpc)
