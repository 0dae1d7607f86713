"""Patches moto's EC2: security group rules, NAT gateways and changed endpoints."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.utils import random_private_ip


def patch() -> None:
    _describe_every_rule()
    SecurityGroupBackend.modify_security_group_rules = modify_security_group_rules
    _clean_up_after_nat_gateways()
    _move_endpoints()


def _describe_every_rule() -> None:
    """DescribeSecurityGroupRules returns the description of every rule; moto only that of CIDR rules."""
    create = SecurityGroupRule.__init__

    def create_with_description(self: Any, *args: Any, **kwargs: Any) -> None:
        create(self, *args, **kwargs)
        prefix_list = kwargs.get("prefix_list_id") or (args[7] if len(args) > 7 else None) or {}
        peers = (self.ip_range, self.source_group, prefix_list)
        self.rule_description = next((peer["Description"] for peer in peers if peer.get("Description")), None)

    SecurityGroupRule.__init__ = create_with_description
    SecurityGroupRule.description = property(lambda self: self.rule_description)


def modify_security_group_rules(self: Any, group_id: str, rules: dict[str, dict[str, Any]]) -> None:
    """ModifySecurityGroupRules accepts every kind of peer, and protocols without ports; moto only IPv4 and ports."""
    group = self.get_security_group_by_name_or_id(group_id)
    for rule_id, new in rules.items():
        rule = group.get_rule(rule_id)
        if rule is None:
            raise InvalidSecurityGroupRuleIdNotFoundError(rule_id)
        rule.ip_protocol = new["IpProtocol"]
        ports = (None, None) if rule.ip_protocol == "-1" else (new.get("FromPort"), new.get("ToPort"))
        rule.from_port, rule.to_port = ports
        rule.ip_range = {"CidrIp": new.get("CidrIpv4"), "CidrIpv6": new.get("CidrIpv6")}
        rule.ip_range = {key: value for key, value in rule.ip_range.items() if value is not None}
        peer = new.get("ReferencedGroupId")
        rule.source_group = {"GroupId": peer, "UserId": self.account_id, "OwnerId": self.account_id} if peer else {}
        rule.prefix_list_id = new.get("PrefixListId")
        rule.rule_description = new.get("Description")


def _clean_up_after_nat_gateways() -> None:
    """Deleting a NAT gateway releases its address and deletes its network interface; moto does neither."""
    delete = NatGatewayBackend.delete_nat_gateway

    def delete_with_interface(self: Any, nat_gateway_id: str) -> Any:
        gateway = delete(self, nat_gateway_id)
        for address in self.address_by_allocation([each["allocationId"] for each in gateway.address_set]):
            if address.eni is gateway._eni:
                self.disassociate_address(association_id=address.association_id)
        self.enis.pop(gateway._eni.id, None)
        return gateway

    NatGatewayBackend.delete_nat_gateway = delete_with_interface


def _move_endpoints() -> None:
    """ModifyVpcEndpoint moves the interfaces and routes to the new subnets and route tables; in moto they stay."""
    modify = VPCBackend.modify_vpc_endpoint

    def modify_and_move(self: Any, vpc_id: str, *args: Any, **kwargs: Any) -> None:
        (endpoint,) = self.describe_vpc_endpoints(vpc_end_point_ids=[vpc_id])
        subnets, tables = {*(endpoint.subnet_ids or ())}, {*(endpoint.route_table_ids or ())}
        modify(self, vpc_id, *args, **kwargs)
        _move_interfaces(self, endpoint, subnets)
        _move_routes(self, endpoint, tables)

    VPCBackend.modify_vpc_endpoint = modify_and_move


def _move_interfaces(ec2: Any, endpoint: Any, before: set[str]) -> None:
    after = {*(endpoint.subnet_ids or ())}
    kept = {each: ec2.enis[each] for each in endpoint.network_interface_ids if each in ec2.enis}
    for eni in [each for each in kept.values() if each.subnet.id not in after]:
        del kept[eni.id], ec2.enis[eni.id]
    added = [ec2.create_network_interface(each, random_private_ip()).id for each in sorted(after - before)]
    endpoint.network_interface_ids = [*kept, *added]


def _move_routes(ec2: Any, endpoint: Any, before: set[str]) -> None:
    after, prefix_list = {*(endpoint.route_table_ids or ())}, endpoint.destination_prefix_list_id
    for table in sorted(each for each in before - after if each in ec2.route_tables):  # Terraform may delete it first
        ec2.delete_route(table, None, destination_prefix_list_id=prefix_list)
    for table in sorted(after - before):
        ec2.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)
