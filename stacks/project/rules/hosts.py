"""Rules of the hosts of listener rules and the certificate that serves them.

Source: the ACM User Guide ("Characteristics and limitations", wildcard names).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.suggest import listed

_DOMAIN = re.compile(r"(?:\*\.)?(?:[a-z0-9-]+\.)+[a-z0-9-]+")


def covered_hosts(project: Project) -> Iterator[Finding]:
    """Every host is a name of the certificate, where its names are known."""
    https, hosts = project.load_balancer.https, _hosts(project)
    if https is None or not hosts:
        return
    if https.domain is not None and https.certificate_arn is None:
        domain, zone = https.domain.lower(), (https.hosted_zone or "").lower()
        if _DOMAIN.fullmatch(domain) and _inside(domain, zone):
            yield from _outside(domain, zone, hosts)
    elif https.certificate_arn is not None and https.domain is None:
        path = ("load_balancer", "https", "certificate_arn")
        names = listed(dict.fromkeys(hosts.values()), "and")
        what = f"the certificate of {dotted(path)} is not checked against http.hosts"
        yield Finding((path,), what, None, f"make sure that it is valid for {names}", severity="warning")


def _hosts(project: Project) -> dict[Path, str]:
    """The hosts of all web services by path, in lower case; without those that are not host names."""
    return {
        service_path(name, "http", "hosts", index): host.lower()
        for name, service in project.services.items()
        if service.type == "web"
        for index, host in enumerate(service.http.hosts)
        if "." in host
    }


def _outside(domain: str, zone: str, hosts: dict[Path, str]) -> Iterator[Finding]:
    fix = _fix(zone, list(dict.fromkeys(hosts.values())))
    for path, host in hosts.items():
        if not covers(domain, host):
            what = f"{dotted(path)} is not covered by the certificate for {domain}"
            if domain.startswith("*.") and host.endswith(domain[1:]):
                what += ", because a wildcard covers one label"
            yield Finding((path, ("load_balancer", "https", "domain")), what, host, fix)


def covers(domain: str, host: str) -> bool:
    """Whether a certificate for `domain` is valid for `host`: a wildcard covers exactly one label."""
    if domain.startswith("*."):
        return host.partition(".")[2] == domain[2:]
    return host == domain


def _fix(zone: str, hosts: list[str]) -> str:
    """A domain that covers all hosts where one name can, otherwise another certificate."""
    parents = {host.partition(".")[2] for host in hosts}
    wildcards = [f"*.{parent}" for parent in parents] if len(parents) == 1 else []
    for name in [*(hosts if len(hosts) == 1 else []), *wildcards]:
        if _DOMAIN.fullmatch(name) and _inside(name, zone):
            return f"write domain: {_quoted(name)}, or remove the host"
    return "replace domain and hosted_zone by the certificate_arn of a certificate for all hosts, or remove the host"


def _inside(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")


def _quoted(name: str) -> str:
    return f'"{name}"' if name.startswith("*") else name


RULES: tuple[Rule, ...] = (covered_hosts,)
