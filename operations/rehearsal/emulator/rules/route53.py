"""Changes of records that Route 53 refuses.

Source: https://docs.aws.amazon.com/Route53/latest/, pages APIReference/API_ChangeResourceRecordSets.html and
DeveloperGuide/ResourceRecordTypes.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, rule

INVALID = "InvalidChangeBatch"
VERSIONS = {"A": 4, "AAAA": 6}


@rule("route53", "ChangeResourceRecordSets")
def changes(request: Request) -> None:
    """A record that exists or has another type's name, a CNAME at the apex, and a value that is not an address."""
    zone = request.backend().zones.get(request.parameters["HostedZoneId"].rpartition("/")[2])
    found = request.parameters.get("ChangeBatch", {}).get("Changes", ())
    deleted = {_absolute(each["ResourceRecordSet"]["Name"]) for each in found if each["Action"] == "DELETE"}
    for change in found:
        problem = _problem(zone, change["Action"], change["ResourceRecordSet"], deleted)
        if problem:
            raise Refused(INVALID, f"[{problem}]")


def _problem(zone: Any, action: str, record: Mapping[str, Any], deleted: set[str]) -> str:
    kind, name = record["Type"], _absolute(record["Name"])
    if action == "DELETE" or zone is None:
        return ""
    for value in (each["Value"] for each in record.get("ResourceRecords", ())):
        version = VERSIONS.get(kind)
        if version is not None and _version(value) != version:
            return (
                f"Invalid Resource Record: 'FATAL problem: {kind}RRDATAIllegalIPv{version}Address (Value is not a "
                f"valid IPv{version} address) encountered with '{value}''"
            )
    not_permitted = f"RRSet of type {kind} with DNS name {name} is not permitted"
    if kind == "CNAME" and name == _absolute(zone.name):
        return f"{not_permitted} at apex in zone {zone.name}"
    others = [each for each in zone.rrsets if _absolute(each.name) == name and name not in deleted]
    same = [each for each in others if each.type == kind and each.set_identifier == record.get("SetIdentifier")]
    if action == "CREATE" and same:
        return f"Tried to create resource record set [name='{name}', type='{kind}'] but it already exists"
    conflict = any((each.type == "CNAME") != (kind == "CNAME") for each in others)
    return f"{not_permitted} because a conflicting RRSet of type CNAME exists" if conflict else ""


def _absolute(name: str) -> str:
    return name.rstrip(".").lower().replace("*", "\\052") + "."


def _version(value: str) -> int | None:
    try:
        return ip_address(value).version
    except ValueError:
        return None
