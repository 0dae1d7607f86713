"""Connected services: who may talk to whom, and who has to know whom."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.bindings import Construct
from stacks.constructs.base import Concept
from stacks.constructs.containers import served_port
from stacks.constructs.endpoints import called_first, endpoints_of
from stacks.constructs.security_group import Peer
from stacks.constructs.service import Service
from stacks.naming import identifier
from stacks.project.models import Service as ServiceSpec


class Connections(Concept):
    """Lets each connected service reach the others on the ports they serve, and no one else.

    A service with a list of egress rules gets one more for each service it is connected to; with `egress: open` it
    needs none.
    """

    def __init__(self, scope: Construct, specs: Mapping[str, ServiceSpec], services: Mapping[str, Service]) -> None:
        super().__init__(scope, "connections")
        connected = {name: spec for name, spec in specs.items() if spec.connect}
        for server, spec in connected.items():
            port = served_port(spec)
            for client in connected if port else ():
                if client != server:
                    self._allow(services[client], client, services[server], server, port or 0)
        endpoints, first = endpoints_of(specs), called_first(specs)
        for name in connected:
            others = [endpoint for server, endpoint in endpoints.items() if server != name]
            services[name].know(others, after=[services[server] for server in first.get(name, ())])

    def _allow(self, client: Service, client_name: str, server: Service, server_name: str, port: int) -> None:
        to_server, from_client = (Peer(security_group_id=one.security_group.id) for one in (server, client))
        rule = f"from_{identifier(client_name)}"
        server.security_group.allow_in(rule, from_client, port, f"Service Connect: {client_name}")
        if client.lists_egress:
            rule = f"to_{identifier(server_name)}"
            client.security_group.allow_out(rule, to_server, port, f"Service Connect: {server_name}")
