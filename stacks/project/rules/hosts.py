"""Rules of the hosts of listener rules and the certificate that serves them.

Source: the ACM User Guide ("Characteristics and limitations", wildcard names).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import Https, Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule
from stacks.project.suggest import listed
from stacks.project.targets import all_targets

_DOMAIN = re.compile(r"(?:\*\.)?(?:[a-z0-9-]+\.)+[a-z0-9-]+")


def covered_hosts(project: Project) -> Iterator[Finding]:
    """Every host is a name of the certificate, where its names are known."""
    https, hosts = project.load_balancer.https, _hosts(project)
    if https is None or not hosts:
        return
    domains, arns = https.all_domains, https.all_certificate_arns
    if domains and not arns:
        zone = (https.hosted_zone or "").lower()
        if all(_DOMAIN.fullmatch(domain) and _inside(domain, zone) for domain in domains):
            yield from _outside(https, zone, hosts)
    elif arns and not domains:
        path = ("load_balancer", "https", "certificate_arns" if https.certificate_arns else "certificate_arn")
        names = listed(dict.fromkeys(hosts.values()), "and")
        what = f"the {'certificates' if len(arns) > 1 else 'certificate'} of {dotted(path)} "
        what += f"{'are' if len(arns) > 1 else 'is'} not checked against http.hosts"
        fix = f"make sure that {'they are' if len(arns) > 1 else 'it is'} valid for {names}"
        yield Finding((path,), what, None, fix, severity="warning")


def _hosts(project: Project) -> dict[Path, str]:
    """All hosts by path, in lower case, redirected ones too; without those that are not host names."""
    hosts: dict[Path, str] = {
        (*target.path, "hosts", index): host
        for target in all_targets(project.services)
        for index, host in enumerate(target.routing.hosts)
    }
    for index, redirect in enumerate(project.load_balancer.redirects):
        hosts["load_balancer", "redirects", index, "from"] = redirect.source
    return {path: host.lower() for path, host in hosts.items() if "." in host}


def _outside(https: Https, zone: str, hosts: dict[Path, str]) -> Iterator[Finding]:
    domains = https.all_domains
    key = ("load_balancer", "https", "domains" if https.domains else "domain")
    for path, host in hosts.items():
        if not any(covers(domain, host) for domain in domains):
            what = f"{dotted(path)} is not covered by the certificate for {listed(domains, 'and')}"
            if any(domain.startswith("*.") and host.endswith(domain[1:]) for domain in domains):
                what += ", because a wildcard covers one label"
            yield Finding((path, key), what, host, _fix(https, zone, host, list(dict.fromkeys(hosts.values()))))


def covers(domain: str, host: str) -> bool:
    """Whether a certificate for `domain` is valid for `host`: a wildcard covers exactly one label."""
    if domain.startswith("*."):
        return host.partition(".")[2] == domain[2:]
    return host == domain


def _fix(https: Https, zone: str, host: str, hosts: list[str]) -> str:
    """Domains that cover all hosts, one where it can; otherwise another certificate."""
    from stacks.project.plain import flow  # only needed for a suggestion

    if https.domains and _DOMAIN.fullmatch(host) and _inside(host, zone):
        return f"add {host} to domains, or remove the host"
    parents = {each.partition(".")[2] for each in hosts}
    wildcards = [f"*.{parent}" for parent in parents] if len(parents) == 1 else []
    for name in [*(hosts if len(hosts) == 1 else []), *wildcards] if not https.domains else []:
        if _DOMAIN.fullmatch(name) and _inside(name, zone):
            return f"write domain: {_quoted(name)}, or remove the host"
    others = [each for each in hosts if not any(covers(domain, each) for domain in https.all_domains)]
    if not https.domains and all(_DOMAIN.fullmatch(each) and _inside(each, zone) for each in others):
        return f"replace domain by domains: {flow([*https.all_domains, *others])}, or remove the host"
    return "replace domain and hosted_zone by the certificate_arn of a certificate for all hosts, or remove the host"


def _inside(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")


def _quoted(name: str) -> str:
    return f'"{name}"' if name.startswith("*") else name


RULES: tuple[Rule, ...] = (covered_hosts,)
