"""Rules of the load balancer's certificate and TLS policy.

Sources: the ACM API reference and User Guide, the ELB User Guide ("Security policies for your Application Load
Balancer").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.data.regions import REGIONS
from stacks.project.data.tls_policies import TLS_POLICIES
from stacks.project.models import Https, Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, repeated
from stacks.project.suggest import listed, nearest
from stacks.references import partition_of

_MAX_COMMON_NAME = 64  # RFC 5280; ACM User Guide, "Request a public certificate"
# ACM API reference, DomainNameString: the last label has two characters or more.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)+(?=..){_LABEL}", re.I)
_MAX_DOMAIN = 253
_MAX_DOMAINS = 10  # the names of a certificate (ACM User Guide, "Quotas")
_MAX_CERTIFICATES = 26  # the default one and 25 others (ELB User Guide, "Quotas for your Application Load Balancers")
_HTTPS = ("load_balancer", "https")
_CHOICES = ("certificate_arn", "certificate_arns", "domain", "domains")
_CERTIFICATE = re.compile(r"arn:aws(?:-[a-z]+)*:acm:(?P<region>[a-z0-9-]+):\d{12}:certificate/[0-9a-zA-Z-]+", re.ASCII)
_TLS_POLICY = re.compile(r"ELBSecurityPolicy-[A-Za-z0-9-]+")
_EXAMPLE = "123456789012:certificate/12345678-1234-1234-1234-123456789012"
_OLD_TLS = re.compile(r"ELBSecurityPolicy-(2015-05|2016-08|TLS-1-[01]-.*|FS-2018-06|FS-1-1-.*|TLS13-1-[01]-.*)")
_NEWER_TLS = "RFC9151"  # a family with new policies


def certificates(project: Project) -> Iterator[Finding]:
    """HTTPS has certificates in the region, or domains to request one for."""
    https = project.load_balancer.https
    if https is None:
        return
    given = [key for key in _CHOICES if getattr(https, key) is not None]
    if len(given) > 1:
        what = f"load_balancer.https takes only one of {listed(given, 'and')}"
        fix = "remove the others, or set them to null in the environment"
        got = "both" if len(given) == 2 else f"{len(given)} of them"
        yield Finding(tuple((*_HTTPS, key) for key in given), what, got, fix, "key")
    if not given and https.hosted_zone is None:
        what = "load_balancer.https needs a certificate_arn, or a domain and its hosted_zone"
        paths = _HTTPS, *((*_HTTPS, key) for key in (*_CHOICES, "hosted_zone"))
        example = f"arn:{partition_of(project.region)}:acm:{project.region}:{_EXAMPLE}"
        yield Finding(paths, what, None, f"add certificate_arn: {example}", "missing")
    for key, most in (("certificate_arns", _MAX_CERTIFICATES), ("domains", _MAX_DOMAINS)):
        yield from _list_size(key, getattr(https, key), most)
    for path, arn in _certificate_paths(https):
        yield from _certificate(path, arn, project)
    yield from _domains(https)


def _list_size(key: str, values: tuple[str, ...] | None, most: int) -> Iterator[Finding]:
    path = (*_HTTPS, key)
    if values is None:
        return
    if not 1 <= len(values) <= most:
        what = f"{dotted(path)} must have 1 to {most} items"
        fix = "remove some" if values else "add one, or remove the key"
        yield Finding((path,), what, str(len(values)) if values else "an empty list", fix)
    yield from repeated(path, tuple(value.lower() if key == "domains" else value for value in values))


def _certificate_paths(https: Https) -> Iterator[tuple[Path, str]]:
    if https.certificate_arn is not None:
        yield (*_HTTPS, "certificate_arn"), https.certificate_arn
    for index, arn in enumerate(https.certificate_arns or ()):
        yield (*_HTTPS, "certificate_arns", index), arn


def _domains(https: Https) -> Iterator[Finding]:
    """Domains are in the hosted zone; neither is without the other."""
    zone_path, zone = (*_HTTPS, "hosted_zone"), https.hosted_zone
    paths: list[tuple[Path, str]] = [((*_HTTPS, "domain"), https.domain)] if https.domain is not None else []
    paths += [((*_HTTPS, "domains", index), domain) for index, domain in enumerate(https.domains or ())]
    if paths and zone is None:
        what = f"load_balancer.https needs the hosted_zone of its {'domains' if https.domains else 'domain'}"
        first = paths[0][1]
        parent = first.partition(".")[2]
        fix = f"add hosted_zone: {parent if _DOMAIN.fullmatch(parent) else first}"
        yield Finding((_HTTPS, paths[0][0], zone_path), what, None, fix, "missing")
    elif zone is not None and not paths and https.domains is None:
        what = "load_balancer.https has a hosted_zone but no domain"
        yield Finding((_HTTPS, zone_path, (*_HTTPS, "domain")), what, None, f"add domain: app.{zone}", "missing")
    elif zone is not None:
        for path, domain in paths:
            found = list(_domain(path, zone_path, domain, zone))
            yield from found
            if any(finding.paths == (zone_path,) for finding in found):
                return


def _certificate(path: Path, arn: str, project: Project) -> Iterator[Finding]:
    match = _CERTIFICATE.fullmatch(arn)
    if match is None:
        what = f"{dotted(path)} must be the ARN of an ACM certificate"
        fix = "copy it from the ACM console: arn:aws:acm:REGION:ACCOUNT:certificate/ID"
        yield Finding((path,), what, arn or '""', fix)
    elif project.region in REGIONS and match["region"] != project.region:
        what = f"{dotted(path)} must be a certificate in {project.region}"
        yield Finding((path, ("region",)), what, match["region"], f"request or import it in {project.region}")


def _domain(domain_path: Path, zone_path: Path, domain: str, zone: str) -> Iterator[Finding]:
    for path, name in ((domain_path, domain), (zone_path, zone)):
        if not _DOMAIN.fullmatch(name) or len(name) > _MAX_DOMAIN:
            fix = "for example example.com" if path == zone_path else "for example app.example.com"
            yield Finding((path,), f"{dotted(path)} must be a domain name", name or '""', fix)
            return
    if zone.startswith("*"):
        what = f"{dotted(zone_path)} must be a zone name without a wildcard"
        yield Finding((zone_path,), what, zone, f"write {zone.removeprefix('*.')}")
        return
    if len(domain) > _MAX_COMMON_NAME and domain_path[-1] in ("domain", 0):
        limit = f"{_MAX_COMMON_NAME} characters, the limit of a certificate's common name"
        what = f"{dotted(domain_path)} must be at most {limit}"
        fix = "list a shorter one first" if domain_path[-1] == 0 else "use a shorter one, or a certificate_arn"
        yield Finding((domain_path,), what, f"{len(domain)} characters", fix)
    if domain.lower() != zone.lower() and not domain.lower().endswith(f".{zone.lower()}"):
        what = f"{dotted(domain_path)} must be in the hosted_zone {zone}"
        fix = f"write domain: app.{zone}" if domain_path[-1] == "domain" else f"list a name such as app.{zone}"
        yield Finding((domain_path, zone_path), what, domain, f"{fix}, or correct hosted_zone")


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


RULES: tuple[Rule, ...] = (certificates, tls_policies)
