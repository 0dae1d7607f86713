"""Patches moto's Route 53: a record that was deleted can be created again, and changes do not overlap."""

from __future__ import annotations

from threading import Lock
from typing import Any

from moto.route53.models import Route53Backend

_changing = Lock()


def patch() -> None:
    """Forget a deleted record, which moto takes for an existing one; one change at a time, as moto loses records."""
    change = Route53Backend.change_resource_record_sets

    def change_records(self: Any, zoneid: str, change_list: list[dict[str, Any]]) -> None:
        with _changing:
            change(self, zoneid, change_list)
            journal = self.get_hosted_zone(zoneid).rr_changes
            deleted = {_key(each) for each in change_list if each["Action"] == "DELETE"}
            journal[:] = [each for each in journal if _key(each) not in deleted]

    Route53Backend.change_resource_record_sets = change_records


def _key(change: dict[str, Any]) -> tuple[str, str, str | None]:
    record = change["ResourceRecordSet"]
    return record["Name"].rstrip("."), record["Type"], record.get("SetIdentifier")
