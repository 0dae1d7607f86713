"""What somebody added to resources of a stack: Terraform does not see it, because it is a resource of its own.

Rules of security groups, listeners and their rules, and policies of roles: each opens something that the project file
does not contain, and has no tags.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.clients import Requests
from operations.drift.model import Addition
from operations.state.document import Instance
from stacks.addresses import Owners, place

_IDS_IN_FILTER = 200
"""The values of a filter (EC2 API reference, DescribeSecurityGroupRules)."""
_DEFAULT_RULE = "default"


@dataclass(frozen=True)
class StackState:
    """The resources in a state, by type."""

    instances: Sequence[Instance]
    owners: Owners

    def of(self, *types: str) -> list[Instance]:
        """The resources of these types."""
        return [each for each in self.instances if each.type in types]

    def values(self, attribute: str, *types: str) -> set[str]:
        """The values of an attribute of these types."""
        return {str(each.attributes.get(attribute)) for each in self.of(*types)}

    def addition(self, to: Instance, what: str, id_: str) -> Addition:
        """Something that was added to a resource."""
        return Addition(to.address, place(to.address, self.owners), what, id_)


def security_group_rules(state: StackState, requests: Requests) -> Iterator[Addition]:
    """The rules of the stack's security groups that it does not contain."""
    groups = {each.id: each for each in state.of("aws_security_group", "aws_default_security_group")}
    known = state.values(
        "security_group_rule_id", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"
    )
    ids = sorted(groups)
    for start in range(0, len(ids), _IDS_IN_FILTER):
        filters = [{"Name": "group-id", "Values": ids[start : start + _IDS_IN_FILTER]}]
        for rule in requests.items("ec2", "describe_security_group_rules", "SecurityGroupRules", Filters=filters):
            if rule["SecurityGroupRuleId"] not in known:
                yield state.addition(groups[rule["GroupId"]], _rule(rule), rule["SecurityGroupRuleId"])


def _rule(rule: Mapping[str, Any]) -> str:
    """A rule in a few words."""
    first, last = rule.get("FromPort"), rule.get("ToPort")
    ports = "" if first in (None, -1) else f" {first}" if first == last else f" {first}-{last}"
    protocol = "all traffic" if rule.get("IpProtocol") == "-1" else str(rule.get("IpProtocol"))
    peer = (
        rule.get("CidrIpv4")
        or rule.get("CidrIpv6")
        or rule.get("PrefixListId")
        or (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
    )
    direction, side = ("egress", "to") if rule.get("IsEgress") else ("ingress", "from")
    return f"{direction} rule, {protocol}{ports} {side} {peer}"


def listeners(state: StackState, requests: Requests) -> Iterator[Addition]:
    """The listeners of the stack's load balancer, and their rules, that it does not contain."""
    known = state.values("arn", "aws_lb_listener", "aws_lb_listener_rule")
    by_arn = {str(each.attributes.get("arn")): each for each in state.of("aws_lb_listener")}
    for balancer in state.of("aws_lb"):
        arn = str(balancer.attributes.get("arn"))
        for listener in requests.items("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn):
            if listener["ListenerArn"] not in known:
                what = f"listener, {listener.get('Protocol')} {listener.get('Port')}"
                yield state.addition(balancer, what, listener["ListenerArn"])
    for arn, instance in by_arn.items():
        for rule in requests.items("elbv2", "describe_rules", "Rules", ListenerArn=arn):
            if rule["RuleArn"] not in known and rule.get("Priority") != _DEFAULT_RULE:
                yield state.addition(instance, f"listener rule, priority {rule.get('Priority')}", rule["RuleArn"])


def role_policies(state: StackState, requests: Requests) -> Iterator[Addition]:
    """The policies of the stack's roles that it does not contain."""
    inline, attached = (
        _pairs(state, "aws_iam_role_policy", "name"),
        _pairs(state, "aws_iam_role_policy_attachment", "policy_arn"),
    )
    for role in state.of("aws_iam_role"):
        name = str(role.attributes.get("name"))
        for policy in requests.items("iam", "list_role_policies", "PolicyNames", RoleName=name):
            if (name, str(policy)) not in inline:
                yield state.addition(role, f"inline policy {policy}", str(policy))
        for each in requests.items("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name):
            if (name, each["PolicyArn"]) not in attached:
                yield state.addition(role, f"attached policy {each['PolicyName']}", each["PolicyArn"])


def _pairs(state: StackState, kind: str, attribute: str) -> Collection[tuple[str, str]]:
    """The role and the policy of each resource of a type."""
    return {(str(each.attributes.get("role")), str(each.attributes.get(attribute))) for each in state.of(kind)}


ADDITIONS: tuple[Callable[[StackState, Requests], Iterator[Addition]], ...] = (
    security_group_rules,
    listeners,
    role_policies,
)
