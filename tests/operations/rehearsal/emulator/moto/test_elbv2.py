"""moto's Elastic Load Balancing: network load balancers, and the target groups of listeners that change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations.rehearsal.emulator.moto.conftest import Aws

TAGS = [{"Key": "Project", "Value": "shop"}]
Forward = list[dict[str, str]]
CERTIFICATE = {"DomainName": "tcp.example.com", "ValidationMethod": "DNS"}


@pytest.fixture
def elb(aws: Aws) -> Any:
    return aws("elbv2")


@pytest.fixture
def network(aws: Aws) -> Iterator[tuple[str, list[str]]]:
    """A VPC with two public subnets."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    subnets = []
    for number, zone in enumerate(ec2.describe_availability_zones()["AvailabilityZones"][:2]):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=zone["ZoneName"])
        subnets.append(made["Subnet"]["SubnetId"])
    yield vpc, subnets


@pytest.fixture
def balancer(elb: Any, network: tuple[str, list[str]]) -> Iterator[Callable[[str], str]]:
    """`balancer("network")` creates a load balancer, with tags, and returns its ARN."""
    created: list[str] = []

    def create(kind: str) -> str:
        made = elb.create_load_balancer(Name=f"lb-{kind}", Subnets=network[1], Type=kind, Tags=TAGS)
        created.append(made["LoadBalancers"][0]["LoadBalancerArn"])
        return created[-1]

    yield create
    for arn in created:
        elb.delete_load_balancer(LoadBalancerArn=arn)
    left = [each["LoadBalancerArn"] for each in elb.describe_load_balancers()["LoadBalancers"]]
    assert not set(created) & set(left)


@pytest.fixture
def forward(elb: Any, network: tuple[str, list[str]]) -> Callable[[str, str], Forward]:
    """`forward("blue", "TCP")` creates a target group and returns the actions that forward to it."""

    def create(name: str, protocol: str) -> Forward:
        made = elb.create_target_group(Name=name, Protocol=protocol, Port=80, VpcId=network[0], TargetType="ip")
        return [{"Type": "forward", "TargetGroupArn": made["TargetGroups"][0]["TargetGroupArn"]}]

    return create


def balancers_of(elb: Any, actions: Forward) -> list[str]:
    found = elb.describe_target_groups(TargetGroupArns=[actions[0]["TargetGroupArn"]])["TargetGroups"]
    return list(found[0]["LoadBalancerArns"])


@pytest.mark.parametrize(("kind", "part", "protocol"), [("network", "net", "TCP"), ("application", "app", "HTTP")])
def test_the_arns_of_load_balancers_and_listeners_name_the_type(
    elb: Any, balancer: Any, forward: Any, kind: str, part: str, protocol: str
) -> None:
    arn = balancer(kind)
    made = elb.create_listener(
        LoadBalancerArn=arn, Protocol=protocol, Port=80, DefaultActions=forward(f"named-{part}", protocol)
    )

    assert f":loadbalancer/{part}/lb-{kind}/" in arn
    assert made["Listeners"][0]["ListenerArn"].startswith(arn.replace(":loadbalancer/", ":listener/"))
    assert elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"] == TAGS


def test_a_listener_changes_its_port_and_terminates_tls(aws: Aws, elb: Any, balancer: Any, forward: Any) -> None:
    certificate = aws("acm").request_certificate(**CERTIFICATE)["CertificateArn"]
    to = forward("tcp", "TCP")
    made = elb.create_listener(LoadBalancerArn=balancer("network"), Protocol="TCP", Port=80, DefaultActions=to)
    arn = made["Listeners"][0]["ListenerArn"]

    elb.modify_listener(ListenerArn=arn, Port=81, Protocol="TLS", Certificates=[{"CertificateArn": certificate}])

    (found,) = elb.describe_listeners(ListenerArns=[arn])["Listeners"]
    assert (found["Protocol"], found["Port"], found["Certificates"]) == ("TLS", 81, [{"CertificateArn": certificate}])
    assert found["DefaultActions"][0]["TargetGroupArn"] == to[0]["TargetGroupArn"]


def test_the_load_balancers_of_a_target_group_are_those_that_forward_to_it(
    elb: Any, balancer: Any, forward: Any
) -> None:
    blue, green = forward("blue", "HTTP"), forward("green", "HTTP")
    arn = balancer("application")
    listener = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=blue)["Listeners"][0]
    conditions = [{"Field": "path-pattern", "Values": ["/a"]}]
    listener_arn = listener["ListenerArn"]
    rule = elb.create_rule(ListenerArn=listener_arn, Priority=1, Conditions=conditions, Actions=blue)["Rules"][0]
    before = balancers_of(elb, blue), balancers_of(elb, green)

    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=green)
    both = balancers_of(elb, blue), balancers_of(elb, green)
    elb.modify_listener(ListenerArn=listener_arn, DefaultActions=green)
    after = balancers_of(elb, blue), balancers_of(elb, green)

    assert before == ([arn], [])
    assert both == ([arn], [arn])
    assert after == ([], [arn])
