"""moto's EC2: rules of security groups, deleted NAT gateways and changed endpoints."""

from __future__ import annotations

from typing import Any

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def rule(aws: Aws, rule_id: str) -> dict[str, Any]:
    answer = aws("ec2").describe_security_group_rules(SecurityGroupRuleIds=[rule_id])
    found: dict[str, Any] = answer["SecurityGroupRules"][0]
    return found


def test_rules_between_security_groups_and_to_prefix_lists_have_descriptions(aws: Aws, network: dict[str, Any]) -> None:
    ec2, (ours, theirs) = aws("ec2"), network["groups"]
    lists = ec2.describe_managed_prefix_lists()["PrefixLists"]
    peers: tuple[dict[str, Any], ...] = (
        {"UserIdGroupPairs": [{"GroupId": theirs, "Description": "theirs"}]},
        {"PrefixListIds": [{"PrefixListId": lists[0]["PrefixListId"], "Description": "theirs"}]},
        {"IpRanges": [{"CidrIp": "10.1.0.0/16", "Description": "theirs"}]},
    )
    for peer in peers:
        permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **peer}
        made = ec2.authorize_security_group_egress(GroupId=ours, IpPermissions=[permission])

        assert rule(aws, made["SecurityGroupRules"][-1]["SecurityGroupRuleId"])["Description"] == "theirs"


def test_a_rule_between_security_groups_can_be_changed(aws: Aws, network: dict[str, Any]) -> None:
    ec2, (ours, theirs) = aws("ec2"), network["groups"]
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": theirs}]}
    made = ec2.authorize_security_group_ingress(GroupId=ours, IpPermissions=[permission])
    rule_id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    changed = {"IpProtocol": "-1", "ReferencedGroupId": ours, "Description": "ours"}
    ec2.modify_security_group_rules(
        GroupId=ours, SecurityGroupRules=[{"SecurityGroupRuleId": rule_id, "SecurityGroupRule": changed}]
    )

    found = rule(aws, rule_id)
    assert (found["IpProtocol"], found["ReferencedGroupInfo"]["GroupId"], found["Description"]) == ("-1", ours, "ours")


def test_deleting_a_nat_gateway_releases_its_interface_and_address(aws: Aws, network: dict[str, Any]) -> None:
    ec2 = aws("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=network["subnet"], AllocationId=address)["NatGateway"]
    interface = made["NatGatewayAddresses"][0]["NetworkInterfaceId"]
    ec2.delete_nat_gateway(NatGatewayId=made["NatGatewayId"])

    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert interface not in {each["NetworkInterfaceId"] for each in interfaces}
    assert "AssociationId" not in ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]


def test_an_endpoint_has_interfaces_in_its_current_subnets_only(aws: Aws, network: dict[str, Any]) -> None:
    ec2 = aws("ec2")
    subnets = [
        ec2.create_subnet(VpcId=network["vpc"], CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]
        for number in (11, 12, 13)
    ]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network["vpc"],
        ServiceName="com.amazonaws.eu-west-1.logs",
        VpcEndpointType="Interface",
        SubnetIds=subnets[:2],
        SecurityGroupIds=network["groups"][:1],
    )["VpcEndpoint"]["VpcEndpointId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSubnetIds=subnets[2:], RemoveSubnetIds=subnets[:1])

    found = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
    interfaces = ec2.describe_network_interfaces(NetworkInterfaceIds=found["NetworkInterfaceIds"])["NetworkInterfaces"]
    assert sorted(each["SubnetId"] for each in interfaces) == sorted(subnets[1:])
    everywhere = {each["SubnetId"] for each in ec2.describe_network_interfaces()["NetworkInterfaces"]}
    assert subnets[0] not in everywhere


def test_an_endpoint_has_routes_in_its_current_route_tables_only(aws: Aws, network: dict[str, Any]) -> None:
    ec2 = aws("ec2")
    tables = [ec2.create_route_table(VpcId=network["vpc"])["RouteTable"]["RouteTableId"] for _ in range(2)]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network["vpc"],
        VpcEndpointType="Gateway",
        ServiceName="com.amazonaws.eu-west-1.s3",
        RouteTableIds=tables[:1],
    )["VpcEndpoint"]["VpcEndpointId"]

    def with_route() -> list[str]:
        found = ec2.describe_route_tables(RouteTableIds=tables)["RouteTables"]
        return [each["RouteTableId"] for each in found if endpoint in str(each["Routes"])]

    assert with_route() == tables[:1]
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=tables[1:], RemoveRouteTableIds=tables[:1])
    assert with_route() == tables[1:]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert with_route() == []
