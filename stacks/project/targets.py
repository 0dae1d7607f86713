"""The ports of web services that a load balancer forwards to, each with a target group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stacks.naming import Names, identifier
from stacks.project.models import FurtherPort, Project, Routing, Service, TargetCheck
from stacks.project.nodes import Path

MAX_TARGETS = 5
"""The most target groups of an ECS service (ECS Developer Guide, "Registering multiple target groups")."""


@dataclass(frozen=True)
class Target:
    """A port of a web service behind the load balancer.

    Attributes:
        service: The name of the service.
        config: The service.
        port: The port.
        routing: The routing of requests to the port.
        check: The health check of its target group.
        path: The path of the routing in the project file.
        check_path: The path of the health check there.
        further: The key under `http.also`; None for the service's own port.
    """

    service: str
    config: Service
    port: int
    routing: Routing
    check: TargetCheck
    path: Path
    check_path: Path
    further: FurtherPort | None = None

    @property
    def id(self) -> str:
        """The Terraform identifier of the target group."""
        own = identifier(self.service)
        return own if self.further is None else f"{own}_{self.port}"

    @property
    def container(self) -> str:
        """The container that listens on the port.

        For the service's requests it is `target_container`, for a further port the sidecar with this port; otherwise it
        is the service's own.
        """
        if self.further is None:
            return _container(self.service, self.config)
        tcp = ((name, sidecar.port) for name, sidecar in self.config.sidecars.items() if sidecar.protocol == "tcp")
        return next((name for name, port in tcp if port == self.port), self.service)

    @property
    def checked_port(self) -> int | None:
        """The port of the health checks; None where it is the port of the requests."""
        if self.further and self.further.health_check is None:
            port = self.check.port or _port(self.config)
        else:
            port = self.check.port or self.port
        return None if port == self.port else port

    @property
    def matcher(self) -> str:
        """The health check's codes: as written, or the default of the protocol; for GRPC any code means healthy."""
        written = "matcher" in self.check.model_fields_set
        return "0-99" if self.routing.protocol == "GRPC" and not written else self.check.matcher

    def name(self, names: Names) -> str:
        """The name of the target group."""
        return names.target_group(self.service, self.port, self.routing.protocol, further=self.further is not None)


def _port(service: Service) -> int:
    """The port at which a load balancer reaches a web service: that of its `target_container`, or its own."""
    return service.reached_port or service.port


def _container(name: str, service: Service) -> str:
    """The container that a load balancer reaches at this port."""
    return name if service.target is None or service.target_container is None else service.target_container


def serves_http(service: Service) -> bool:
    """Whether the application load balancer forwards requests to the service."""
    return service.type == "web" and service.tcp is None


@dataclass(frozen=True)
class TcpTarget:
    """The port of a service behind the network load balancer.

    Attributes:
        service: The name of the service.
        config: The service.
        port: The port of the container.
        listener: The port of the listener.
        tls: Whether the listener terminates TLS.
    """

    service: str
    config: Service
    port: int
    listener: int
    tls: bool

    @property
    def id(self) -> str:
        """The Terraform identifier of the target group."""
        return identifier(self.service)

    @property
    def container(self) -> str:
        """The container that listens on the port: `target_container`, or the service's own."""
        return _container(self.service, self.config)

    @property
    def checks_http(self) -> bool:
        """Whether the health check is a request, not only a connection."""
        return "path" in self.config.health_check.model_fields_set

    @property
    def checked_port(self) -> int | None:
        """The port of the health checks; None where it is the port of the connections."""
        port = self.config.health_check.port
        return None if port == self.port else port

    def name(self, names: Names) -> str:
        """The name of the target group."""
        return names.target_group(self.service, self.port, "TCP")


def tcp_target_of(name: str, service: Service) -> TcpTarget | None:
    """The port of a service behind the network load balancer; None without one."""
    if service.type != "web" or service.tcp is None:
        return None
    port = _port(service)
    return TcpTarget(name, service, port, service.tcp.listener or port, service.tcp.tls)


def tcp_targets(services: Mapping[str, Service]) -> tuple[TcpTarget, ...]:
    """The ports of all services behind the network load balancer."""
    found = (tcp_target_of(name, service) for name, service in services.items())
    return tuple(target for target in found if target is not None)


def target_group_names(names: Names, name: str, service: Service) -> list[str]:
    """The names of the target groups of a service, behind either load balancer."""
    tcp = tcp_target_of(name, service)
    return [target.name(names) for target in (*targets_of(name, service), *((tcp,) if tcp else ()))]


def targets_of(name: str, service: Service) -> tuple[Target, ...]:
    """The ports of a service behind the load balancer, its own first; none for a service without requests."""
    if not serves_http(service):
        return ()
    path: Path = ("services", name)
    check, http = service.health_check, (*path, "http")
    own = Target(name, service, _port(service), service.http, check, http, (*path, "health_check"))
    return own, *_further(own)


def _further(own: Target) -> Iterator[Target]:
    for index, each in enumerate(own.config.http.also):
        path = (*own.path, "also", index)
        check = each.health_check or own.check
        check_path = own.check_path if each.health_check is None else (*path, "health_check")
        yield Target(own.service, own.config, each.port, each, check, path, check_path, each)


def all_targets(services: Mapping[str, Service]) -> tuple[Target, ...]:
    """The ports of all services behind the load balancer."""
    return tuple(target for name, service in services.items() for target in targets_of(name, service))


def checked_ports(targets: tuple[Target, ...]) -> tuple[int, ...]:
    """The ports of health checks on which no target receives requests."""
    taken = {target.port for target in targets}
    ports = (target.checked_port for target in targets)
    return tuple(dict.fromkeys(port for port in ports if port is not None and port not in taken))


def first_host(targets: Iterable[Target]) -> str | None:
    """The first host of the services that a browser can open, which a wildcard is not."""
    hosts = (host.lower() for target in targets for host in target.routing.hosts)
    return next((host for host in hosts if not {"*", "?"}.intersection(host)), None)


def creates_balancer(project: Project) -> bool:
    """Whether the stack has a load balancer of its own, of either type."""
    own = project.load_balancer.arn is None and any(map(serves_http, project.services.values()))
    return own or bool(tcp_targets(project.services))
