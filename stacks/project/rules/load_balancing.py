"""Rules of the load balancer: health checks, listener rules, certificates.

Sources: the Elastic Load Balancing API reference (TargetGroup, Rule, quotas of Application Load Balancers).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from stacks.project.data.tls_policies import TLS_POLICIES
from stacks.project.models import Http, Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.suggest import nearest

MAX_CONDITION_VALUES = 5
MAX_WILDCARDS = 6
CATCH_ALL = "/*"
_MAX_PATTERN = 128
_MAX_HEALTH_PATH = 1024
_MAX_COMMON_NAME = 64  # RFC 5280; ACM User Guide, "Request a public certificate"
_SLOW_START = range(30, 901)
_HOST = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.I)
# A host in a rule has a dot, and only letters after the last one (ELB User Guide, "Host conditions").
_RULE_HOST = re.compile(r".+\.(?:[a-z]+|xn--[a-z0-9-]+)", re.I)
_PATH_CHARACTERS = "_-.$/~\"'@:+&*?"
_PATH_PATTERN = re.compile(rf"[A-Za-z0-9{re.escape(_PATH_CHARACTERS)}]*")
_HEALTH_PATH = re.compile(r"/[!-~]*")
_CODES = re.compile(r"\d{1,3}(?:-\d{1,3})?(?:,\d{1,3}(?:-\d{1,3})?)*", re.ASCII)
_CERTIFICATE = re.compile(r"arn:aws(?:-[a-z]+)*:acm:(?P<region>[a-z0-9-]+):\d{12}:certificate/[0-9a-zA-Z-]+", re.ASCII)
_TLS_POLICY = re.compile(r"ELBSecurityPolicy-[A-Za-z0-9-]+")
_OLD_TLS = re.compile(r"ELBSecurityPolicy-(2015-05|2016-08|TLS-1-[01]-.*|FS-2018-06|FS-1-1-.*|TLS13-1-[01]-.*)")
_NEWER_TLS = "RFC9151"  # a family with new policies
# nginx listens on port 80 unless it is configured otherwise.
_NGINX = re.compile(
    r"(?:docker\.io/|public\.ecr\.aws/docker/)?(?:library/)?nginx(?:[:@].*)?|public\.ecr\.aws/nginx/nginx(?:[:@].*)?"
)
_NGINX_PORT = 80


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
    """Hosts are names with at most one leading wildcard label, paths are ELB's patterns."""
    for name, service in _web(project):
        for index, host in enumerate(service.http.hosts):
            path = service_path(name, "http", "hosts", index)
            if len(host) > _MAX_PATTERN or not (_HOST.fullmatch(host) and _RULE_HOST.fullmatch(host)):
                what = f"{dotted(path)} must be a host name with a dot, at most {_MAX_PATTERN} characters"
                got = host if len(host) <= _MAX_PATTERN else f"{len(host)} characters"
                yield Finding((path,), what, got or '""', "for example app.example.com or *.example.com")
        for index, pattern in enumerate(service.http.paths):
            yield from _path_pattern(service_path(name, "http", "paths", index), pattern)
        if not service.http.paths:
            path = service_path(name, "http", "paths")
            yield Finding(
                (path,), f"{dotted(path)} must have at least one path", "an empty list", 'write ["/*"] for all paths'
            )


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
    """A request matches one service: no two services match the same host and path."""
    taken: dict[tuple[str, str], str] = {}
    for name, service in _web(project):
        hosts = [host.lower() for host in service.http.hosts] or [""]
        clash = next((route for route in product(hosts, service.http.paths) if route in taken), None)
        if clash is not None:
            yield _clash(name, taken[clash], clash)
        for route in product(hosts, service.http.paths):
            taken.setdefault(route, name)


def _clash(name: str, other: str, route: tuple[str, str]) -> Finding:
    host, path = route
    key = "hosts" if host else "paths"
    paths = tuple(service_path(service, "http", key) for service in (name, other))
    if not host and path == CATCH_ALL:
        what = f"services {other} and {name} both match every host and path"
        return Finding(
            paths, what, CATCH_ALL, f"set paths or hosts for {name}, for example http: {{paths: [/{name}/*]}}"
        )
    what = f"services {other} and {name} both match {host}{path}"
    return Finding(paths, what, f"{host}{path}", "give one of them another path or host")


def certificates(project: Project) -> Iterator[Finding]:
    """HTTPS has a certificate in the region, or a domain to request one for."""
    https, path = project.load_balancer.https, ("load_balancer", "https")
    if https is None:
        return
    arn_path, domain_path, zone_path = ((*path, key) for key in ("certificate_arn", "domain", "hosted_zone"))
    if https.certificate_arn is not None and https.domain is not None:
        what = "load_balancer.https takes a certificate_arn or a domain, not both"
        yield Finding((arn_path, domain_path), what, "both", "remove one, or set it to null in the environment", "key")
    if https.certificate_arn is None and https.domain is None and https.hosted_zone is None:
        what = "load_balancer.https needs a certificate_arn, or a domain and its hosted_zone"
        paths = path, arn_path, domain_path, zone_path
        yield Finding(paths, what, None, "add certificate_arn: arn:aws:acm:...", "missing")
    if https.certificate_arn is not None:
        yield from _certificate(arn_path, https.certificate_arn, project.region)
    if https.domain is not None and https.hosted_zone is None:
        what = "load_balancer.https needs the hosted_zone of its domain"
        fix = f"add hosted_zone: {https.domain.partition('.')[2]}"
        yield Finding((path, domain_path, zone_path), what, None, fix, "missing")
    elif https.hosted_zone is not None and https.domain is None:
        what = "load_balancer.https has a hosted_zone but no domain"
        yield Finding((path, zone_path, domain_path), what, None, f"add domain: app.{https.hosted_zone}", "missing")
    elif https.domain is not None and https.hosted_zone is not None:
        yield from _domain(domain_path, zone_path, https.domain, https.hosted_zone)


def _certificate(path: Path, arn: str, region: str) -> Iterator[Finding]:
    match = _CERTIFICATE.fullmatch(arn)
    if match is None:
        what = f"{dotted(path)} must be the ARN of an ACM certificate"
        yield Finding(
            (path,), what, arn or '""', "copy it from the ACM console: arn:aws:acm:REGION:ACCOUNT:certificate/ID"
        )
    elif match["region"] != region:
        what = f"{dotted(path)} must be a certificate in {region}"
        yield Finding((path, ("region",)), what, match["region"], f"request or import it in {region}")


def _domain(domain_path: Path, zone_path: Path, domain: str, zone: str) -> Iterator[Finding]:
    for path, name in ((domain_path, domain), (zone_path, zone)):
        if not _HOST.fullmatch(name) or "." not in name or len(name) > 253:
            yield Finding((path,), f"{dotted(path)} must be a domain name", name or '""', "for example app.example.com")
            return
    if zone.startswith("*"):
        what = f"{dotted(zone_path)} must be a zone name without a wildcard"
        yield Finding((zone_path,), what, zone, f"write {zone.removeprefix('*.')}")
        return
    if len(domain) > _MAX_COMMON_NAME:
        limit = f"{_MAX_COMMON_NAME} characters, the limit of a certificate's common name"
        what = f"{dotted(domain_path)} must be at most {limit}"
        yield Finding((domain_path,), what, f"{len(domain)} characters", "use a shorter one, or a certificate_arn")
    if domain.lower() != zone.lower() and not domain.lower().endswith(f".{zone.lower()}"):
        what = f"{dotted(domain_path)} must be in the hosted_zone {zone}"
        yield Finding(
            (domain_path, zone_path), what, domain, f"write a name such as app.{zone}, or correct hosted_zone"
        )


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


def tls_policies(project: Project) -> Iterator[Finding]:
    """The listener's TLS policy is one of ELB's, and does not accept TLS 1.1."""
    policy, path = project.load_balancer.ssl_policy, ("load_balancer", "ssl_policy")
    if not _TLS_POLICY.fullmatch(policy):
        what = f"{dotted(path)} must be a security policy of Elastic Load Balancing"
        yield Finding((path,), what, policy or '""', "for example ELBSecurityPolicy-TLS13-1-2-2021-06")
    elif _OLD_TLS.fullmatch(policy):
        what = f"{dotted(path)} accepts TLS 1.0 or 1.1, which are insecure"
        yield Finding((path,), what, policy, "write ELBSecurityPolicy-TLS13-1-2-2021-06")
    elif policy not in TLS_POLICIES and _NEWER_TLS not in policy:
        near = nearest(policy, TLS_POLICIES)
        fix = f"did you mean {near}?" if near else "check it against the policies in the ELB User Guide"
        yield Finding((path,), f"{dotted(path)} is not a policy that ecsforge knows", policy, fix, severity="warning")


def placeholder_images(project: Project) -> Iterator[Finding]:
    """The placeholder image, nginx, listens on port 80, not on the port of its target group."""
    for name, service in _web(project):
        unchanged = not service.command and not service.entrypoint
        if service.port != _NGINX_PORT and unchanged and _NGINX.fullmatch(service.image):
            paths = service_path(name, "image"), service_path(name, "port")
            what = f"{service.image} listens on port 80 by default, but the port of {name} is {service.port}"
            fix = f"the health check will fail: use an image that listens on port {service.port}, or write port: 80"
            yield Finding(paths, what, service.image, fix, severity="warning")


RULES: tuple[Rule, ...] = (
    health_checks,
    slow_start,
    patterns,
    rule_sizes,
    wildcards,
    priorities,
    routes,
    certificates,
    protocols,
    tls_policies,
    placeholder_images,
)
