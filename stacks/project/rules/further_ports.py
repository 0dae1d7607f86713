"""Rules of further ports behind the load balancer (`http.also`).

Sources: the ECS Developer Guide ("Registering multiple target groups with a service": at most five), and the ECS API
reference (LoadBalancer: the container port must be in the task definition).
"""

from __future__ import annotations

from collections.abc import Iterator

from stacks.naming import identifier
from stacks.project.models import Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.targets import MAX_TARGETS, targets_of


def further_ports(project: Project) -> Iterator[Finding]:
    """At most four further ports, each another one."""
    for name, service in project.services.items():
        path = service_path(name, "http", "also")
        if len(service.http.also) >= MAX_TARGETS:
            what = f"{dotted(path)} must have at most {MAX_TARGETS - 1} ports"
            yield Finding((path,), what, str(len(service.http.also)), "move the others to a service of their own")
        yield from _distinct(name, service)
        yield from _addresses(project, name, service)


def _distinct(name: str, service: Service) -> Iterator[Finding]:
    own, *further = targets_of(name, service) or (None,)
    if own is None:
        return
    container = () if service.target is None else ("sidecars", own.container)
    taken: dict[int, Path] = {own.port: service_path(name, *container, "port")}
    for target in further:
        port = (*target.path, "port")
        if target.port in taken:
            what = f"{dotted(port)} must differ from {dotted(taken[target.port])}"
            fix = "add the hosts and paths to the other one, or write another port"
            yield Finding((port, taken[target.port]), what, str(target.port), fix)
        taken.setdefault(target.port, port)


def _addresses(project: Project, name: str, service: Service) -> Iterator[Finding]:
    """The target group `web_9090` is that of port 9090 of `web`, or of a service `web-9090`."""
    services = {identifier(other): other for other in project.services}
    for target in targets_of(name, service)[1:]:
        if target.id in services:
            port = (*target.path, "port")
            what = f"{dotted(port)} has the Terraform address of service {services[target.id]}"
            yield Finding((port,), what, str(target.port), "rename one of the services")


RULES: tuple[Rule, ...] = (further_ports,)
