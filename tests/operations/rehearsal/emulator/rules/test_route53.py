"""Changes of records that Route 53 refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import Aws, refusal, unique


@pytest.fixture
def zone(aws: Aws) -> dict[str, str]:
    name = f"{unique('shop')}.example.com"
    created = aws("route53").create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]
    return {"id": created["Id"], "name": name}


def batch(zone: dict[str, str], action: str, name: str, kind: str, value: str) -> dict[str, Any]:
    record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
    return {"HostedZoneId": zone["id"], "ChangeBatch": {"Changes": [{"Action": action, "ResourceRecordSet": record}]}}


def change(aws: Aws, *arguments: Any) -> tuple[str, str]:
    return refusal(aws("route53").change_resource_record_sets, **batch(*arguments))


def test_a_record_that_exists(aws: Aws, zone: dict[str, str]) -> None:
    name = f"www.{zone['name']}"
    aws("route53").change_resource_record_sets(**batch(zone, "CREATE", name, "A", "192.0.2.1"))

    for spelling in (name, f"{name}.", name.upper()):
        assert change(aws, zone, "CREATE", spelling, "A", "192.0.2.2") == (
            "InvalidChangeBatch",
            f"[Tried to create resource record set [name='{name}.', type='A'] but it already exists]",
        )
    aws("route53").change_resource_record_sets(**batch(zone, "UPSERT", name, "A", "192.0.2.2"))


@pytest.mark.parametrize(
    ("kind", "value", "version"), [("A", "shop.example.com", 4), ("A", "::1", 4), ("AAAA", "1.2.3.4", 6)]
)
def test_a_value_that_is_not_an_address(aws: Aws, zone: dict[str, str], kind: str, value: str, version: int) -> None:
    assert change(aws, zone, "UPSERT", f"www.{zone['name']}", kind, value) == (
        "InvalidChangeBatch",
        f"[Invalid Resource Record: 'FATAL problem: {kind}RRDATAIllegalIPv{version}Address (Value is not a valid "
        f"IPv{version} address) encountered with '{value}'']",
    )


def test_a_cname_at_the_apex(aws: Aws, zone: dict[str, str]) -> None:
    name = zone["name"]

    assert change(aws, zone, "CREATE", name, "CNAME", "example.com") == (
        "InvalidChangeBatch",
        f"[RRSet of type CNAME with DNS name {name}. is not permitted at apex in zone {name}.]",
    )


def test_a_cname_beside_another_record(aws: Aws, zone: dict[str, str]) -> None:
    name = f"www.{zone['name']}"
    aws("route53").change_resource_record_sets(**batch(zone, "CREATE", name, "CNAME", "example.com"))

    assert change(aws, zone, "CREATE", name, "A", "192.0.2.1") == (
        "InvalidChangeBatch",
        f"[RRSet of type A with DNS name {name}. is not permitted because a conflicting RRSet of type CNAME exists]",
    )
    aws("route53").change_resource_record_sets(**batch(zone, "DELETE", name, "CNAME", "example.com"))
    aws("route53").change_resource_record_sets(**batch(zone, "CREATE", name, "A", "192.0.2.1"))
