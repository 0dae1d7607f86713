"""Security groups, with one rule resource for each rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.bindings import Construct, aws
from stacks.constructs.base import Chosen, Concept

ALL_PROTOCOLS = "-1"
DESCRIPTION_LIMIT = 255
"""Characters in the description of a rule (EC2 API, IpRange)."""


@dataclass(frozen=True)
class Peer:
    """The other side of a rule: an IPv4 range, or another security group's id."""

    cidr: str | None = None
    security_group_id: str | None = None


class SecurityGroup(Concept):
    """A security group that lets nothing in or out until a rule says so.

    Terraform removes the rule that AWS adds to every new group (all traffic out), so what is not allowed here is
    closed.

    Attributes:
        id: the security group's id.
        rules: its rules so far.
    """

    def __init__(self, scope: Construct, logical_id: str, *, name: str, description: str, vpc_id: str) -> None:
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
        """Let `peer` reach `port` over TCP."""
        kind = aws.vpc_security_group_ingress_rule.VpcSecurityGroupIngressRule
        return self._rule(kind, rule, peer, port, description)

    def allow_out(self, rule: str, peer: Peer, port: int | None, description: str) -> Any:
        """Let members of the group reach `peer` on `port` over TCP, or on any port and protocol with None."""
        kind = aws.vpc_security_group_egress_rule.VpcSecurityGroupEgressRule
        return self._rule(kind, rule, peer, port, description)

    def _rule(self, kind: Any, rule: str, peer: Peer, port: int | None, description: str) -> Any:
        made = self.make(
            kind,
            f"{self._id}_{rule}",
            **Chosen(
                security_group_id=self.id,
                description=description[:DESCRIPTION_LIMIT],
                cidr_ipv4=peer.cidr,
                referenced_security_group_id=peer.security_group_id,
                ip_protocol=ALL_PROTOCOLS if port is None else "tcp",
                from_port=port,
                to_port=port,
            ),
        )
        self.rules.append(made)
        return made
