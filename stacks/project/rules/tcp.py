"""Rules of services behind the network load balancer.

Sources: the ELB User Guide for Network Load Balancers ("Listeners", "Health checks", "Security groups") and the ELB API
reference (CreateListener: a port can have one listener; a TLS listener needs a certificate).
"""

from __future__ import annotations

from collections.abc import Iterator

from stacks.project.models import Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.targets import all_targets, tcp_targets


def tcp(project: Project) -> Iterator[Finding]:
    """A listener port of its own, and a certificate for TLS."""
    taken: dict[int, Path] = {}
    for target in tcp_targets(project.services):
        path = service_path(target.service, "tcp")
        listener = (*path, "listener")
        if target.listener in taken:
            what = f"{dotted(listener)} must differ from {dotted(taken[target.listener])}"
            paths = listener, path, taken[target.listener]
            yield Finding(paths, what, str(target.listener), "give one of them another listener port")
        taken.setdefault(target.listener, listener)
        if target.tls and project.load_balancer.https is None:
            what = f"{dotted((*path, 'tls'))} needs a certificate"
            fix = "add load_balancer.https, or write tls: false"
            yield Finding(((*path, "tls"), ("load_balancer", "https")), what, "no load_balancer.https", fix)
        yield from _port(target.service, target.config)
        yield from _without_http(target.service, target.config)


def _port(name: str, service: Service) -> Iterator[Finding]:
    port = service.tcp.port if service.tcp else None
    if service.target is not None:
        sidecar = service_path(name, "sidecars", str(service.target_container), "port")
        if port is not None and service.target.port not in (None, port):
            paths = service_path(name, "tcp", "port"), sidecar
            what = f"{dotted(paths[0])} must be the same as {dotted(sidecar)}, the port of the target container"
            yield Finding(paths, what, f"{port} and {service.target.port}", "remove tcp.port")
    elif port is not None and "port" in service.model_fields_set and port != service.port:
        paths = service_path(name, "tcp", "port"), service_path(name, "port")
        what = f"{dotted(paths[0])} must be the same as {dotted(paths[1])}"
        yield Finding(paths, what, f"{port} and {service.port}", "remove one of them")


def _without_http(name: str, service: Service) -> Iterator[Finding]:
    """What a service without requests can't have."""
    path, cause = service_path(name), service_path(name, "tcp")
    given = [((*path, "http"), "http" in service.model_fields_set)]
    given += [((*path, "alarms", "http_5xx_percent"), service.alarms.http_5xx_percent is not None)]
    scaling = service.scaling
    given += [((*path, "count", "requests_per_target"), bool(scaling and scaling.requests_per_target))]
    check = service.health_check.model_fields_set
    for key, written in given:
        if written:
            what = f"{dotted(key)} can't be combined with tcp, because the load balancer sees no requests"
            yield Finding((key, cause), what, str(key[-1]), "remove one of them", "key")
    if "matcher" in check and "path" not in check:
        key = (*path, "health_check", "matcher")
        what = f"{dotted(key)} has no effect without a path, because the health check only opens a connection"
        yield Finding((key, cause), what, service.health_check.matcher, "add health_check.path, or remove it", "key")


def web_acl(project: Project) -> Iterator[Finding]:
    """A web ACL protects an application load balancer, which exists for services with requests."""
    if project.load_balancer.waf and tcp_targets(project.services) and not all_targets(project.services):
        what = "load_balancer.waf protects services with http, and every web service has tcp"
        yield Finding((("load_balancer", "waf"),), what, "waf", "remove it", "key")


RULES: tuple[Rule, ...] = (tcp, web_acl)
