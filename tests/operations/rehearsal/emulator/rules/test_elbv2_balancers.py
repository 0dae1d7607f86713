"""Load balancers that Elastic Load Balancing refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import REGION, ZONES, Network, policy, refusal, unique


def create(network: Network, **changes: Any) -> tuple[str, str]:
    settings = {"Name": unique("lb"), "Subnets": network.subnets, "SecurityGroups": [network.group], **changes}
    return refusal(network.aws("elbv2").create_load_balancer, **settings)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("l" * 33, "cannot be longer than '32' characters"),
        ("lb-", "can only contain alphanumeric characters and inner hyphens"),
        ("-lb", "can only contain alphanumeric characters and inner hyphens"),
        ("lb_1", "can only contain alphanumeric characters and inner hyphens"),
        ("internal-lb", "cannot begin with 'internal-'"),
    ],
)
def test_names(network: Network, name: str, problem: str) -> None:
    assert create(network, Name=name) == ("ValidationError", f"The load balancer name '{name}' {problem}")


def test_a_taken_name(network: Network) -> None:
    name = unique("lb")
    network.balancer(Name=name)

    assert create(network, Name=name, Scheme="internal") == (
        "DuplicateLoadBalancerName",
        f"A load balancer with the same name '{name}' exists, but with different settings",
    )


def test_one_subnet(network: Network) -> None:
    assert create(network, Subnets=network.subnets[:1]) == (
        "ValidationError",
        "At least two subnets in two different Availability Zones must be specified",
    )
    network.balancer(Subnets=network.subnets[:1], Type="network")


def test_two_subnets_in_one_zone(network: Network) -> None:
    same_zone = [network.subnets[0], network.add_subnet("10.0.9.0/24")]

    assert create(network, Subnets=same_zone)[1] == (
        "At least two subnets in two different Availability Zones must be specified"
    )
    assert create(network, Subnets=[*network.subnets, same_zone[1]]) == (
        "InvalidConfigurationRequest",
        "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
    )
    assert (
        create(network, SubnetMappings=[{"SubnetId": each} for each in same_zone], Subnets=[])[0] == "ValidationError"
    )


def test_subnets_of_two_vpcs(network: Network, other_network: Network) -> None:
    subnets = [network.subnets[0], other_network.subnets[1]]
    refused = ("InvalidConfigurationRequest", "All subnets must belong to the same VPC")

    assert create(network, Subnets=subnets) == refused
    balancer = network.balancer()
    set_subnets = network.aws("elbv2").set_subnets
    assert refusal(set_subnets, LoadBalancerArn=balancer, Subnets=other_network.subnets) == refused
    assert refusal(set_subnets, LoadBalancerArn=balancer, Subnets=network.subnets[:1])[0] == "ValidationError"
    set_subnets(LoadBalancerArn=balancer, Subnets=[*network.subnets, network.add_subnet("10.0.9.0/24", ZONES[2])])


def test_a_group_of_another_vpc(network: Network, other_network: Network) -> None:
    refused = ("InvalidConfigurationRequest", "One or more security groups are invalid")

    assert create(network, SecurityGroups=[other_network.group]) == refused
    set_groups = network.aws("elbv2").set_security_groups
    balancer = network.balancer()
    assert refusal(set_groups, LoadBalancerArn=balancer, SecurityGroups=[other_network.group]) == refused
    set_groups(LoadBalancerArn=balancer, SecurityGroups=[network.add_group()])


def test_a_group_that_does_not_exist(network: Network) -> None:
    assert create(network, SecurityGroups=["sg-00000000000000000"]) == (
        "InvalidSecurityGroup",
        "The security group 'sg-00000000000000000' does not exist",
    )


def test_a_vpc_without_an_internet_gateway(network: Network) -> None:
    network.aws("ec2").detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)

    assert create(network) == ("InvalidSubnet", f"VPC {network.vpc} has no internet gateway")
    network.balancer(Scheme="internal")


def test_a_small_subnet(network: Network) -> None:
    small = network.add_subnet("10.0.9.0/28", ZONES[2])

    assert create(network, Subnets=[network.subnets[0], small]) == (
        "InvalidSubnet",
        f"Not enough IP space available in {small}. ELB requires at least 8 free IP addresses in each subnet.",
    )


def test_a_subnet_without_eight_free_addresses(network: Network) -> None:
    """A /27 has 27 addresses: 19 interfaces and a load balancer leave seven."""
    full = network.add_subnet("10.0.9.0/27", ZONES[2])
    for _ in range(19):
        network.aws("ec2").create_network_interface(SubnetId=full)
    network.balancer(Subnets=[network.subnets[0], full])

    assert create(network, Subnets=[network.subnets[0], full])[0] == "InvalidSubnet"


@pytest.mark.parametrize("seconds", ["0", "4001", "x"])
def test_an_idle_timeout_outside_its_range(network: Network, seconds: str) -> None:
    attributes = [{"Key": "idle_timeout.timeout_seconds", "Value": seconds}]

    assert refusal(
        network.aws("elbv2").modify_load_balancer_attributes, LoadBalancerArn=network.balancer(), Attributes=attributes
    ) == (
        "ValidationError",
        f"'{seconds}' is not valid for the attribute 'idle_timeout.timeout_seconds': it must be between 1 and 4000",
    )


def test_access_logs_need_a_bucket_that_lets_the_load_balancer_write(network: Network) -> None:
    bucket, s3, balancer = unique("logs"), network.aws("s3"), network.balancer()
    logs = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": bucket}
    attributes = [{"Key": key, "Value": value} for key, value in logs.items()]
    modify = network.aws("elbv2").modify_load_balancer_attributes
    refused = (
        "InvalidConfigurationRequest",
        f"Access Denied for bucket: {bucket}. Please check S3bucket permission",
    )

    assert refusal(modify, LoadBalancerArn=balancer, Attributes=attributes) == refused
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    assert refusal(modify, LoadBalancerArn=balancer, Attributes=attributes) == refused
    principal = {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    write = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(write))
    modify(LoadBalancerArn=balancer, Attributes=attributes)


def test_deletion_protection(network: Network) -> None:
    elb, balancer = network.aws("elbv2"), network.balancer()

    def protect(value: str) -> None:
        attributes = [{"Key": "deletion_protection.enabled", "Value": value}]
        elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=attributes)

    protect("true")
    assert refusal(elb.delete_load_balancer, LoadBalancerArn=balancer) == (
        "OperationNotPermitted",
        f"Load balancer '{balancer}' cannot be deleted because deletion protection is enabled",
    )
    protect("false")
    elb.delete_load_balancer(LoadBalancerArn=balancer)
