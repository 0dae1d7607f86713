"""Security groups, with one resource for each rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope

ALL_PROTOCOLS = "-1"
DESCRIPTION_LIMIT = 255
"""The maximum length of a rule's description (EC2 API, IpRange)."""


@dataclass(frozen=True)
class Peer:
    """The other side of a rule: an IPv4 CIDR range, or the ID of another security group or of a prefix list."""

    cidr: str | None = None
    security_group_id: str | None = None
    prefix_list_id: str | None = None


class SecurityGroup(Construct):
    """A security group that allows no traffic until it has rules.

    Terraform removes the egress rule that AWS adds to every new group, which allows all outbound traffic.

    Attributes:
        id: The security group's ID.
        rules: Its rules so far, for `depends_on`.
    """

    def __init__(self, scope: Scope, logical_id: str, *, name: str, description: str, vpc_id: str) -> None:
        super().__init__(scope, f"{logical_id}_security_group")
        self._id = logical_id
        group = self.make(
            aws.security_group.SecurityGroup,
            logical_id,
            name=name,
            description=description,
            vpc_id=vpc_id,
            tags={"Name": name},
        )
        self.id: str = group.id
        self.rules: list[Any] = []

    def allow_in(self, rule: str, peer: Peer, port: int, description: str) -> Any:
        """Allow inbound TCP traffic from `peer` on `port`."""
        kind = aws.vpc_security_group_ingress_rule.VpcSecurityGroupIngressRule
        return self._rule(kind, rule, peer, port, description)

    def allow_out(self, rule: str, peer: Peer, port: int | None, description: str) -> Any:
        """Allow outbound TCP traffic to `peer` on `port`; None allows all ports and protocols."""
        kind = aws.vpc_security_group_egress_rule.VpcSecurityGroupEgressRule
        return self._rule(kind, rule, peer, port, description)

    def allow_into(self, rule: str, group_id: str, port: int, description: str) -> Any:
        """Allow traffic from this group into another one, which is made elsewhere, on a TCP `port`."""
        resource = self.make(
            aws.vpc_security_group_ingress_rule.VpcSecurityGroupIngressRule,
            f"{self._id}_into_{rule}",
            security_group_id=group_id,
            description=description[:DESCRIPTION_LIMIT],
            referenced_security_group_id=self.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
        )
        self.rules.append(resource)
        return resource

    def _rule(self, kind: Any, rule: str, peer: Peer, port: int | None, description: str) -> Any:
        resource = self.make(
            kind,
            f"{self._id}_{rule}",
            security_group_id=self.id,
            description=description[:DESCRIPTION_LIMIT],
            cidr_ipv4=peer.cidr,
            referenced_security_group_id=peer.security_group_id,
            prefix_list_id=peer.prefix_list_id,
            ip_protocol=ALL_PROTOCOLS if port is None else "tcp",
            from_port=port,
            to_port=port,
        )
        self.rules.append(resource)
        return resource
