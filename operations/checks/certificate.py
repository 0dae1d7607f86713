"""Whether the certificate can be used: an existing one, or one that the stack requests for its domain.

Sources: ACM API reference, DescribeCertificate; ACM User Guide, "Certification Authority Authorization (CAA) problems";
RFC 8659 on CAA records; Elastic Load Balancing User Guide, "SSL certificates for your Application Load Balancer".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from operations.checks.model import CheckResult
from operations.checks.target import Target
from operations.clients import Requests
from stacks.errors import AwsError, Position, Problem
from stacks.project.models.network import Https
from stacks.project.nodes import dotted
from stacks.project.rules.hosts import covers
from stacks.project.targets import all_targets, serves_http, tcp_targets

SOON = timedelta(days=30)
"""A certificate that ends within this time, and that ACM does not renew, is a warning."""
_CAA_ISSUERS = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
_GONE = "ResourceNotFoundException"
_CHECK = "certificate"


def certificate(target: Target, requests: Requests) -> Iterator[CheckResult]:
    """The checks of the certificate; none without HTTPS."""
    https = target.project.load_balancer.https
    services = target.project.services
    needed = any(map(serves_http, services.values())) or any(each.tls for each in tcp_targets(services))
    if https is None or not needed:
        return
    if https.all_certificate_arns:
        yield from _existing(target, requests, https)
    elif https.hosted_zone is not None:
        for domain in https.all_domains:
            yield from _requested(target, requests, domain, https)


def _existing(target: Target, requests: Requests, https: Https) -> Iterator[CheckResult]:
    """The certificates that exist: each is valid, and together they cover the hosts."""
    found: list[tuple[Position, Mapping[str, Any]]] = []
    problems: list[Problem] = []
    for index, arn in enumerate(https.all_certificate_arns):
        key = f"certificate_arns[{index}]" if https.certificate_arns else "certificate_arn"
        where = Position(f"load_balancer.https.{key}")
        try:
            found.append((where, requests.call("acm", "describe_certificate", CertificateArn=arn)["Certificate"]))
        except AwsError as error:
            if _GONE not in error.codes:
                raise
            fix = f"write the ARN of a certificate in {target.region} of account {target.account_id}"
            problems.append(Problem(where, "the certificate does not exist", arn, fix))
    problems += [problem for where, each in found for problem in _invalid(where, each)]
    if len(found) == len(https.all_certificate_arns):
        problems += _uncovered(target, [each for _, each in found])
    yield from (CheckResult.of(_CHECK, each, calls=requests.calls) for each in problems)
    if not problems:
        for where, each in found:
            yield from _valid(where, each, requests)


def _invalid(where: Position, found: Mapping[str, Any]) -> Iterator[Problem]:
    status, ends = found.get("Status"), found.get("NotAfter")
    if status == "PENDING_VALIDATION":
        yield Problem(where, "the certificate is not issued yet", status, "create its validation records in DNS")
    elif status == "EXPIRED" or (ends is not None and ends <= datetime.now(UTC)):
        got = f"{ends:%Y-%m-%d}" if ends else None
        yield Problem(where, "the certificate has expired", got, "renew it, or write the ARN of another one")
    elif status != "ISSUED":
        got = ": ".join(filter(None, (status, found.get("FailureReason") or found.get("RevocationReason"))))
        yield Problem(where, "the certificate can't be used", got, "write the ARN of an issued certificate")


def _uncovered(target: Target, found: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    given = (each.get("SubjectAlternativeNames") or [each.get("DomainName", "")] for each in found)
    names = [name.lower() for each in given for name in each]
    for each in all_targets(target.project.services):
        for host in each.routing.hosts:
            if not any(name == host.lower() or covers(name, host.lower()) for name in names):
                where = Position(f"{dotted(each.path)}.hosts")
                fix = "write a certificate for the host, or remove the host"
                yield Problem(
                    where, "the certificate does not cover the host", f"{host}, not in {', '.join(names)}", fix
                )


def _valid(where: Position, found: Mapping[str, Any], requests: Requests) -> Iterator[CheckResult]:
    ends = found.get("NotAfter")
    renewed = found.get("Type") == "AMAZON_ISSUED" and found.get("RenewalEligibility") == "ELIGIBLE"
    if ends is not None and ends - datetime.now(UTC) < SOON and not renewed:
        fix = "renew it: ACM does not renew imported certificates"
        problem = Problem(where, "the certificate expires soon", f"{ends:%Y-%m-%d}", fix)
        yield CheckResult.of(_CHECK, problem, status="warning", calls=requests.calls)
        return
    until = f", until {ends:%Y-%m-%d}" if ends else ""
    yield CheckResult(_CHECK, "ok", f"for {found.get('DomainName')}{until}", calls=tuple(requests.calls))


def _requested(target: Target, requests: Requests, domain: str, https: Https) -> Iterator[CheckResult]:
    """The hosted zone in which a domain of the certificate is validated."""
    domain, zone = domain.rstrip("."), (https.hosted_zone or "").rstrip(".").lower()
    where_domain = Position(f"load_balancer.https.{'domains' if https.domains else 'domain'}")
    where = Position("load_balancer.https.hosted_zone")
    answer = requests.call("route53", "list_hosted_zones_by_name", DNSName=zone, MaxItems="10")
    named = [each for each in answer.get("HostedZones") or () if each["Name"].rstrip(".").lower() == zone]
    public = [each for each in named if not (each.get("Config") or {}).get("PrivateZone")]
    if not public:
        got = f"{zone}, a private zone" if named else zone
        fix = "create the public hosted zone in this account, or write the certificate_arn of another certificate"
        problem = Problem(where, "the public hosted zone does not exist", got, fix)
        yield CheckResult.of(_CHECK, problem, calls=requests.calls)
        return
    records = _records(requests, public[0]["Id"], domain)
    problems = [
        *_caa_problem(where_domain, domain, zone, public[0]["Id"], requests),
        *_taken(where_domain, target, domain, records),
    ]
    yield from (CheckResult.of(_CHECK, each, calls=requests.calls) for each in problems)
    if not problems:
        yield CheckResult(_CHECK, "ok", f"{domain} can be validated in {zone}", calls=tuple(requests.calls))


def _records(requests: Requests, zone_id: str, name: str) -> Sequence[Mapping[str, Any]]:
    """The records of a name."""
    answer = requests.call(
        "route53", "list_resource_record_sets", HostedZoneId=zone_id, StartRecordName=name, MaxItems="20"
    )
    found = answer.get("ResourceRecordSets") or ()
    return [each for each in found if each["Name"].rstrip(".").replace("\\052", "*").lower() == name]


def _caa_problem(where: Position, domain: str, zone: str, zone_id: str, requests: Requests) -> Iterator[Problem]:
    """A CAA record that keeps ACM from issuing: that of the closest name, from the domain up to the zone."""
    wildcard, name = domain.startswith("*."), domain.removeprefix("*.")
    while name == zone or name.endswith(f".{zone}"):
        values = [
            value["Value"]
            for each in _records(requests, zone_id, name)
            if each["Type"] == "CAA"
            for value in each.get("ResourceRecords") or ()
        ]
        if values:
            tags = [(value.split(None, 2)[1].lower(), value.split(None, 2)[2].strip('"')) for value in values]
            wild = [issuer for tag, issuer in tags if tag == "issuewild"] if wildcard else []
            issuers = wild or [issuer for tag, issuer in tags if tag == "issue"]
            if issuers and not any(each.partition(";")[0].strip() in _CAA_ISSUERS for each in issuers):
                got = f"{name} CAA {', '.join(values)}"
                fix = 'add the value 0 issue "amazon.com" to the record'
                what = "a CAA record does not let ACM issue a certificate"
                yield Problem(where, what, got, fix)
            return
        name = name.partition(".")[2]


def _taken(where: Position, target: Target, domain: str, records: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """A record of the domain that the first deploy could not create, because it exists."""
    taken = [each["Type"] for each in records if each["Type"] in ("A", "CNAME")]
    if taken and not target.deployed:
        what = "the domain has a record that this stack did not create"
        fix = "delete the record when the domain may move to this stack, or write another domain"
        yield Problem(where, what, f"{domain} {', '.join(taken)}", fix)
