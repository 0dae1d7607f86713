"""Who may talk to whom: the security group rules between connected services."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.bindings import Construct
from stacks.constructs.base import Concept
from stacks.constructs.containers import served_port
from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.naming import identifier
from stacks.spec.models import Service


class Connections(Concept):
    """Lets each connected service reach the others on the ports they serve, and no one else.

    A service with a list of egress rules gets one more for each service it is connected to; with `egress: open` it
    needs none.
    """

    def __init__(
        self, scope: Construct, services: Mapping[str, Service], security_groups: Mapping[str, SecurityGroup]
    ) -> None:
        super().__init__(scope, "connections")
        connected = {name: spec for name, spec in services.items() if spec.connect}
        for server, spec in connected.items():
            port = served_port(spec)
            for client in connected if port else ():
                if client == server:
                    continue
                groups = security_groups[server], security_groups[client]
                groups[0].allow_in(
                    f"from_{identifier(client)}",
                    Peer(security_group_id=groups[1].id),
                    port or 0,
                    f"Service Connect: {client}",
                )
                if services[client].egress != "open":
                    peer = Peer(security_group_id=groups[0].id)
                    groups[1].allow_out(f"to_{identifier(server)}", peer, port, f"Service Connect: {server}")
