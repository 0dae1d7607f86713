"""Rules of the load balancer: health checks and listener rules.

Sources: the Elastic Load Balancing API reference (TargetGroup, Rule, quotas of Application Load Balancers).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import TypeAlias

from stacks.project.models import Http, Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, repeated, service_path
from stacks.project.rules.types import type_by_name

MAX_CONDITION_VALUES = 5
MAX_WILDCARDS = 6
CATCH_ALL = "/*"
_MAX_PATTERN = 128
_MAX_HEALTH_PATH = 1024
_SLOW_START = range(30, 901)
# A host in a rule has wildcards anywhere, a dot, and a letter after the last one (ELB User Guide, "Host conditions").
_RULE_HOST = re.compile(r"[a-z0-9_.*?-]+\.(?=[0-9_*?-]*[a-z])[a-z0-9_*?-]+", re.I)
_PATH_CHARACTERS = "_-.$/~\"'@:+&*?"
_PATH_PATTERN = re.compile(rf"[A-Za-z0-9{re.escape(_PATH_CHARACTERS)}]*")
# A host ("" for any), a path, and the ranges of the clients.
_Route: TypeAlias = tuple[str, str, frozenset[str]]
_HEALTH_PATH = re.compile(r"/[!-~]*")
_CODES = re.compile(r"\d{1,3}(?:-\d{1,3})?(?:,\d{1,3}(?:-\d{1,3})?)*", re.ASCII)


def _web(project: Project) -> Iterator[tuple[str, Service]]:
    return ((name, service) for name, service in project.services.items() if service.type == "web")


def health_checks(project: Project) -> Iterator[Finding]:
    """A target group's health check has a timeout below its interval, a valid path and codes of its protocol."""
    for name, service in _web(project):
        check, path = service.health_check, service_path(name, "health_check")
        if check.timeout >= check.interval:
            what = f"{dotted((*path, 'timeout'))} must be less than the interval of {check.interval} seconds"
            fix = f"write timeout: {max(2, check.interval - 1)} or less, or a longer interval"
            yield Finding(((*path, "timeout"), (*path, "interval")), what, str(check.timeout), fix)
        if not _HEALTH_PATH.fullmatch(check.path) or len(check.path) > _MAX_HEALTH_PATH:
            what = f"{dotted((*path, 'path'))} must start with / and have at most {_MAX_HEALTH_PATH} characters"
            got = check.path if len(check.path) <= _MAX_HEALTH_PATH else f"{len(check.path)} characters"
            yield Finding(((*path, "path"),), what, got or '""', "for example /healthz")
        yield from _matcher(service, path)


def _matcher(service: Service, path: Path) -> Iterator[Finding]:
    low, high = (0, 99) if service.http.protocol == "GRPC" else (200, 499)
    if not _legal_codes(service.matcher, low, high):
        codes = "gRPC codes" if service.http.protocol == "GRPC" else "HTTP codes"
        what = f"{dotted((*path, 'matcher'))} must be a list or range of {codes} from {low} to {high}"
        fix = "for example 0 or 0-99" if service.http.protocol == "GRPC" else 'for example "200,301" or "200-399"'
        yield Finding(((*path, "matcher"), (*path[:2], "http", "protocol")), what, service.matcher or '""', fix)


def _legal_codes(text: str, low: int, high: int) -> bool:
    if not _CODES.fullmatch(text):
        return False
    spans = [[int(end) for end in part.split("-")] for part in text.split(",")]
    return all(low <= span[0] <= span[-1] <= high for span in spans)


def slow_start(project: Project) -> Iterator[Finding]:
    """Slow start is off or within the limits of ELB."""
    for name, service in _web(project):
        seconds, path = service.http.slow_start, service_path(name, "http", "slow_start")
        if seconds and seconds not in _SLOW_START:
            what = f"{dotted(path)} must be 0, or 30 to 900 seconds"
            yield Finding((path,), what, str(seconds), "write 30, or 0 to turn it off")


def patterns(project: Project) -> Iterator[Finding]:
    """Hosts and paths are ELB's patterns, each of them once."""
    for name, service in _web(project):
        for index, host in enumerate(service.http.hosts):
            path = service_path(name, "http", "hosts", index)
            if len(host) > _MAX_PATTERN or not _RULE_HOST.fullmatch(host):
                what = f"{dotted(path)} must be a host name with a dot, at most {_MAX_PATTERN} characters"
                got = host if len(host) <= _MAX_PATTERN else f"{len(host)} characters"
                yield Finding((path,), what, got or '""', _host_fix(host))
        yield from _repeated_conditions(name, service)
        for index, pattern in enumerate(service.http.paths):
            yield from _path_pattern(service_path(name, "http", "paths", index), pattern)
        if not service.http.paths:
            path = service_path(name, "http", "paths")
            yield Finding(
                (path,), f"{dotted(path)} must have at least one path", "an empty list", 'write ["/*"] for all paths'
            )


def _host_fix(host: str) -> str:
    """How to write a host: without a scheme, port, path or white space."""
    from stacks.project.plain import flow  # only needed for a suggestion

    bare = re.sub(r"^[a-z]+://", "", host.strip(), flags=re.I).partition("/")[0].partition(":")[0].rstrip(".")
    valid = len(bare) <= _MAX_PATTERN and bare != host and _RULE_HOST.fullmatch(bare)
    return f"write {flow(bare)}" if valid else "for example app.example.com"


def _repeated_conditions(name: str, service: Service) -> Iterator[Finding]:
    """Hosts that are equal regardless of case, and equal paths."""
    hosts = tuple(host.lower() for host in service.http.hosts)
    yield from repeated(service_path(name, "http", "hosts"), hosts)
    yield from repeated(service_path(name, "http", "paths"), service.http.paths)


def _path_pattern(path: Path, pattern: str) -> Iterator[Finding]:
    if len(pattern) > _MAX_PATTERN or not pattern.startswith(("/", "*")):
        what = f"{dotted(path)} must be a path of at most {_MAX_PATTERN} characters that starts with /"
        got = pattern if len(pattern) <= _MAX_PATTERN else f"{len(pattern)} characters"
        yield Finding((path,), what, got or '""', "for example /api/*")
    elif not _PATH_PATTERN.fullmatch(pattern):
        what = f"{dotted(path)} may only contain letters, digits and {_PATH_CHARACTERS}"
        yield Finding((path,), what, pattern, "use ? for any other character, for example /a?b")


def condition_values(http: Http) -> int:
    """The number of condition values in a service's listener rule; with hosts, `/*` needs no condition."""
    paths = () if http.hosts and http.paths == (CATCH_ALL,) else http.paths
    return len(http.hosts) + len(paths) + len(http.allowed_cidrs)


def rule_sizes(project: Project) -> Iterator[Finding]:
    """A listener rule has at most five condition values."""
    for name, service in _web(project):
        count = condition_values(service.http)
        if count > MAX_CONDITION_VALUES:
            path = service_path(name, "http")
            what = f"{dotted(path)} must have at most {MAX_CONDITION_VALUES} hosts, paths and allowed_cidrs together"
            keys = [key for key in ("hosts", "paths", "allowed_cidrs") if getattr(service.http, key)]
            yield Finding(tuple((*path, key) for key in keys), what, str(count), "use wildcards, or split the service")


def wildcards(project: Project) -> Iterator[Finding]:
    """A listener rule has at most six wildcards."""
    for name, service in _web(project):
        http, path = service.http, service_path(name, "http")
        count = sum(text.count("*") + text.count("?") for text in (*http.hosts, *http.paths))
        if count > MAX_WILDCARDS:
            what = f"{dotted(path)} must have at most {MAX_WILDCARDS} wildcards (* and ?) in hosts and paths together"
            keys = [key for key in ("hosts", "paths") if getattr(http, key)]
            yield Finding(tuple((*path, key) for key in keys), what, str(count), "use fewer, or split the service")


def priorities(project: Project) -> Iterator[Finding]:
    """Listener rules have different priorities."""
    taken: dict[int, Path] = {}
    for name, service in _web(project):
        priority, path = service.http.priority, service_path(name, "http", "priority")
        if priority is None:
            continue
        if priority in taken:
            what = f"{dotted(path)} must differ from {dotted(taken[priority])}"
            yield Finding((path, taken[priority]), what, str(priority), "change one of them, or remove both")
        taken.setdefault(priority, path)


def routes(project: Project) -> Iterator[Finding]:
    """A request matches one service: no two services match the same host and path for the same clients."""
    taken: dict[_Route, str] = {}
    for name, service in _web(project):
        hosts = [host.lower() for host in service.http.hosts] or [""]
        routes_of_service = [*product(hosts, service.http.paths, [frozenset(service.http.allowed_cidrs)])]
        clash = next((route for route in routes_of_service if route in taken), None)
        if clash is not None:
            yield _clash(project, name, taken[clash], clash)
        for route in routes_of_service:
            taken.setdefault(route, name)


def _clash(project: Project, name: str, other: str, route: _Route) -> Finding:
    host, path, _ = route
    key = "hosts" if host else "paths"
    paths = tuple(service_path(service, "http", key) for service in (name, other))
    if not host and path == CATCH_ALL:
        what = f"services {other} and {name} both match every host and path"
        return Finding(paths, what, CATCH_ALL, _catch_all_fix(project, name, other))
    what = f"services {other} and {name} both match {host}{path}"
    return Finding(paths, what, f"{host}{path}", "give one of them another path or host")


def _catch_all_fix(project: Project, *names: str) -> str:
    """Another route for the first service, or the type of the one whose name says that it is not a web service."""
    for name in names:
        if (kind := type_by_name(name)) and "type" not in project.services[name].model_fields_set:
            return f"write type: {kind} for {name}, if it receives no requests from the load balancer"
    return f"set paths or hosts for {names[0]}, for example http: {{paths: [/{names[0]}/*]}}"


def protocols(project: Project) -> Iterator[Finding]:
    """gRPC and HTTP/2 to the tasks need HTTPS at the load balancer (ELB User Guide, "Protocol version")."""
    balancer = project.load_balancer
    for name, service in _web(project):
        path, protocol = service_path(name, "http", "protocol"), service.http.protocol
        what = f"{dotted(path)} is {protocol}, which a load balancer only serves over HTTPS"
        if protocol != "HTTP1" and balancer.https is None:
            fix = "add load_balancer.https with a certificate, or write protocol: HTTP1"
            yield Finding((path, ("load_balancer", "https")), what, "no load_balancer.https", fix)
        elif protocol != "HTTP1" and not balancer.redirect_http:
            fix = "write redirect_http: true, or protocol: HTTP1"
            yield Finding((path, ("load_balancer", "redirect_http")), what, "redirect_http: false", fix)


RULES: tuple[Rule, ...] = (
    health_checks,
    slow_start,
    patterns,
    rule_sizes,
    wildcards,
    priorities,
    routes,
    protocols,
)
