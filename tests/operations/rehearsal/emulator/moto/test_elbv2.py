"""moto's Elastic Load Balancing: ARNs of network load balancers."""

from __future__ import annotations

import pytest

from tests.operations.rehearsal.emulator.moto.conftest import Aws


@pytest.mark.parametrize(("kind", "part", "protocol"), [("network", "net", "TCP"), ("application", "app", "HTTP")])
def test_the_arns_of_load_balancers_and_listeners_name_the_type(aws: Aws, kind: str, part: str, protocol: str) -> None:
    ec2, elb = aws("ec2"), aws("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    subnets = []
    for number, zone in enumerate(ec2.describe_availability_zones()["AvailabilityZones"][:2]):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=zone["ZoneName"])
        subnets.append(made["Subnet"]["SubnetId"])
    tags = [{"Key": "Project", "Value": "shop"}]

    made = elb.create_load_balancer(Name=f"named-{part}", Subnets=subnets, Type=kind, Tags=tags)["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    target = elb.create_target_group(Name=f"to-{part}", Protocol=protocol, Port=80, VpcId=vpc, TargetType="ip")
    to = [{"Type": "forward", "TargetGroupArn": target["TargetGroups"][0]["TargetGroupArn"]}]
    listener = elb.create_listener(LoadBalancerArn=arn, Protocol=protocol, Port=80, DefaultActions=to)["Listeners"][0]

    assert f":loadbalancer/{part}/named-{part}/" in arn
    assert listener["ListenerArn"].startswith(arn.replace(":loadbalancer/", ":listener/"))
    found = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
    assert found == tags
    elb.delete_load_balancer(LoadBalancerArn=arn)
    arns = [each["LoadBalancerArn"] for each in elb.describe_load_balancers()["LoadBalancers"]]
    assert arn not in arns
