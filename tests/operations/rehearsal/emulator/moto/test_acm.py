"""moto's ACM: certificates that are issued."""

from __future__ import annotations

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def test_a_certificate_is_issued_once_its_record_exists(aws: Aws) -> None:
    acm, route53 = aws("acm"), aws("route53")
    arn = acm.request_certificate(DomainName="shop.example.com", ValidationMethod="DNS")["CertificateArn"]
    before = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    record = before["DomainValidationOptions"][0]["ResourceRecord"]
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    records = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": records}]}
    )

    assert before["Status"] == "PENDING_VALIDATION"
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED"
