"""Whether the certificate can be used, with ACM's answers as its API reference shows them, and moto's Route 53."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.operations.checks.conftest import ACCOUNT, Run, texts

ARN = f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
EXISTING = f"load_balancer: {{https: {{certificate_arn: '{ARN}'}}}}\nservices: {{web: {{http: {{hosts: [%s]}}}}}}"
NEW = "load_balancer: {https: {domain: shop.example.com, hosted_zone: example.com}}\nservices: {web: {}}"
LATER = datetime.now(UTC) + timedelta(days=200)


def describes(account: boto3.Session, **fields: Any) -> None:
    """ACM describes the certificate with these fields."""
    found = {
        "DomainName": "example.com",
        "SubjectAlternativeNames": ["example.com", "*.example.com"],
        "Status": "ISSUED",
        "Type": "AMAZON_ISSUED",
        "RenewalEligibility": "ELIGIBLE",
        "NotAfter": LATER,
        **fields,
    }

    def answer(**_: Any) -> Any:
        return type("Answer", (), {"status_code": 200})(), {"Certificate": found}

    account.events.register("before-call.acm.DescribeCertificate", answer)


@pytest.fixture
def zone(account: boto3.Session) -> str:
    zone_id: str = account.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"][
        "Id"
    ]
    return zone_id


def record(account: boto3.Session, zone: str, name: str, kind: str, *values: str) -> None:
    records = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value} for value in values]}
    change: Any = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": records}]}
    account.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=change)


def test_without_https_nothing_is_checked(run: Run) -> None:
    assert run("certificate", "services: {web: {}}") == []


def test_an_issued_certificate_that_covers_the_hosts_is_ok(account: boto3.Session, run: Run) -> None:
    describes(account)

    found = run("certificate", EXISTING % "shop.example.com, example.com")

    assert texts(found) == [f"ok: for example.com, until {LATER:%Y-%m-%d}"]
    assert found[0].calls == ("acm:DescribeCertificate",)


def test_a_missing_certificate_is_named_with_its_account(run: Run) -> None:
    assert texts(run("certificate", EXISTING % "")) == [
        f"missing: load_balancer.https.certificate_arn: the certificate does not exist; got {ARN}; write the ARN of a "
        f"certificate in eu-west-1 of account {ACCOUNT}"
    ]


def test_a_host_that_is_not_covered_is_a_problem(account: boto3.Session, run: Run) -> None:
    describes(account)

    assert texts(run("certificate", EXISTING % "a.b.example.com")) == [
        "missing: services.web.http.hosts: the certificate does not cover the host; got a.b.example.com, not in "
        "example.com, *.example.com; write a certificate for the host, or remove the host"
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"Status": "PENDING_VALIDATION"},
            "missing: load_balancer.https.certificate_arn: the certificate is not issued yet; got PENDING_VALIDATION; "
            "create its validation records in DNS",
        ),
        (
            {"Status": "ISSUED", "NotAfter": datetime(2024, 5, 1, tzinfo=UTC)},
            "missing: load_balancer.https.certificate_arn: the certificate has expired; got 2024-05-01; renew it, or "
            "write the ARN of another one",
        ),
        (
            {"Status": "FAILED", "FailureReason": "CAA_ERROR"},
            "missing: load_balancer.https.certificate_arn: the certificate can't be used; got FAILED: CAA_ERROR; write "
            "the ARN of an issued certificate",
        ),
    ],
)
def test_a_certificate_that_is_not_valid_is_a_problem(
    account: boto3.Session, run: Run, fields: dict[str, Any], expected: str
) -> None:
    describes(account, **fields)

    assert texts(run("certificate", EXISTING % "")) == [expected]


def test_an_imported_certificate_that_expires_soon_is_a_warning(account: boto3.Session, run: Run) -> None:
    ends = datetime.now(UTC) + timedelta(days=5)
    describes(account, Type="IMPORTED", RenewalEligibility="INELIGIBLE", NotAfter=ends)

    assert texts(run("certificate", EXISTING % "")) == [
        f"warning: load_balancer.https.certificate_arn: the certificate expires soon; got {ends:%Y-%m-%d}; renew it: "
        "ACM does not renew imported certificates"
    ]


def test_a_hosted_zone_in_the_account_is_ok(run: Run, zone: str) -> None:
    assert texts(run("certificate", NEW)) == ["ok: shop.example.com can be validated in example.com"]


def test_a_missing_hosted_zone_is_a_problem(run: Run) -> None:
    assert texts(run("certificate", NEW)) == [
        "missing: load_balancer.https.hosted_zone: the public hosted zone does not exist; got example.com; create the "
        "public hosted zone in this account, or write the certificate_arn of another certificate"
    ]


def test_a_caa_record_of_a_parent_keeps_acm_from_issuing(account: boto3.Session, run: Run, zone: str) -> None:
    record(account, zone, "example.com", "CAA", '0 issue "letsencrypt.org"')

    assert texts(run("certificate", NEW)) == [
        "missing: load_balancer.https.domain: a CAA record does not let ACM issue a certificate; got example.com CAA "
        '0 issue "letsencrypt.org"; add the value 0 issue "amazon.com" to the record'
    ]


def test_a_caa_record_with_amazon_is_ok(account: boto3.Session, run: Run, zone: str) -> None:
    record(account, zone, "example.com", "CAA", '0 issue "letsencrypt.org"', '0 issue "amazon.com"')

    assert [each.status for each in run("certificate", NEW)] == ["ok"]


def test_a_record_that_the_first_deploy_can_not_create_is_a_problem(
    account: boto3.Session, run: Run, zone: str
) -> None:
    record(account, zone, "shop.example.com", "A", "192.0.2.1")

    assert texts(run("certificate", NEW)) == [
        "missing: load_balancer.https.domain: the domain has a record that this stack did not create; got "
        "shop.example.com A; delete the record when the domain may move to this stack, or write another domain"
    ]
    assert [each.status for each in run("certificate", NEW, deployed=True)] == ["ok"]
