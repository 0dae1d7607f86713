"""moto's Route 53: records that are deleted and created again."""

from __future__ import annotations

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def test_a_deleted_record_can_be_created_again(aws: Aws) -> None:
    route53 = aws("route53")
    zone = route53.create_hosted_zone(Name="again.example.com", CallerReference="again")["HostedZone"]["Id"]

    def change(action: str, name: str) -> None:
        record = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)

    change("CREATE", "b.again.example.com")
    for action in ("CREATE", "DELETE", "CREATE"):
        change(action, "a.again.example.com")

    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [each["Name"] for each in records if each["Type"] == "A"] == ["a.again.example.com.", "b.again.example.com."]
