"""Rules of the load balancer: health checks and listener rules.

Sources: the Elastic Load Balancing API reference (TargetGroup, Rule, quotas of Application Load Balancers).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import product
from typing import TypeAlias

from stacks.project.models import Project, Routing
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, repeated
from stacks.project.rules.types import type_by_name
from stacks.project.targets import Target, all_targets

MAX_CONDITION_VALUES = 5
MAX_WILDCARDS = 6
CATCH_ALL = "/*"
_HIGHEST = 50_000
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


def health_checks(project: Project) -> Iterator[Finding]:
    """A target group's health check has a timeout below its interval, a valid path and codes of its protocol."""
    for target in all_targets(project.services):
        check, path = target.check, target.check_path
        if target.further is None or target.further.health_check:
            if check.timeout >= check.interval:
                what = f"{dotted((*path, 'timeout'))} must be less than the interval of {check.interval} seconds"
                fix = f"write timeout: {max(2, check.interval - 1)} or less, or a longer interval"
                yield Finding(((*path, "timeout"), (*path, "interval")), what, str(check.timeout), fix)
            if not _HEALTH_PATH.fullmatch(check.path) or len(check.path) > _MAX_HEALTH_PATH:
                what = f"{dotted((*path, 'path'))} must start with / and have at most {_MAX_HEALTH_PATH} characters"
                got = check.path if len(check.path) <= _MAX_HEALTH_PATH else f"{len(check.path)} characters"
                yield Finding(((*path, "path"),), what, got or '""', "for example /healthz")
        yield from _matcher(target)


def _matcher(target: Target) -> Iterator[Finding]:
    path, grpc = target.check_path, target.routing.protocol == "GRPC"
    low, high = (0, 99) if grpc else (200, 499)
    if not _legal_codes(target.matcher, low, high):
        codes = "gRPC codes" if grpc else "HTTP codes"
        what = f"{dotted((*path, 'matcher'))} must be a list or range of {codes} from {low} to {high}"
        fix = "for example 0 or 0-99" if grpc else 'for example "200,301" or "200-399"'
        if target.further and not target.further.health_check:
            what += f" for {dotted(target.path)} too"
            fix = f"add a health_check for port {target.port}"
        yield Finding(((*path, "matcher"), (*target.path, "protocol")), what, target.matcher or '""', fix)


def _legal_codes(text: str, low: int, high: int) -> bool:
    if not _CODES.fullmatch(text):
        return False
    spans = [[int(end) for end in part.split("-")] for part in text.split(",")]
    return all(low <= span[0] <= span[-1] <= high for span in spans)


def slow_start(project: Project) -> Iterator[Finding]:
    """Slow start is off or within the limits of ELB."""
    for target in all_targets(project.services):
        seconds, path = target.routing.slow_start, (*target.path, "slow_start")
        if seconds and seconds not in _SLOW_START:
            what = f"{dotted(path)} must be 0, or 30 to 900 seconds"
            yield Finding((path,), what, str(seconds), "write 30, or 0 to turn it off")


def patterns(project: Project) -> Iterator[Finding]:
    """Hosts and paths are ELB's patterns, each of them once."""
    for target in all_targets(project.services):
        for index, host in enumerate(target.routing.hosts):
            yield from host_pattern((*target.path, "hosts", index), host)
        yield from _repeated_conditions(target)
        for index, pattern in enumerate(target.routing.paths):
            yield from _path_pattern((*target.path, "paths", index), pattern)
        if not target.routing.paths:
            path = (*target.path, "paths")
            yield Finding(
                (path,), f"{dotted(path)} must have at least one path", "an empty list", 'write ["/*"] for all paths'
            )


def host_pattern(path: Path, host: str) -> Iterator[Finding]:
    """A host of a condition is a name with a dot and wildcards anywhere."""
    if len(host) > _MAX_PATTERN or not _RULE_HOST.fullmatch(host):
        what = f"{dotted(path)} must be a host name with a dot, at most {_MAX_PATTERN} characters"
        got = host if len(host) <= _MAX_PATTERN else f"{len(host)} characters"
        yield Finding((path,), what, got or '""', _host_fix(host))


def _host_fix(host: str) -> str:
    """How to write a host: without a scheme, port, path or white space."""
    from stacks.project.plain import flow  # only needed for a suggestion

    bare = re.sub(r"^[a-z]+://", "", host.strip(), flags=re.I).partition("/")[0].partition(":")[0].rstrip(".")
    valid = len(bare) <= _MAX_PATTERN and bare != host and _RULE_HOST.fullmatch(bare)
    return f"write {flow(bare)}" if valid else "for example app.example.com"


def _repeated_conditions(target: Target) -> Iterator[Finding]:
    """Hosts that are equal regardless of case, and equal paths."""
    hosts = tuple(host.lower() for host in target.routing.hosts)
    yield from repeated((*target.path, "hosts"), hosts)
    yield from repeated((*target.path, "paths"), target.routing.paths)


def _path_pattern(path: Path, pattern: str) -> Iterator[Finding]:
    if len(pattern) > _MAX_PATTERN or not pattern.startswith(("/", "*")):
        what = f"{dotted(path)} must be a path of at most {_MAX_PATTERN} characters that starts with /"
        got = pattern if len(pattern) <= _MAX_PATTERN else f"{len(pattern)} characters"
        yield Finding((path,), what, got or '""', "for example /api/*")
    elif not _PATH_PATTERN.fullmatch(pattern):
        what = f"{dotted(path)} may only contain letters, digits and {_PATH_CHARACTERS}"
        yield Finding((path,), what, pattern, "use ? for any other character, for example /a?b")


def condition_values(http: Routing) -> int:
    """The number of condition values in a service's listener rule; with hosts, `/*` needs no condition."""
    paths = () if http.hosts and http.paths == (CATCH_ALL,) else http.paths
    return len(http.hosts) + len(paths) + len(http.allowed_cidrs)


def rule_sizes(project: Project) -> Iterator[Finding]:
    """A listener rule has at most five condition values."""
    for target in all_targets(project.services):
        count = condition_values(target.routing)
        if count > MAX_CONDITION_VALUES:
            path = target.path
            what = f"{dotted(path)} must have at most {MAX_CONDITION_VALUES} hosts, paths and allowed_cidrs together"
            keys = [key for key in ("hosts", "paths", "allowed_cidrs") if getattr(target.routing, key)]
            yield Finding(tuple((*path, key) for key in keys), what, str(count), "use wildcards, or split the service")


def wildcards(project: Project) -> Iterator[Finding]:
    """A listener rule has at most six wildcards."""
    for target in all_targets(project.services):
        http, path = target.routing, target.path
        count = sum(text.count("*") + text.count("?") for text in (*http.hosts, *http.paths))
        if count > MAX_WILDCARDS:
            what = f"{dotted(path)} must have at most {MAX_WILDCARDS} wildcards (* and ?) in hosts and paths together"
            keys = [key for key in ("hosts", "paths") if getattr(http, key)]
            yield Finding(tuple((*path, key) for key in keys), what, str(count), "use fewer, or split the service")


def priorities(project: Project) -> Iterator[Finding]:
    """Listener rules have different priorities, and those of further ports none that a service gets by default."""
    from stacks.listener_rules import priorities as service_priorities  # it imports the models of this package

    taken: dict[int, Path] = {}
    for target in all_targets(project.services):
        priority, path = target.routing.priority, (*target.path, "priority")
        if priority is None:
            continue
        if priority in taken:
            what = f"{dotted(path)} must differ from {dotted(taken[priority])}"
            yield Finding((path, taken[priority]), what, str(priority), "change one of them, or remove both")
        taken.setdefault(priority, path)
    assigned = {
        priority: name
        for name, priority in service_priorities(project.services).items()
        if project.services[name].http.priority is None
    }
    for priority, path in taken.items():
        if "also" in path and priority in assigned:
            what = f"{dotted(path)} must differ from the priority of service {assigned[priority]}"
            yield Finding((path,), what, str(priority), f"write priority: {_next_free(priority, {*taken, *assigned})}")


def _next_free(priority: int, taken: Collection[int]) -> int:
    others: tuple[int, ...] = (*range(priority, _HIGHEST + 1), *range(priority, 0, -1))
    return next(each for each in others if each not in taken)


def routes(project: Project) -> Iterator[Finding]:
    """A request matches one port: no two match the same host and path for the same clients."""
    taken: dict[_Route, Target] = {}
    for target in all_targets(project.services):
        http = target.routing
        hosts = [host.lower() for host in http.hosts] or [""]
        own = [*product(hosts, http.paths, [frozenset(http.allowed_cidrs)])]
        clash = next((route for route in own if route in taken), None)
        if clash is not None:
            yield _clash(project, target, taken[clash], clash)
        for route in own:
            taken.setdefault(route, target)


def _clash(project: Project, target: Target, other: Target, route: _Route) -> Finding:
    host, path, _ = route
    paths = tuple((*each.path, "hosts" if host else "paths") for each in (target, other))
    if target.further or other.further:
        what = f"{dotted(other.path)} and {dotted(target.path)} both match {host or 'every host'}{path}"
        example = f"for example paths: [/{target.port}/*]"
        return Finding(paths, what, f"{host}{path}", f"give one of them another path or host, {example}")
    if not host and path == CATCH_ALL:
        what = f"services {other.service} and {target.service} both match every host and path"
        return Finding(paths, what, CATCH_ALL, _catch_all_fix(project, target.service, other.service))
    what = f"services {other.service} and {target.service} both match {host}{path}"
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
    if balancer.arn is not None:
        return  # its listener is not known
    for target in all_targets(project.services):
        path, protocol = (*target.path, "protocol"), target.routing.protocol
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
