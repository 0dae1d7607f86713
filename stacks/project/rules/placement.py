"""Rules of tasks in public subnets.

Sources: the ECS Developer Guide ("Fargate task networking": a task in a public subnet needs a public IP address) and
the VPC User Guide ("IP addressing": public IPv4 addresses are billed).
"""

from __future__ import annotations

from collections.abc import Iterator

from stacks.project.models import Project, Service
from stacks.project.nodes import dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.suggest import listed
from stacks.project.targets import checked_ports, targets_of, tcp_target_of


def public_tasks(project: Project) -> Iterator[Finding]:
    """Tasks with public addresses: what can connect to them."""
    for name, service in project.services.items():
        if service.placement == "public":
            path = service_path(name, "placement")
            what = f"{dotted(path)} gives each task a public IPv4 address; {_exposed(project, name, service)}"
            fix = "AWS bills each address; write placement: private for tasks without one"
            yield Finding((path,), what, None, fix, severity="warning")


def _exposed(project: Project, name: str, service: Service) -> str:
    """What the security group of the tasks lets in."""
    clients = []
    if service.type == "web":
        targets, tcp = targets_of(name, service), tcp_target_of(name, service)
        ports = [str(port) for port in (*(target.port for target in targets), *checked_ports(targets))]
        ports += [str(port) for port in ((tcp.port, tcp.checked_port) if tcp else ()) if port]
        clients.append(f"the load balancer on port{'s' if len(ports) > 1 else ''} {listed(ports, 'and')}")
    others = any(each.connect for each in project.services.values() if each is not service)
    if service.connect and service.reached_port is not None and others:
        clients.append(f"connected services on port {service.reached_port}")
    if service.security_groups:
        clients.append(f"what {listed(map(str, service.security_groups), 'and')} lets in")
    return f"only {' and '.join(clients)} can connect to it" if clients else "nothing can connect to it"


RULES: tuple[Rule, ...] = (public_tasks,)
