"""Import blocks, and what an import can't read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from operations.plan.import_blocks import import_blocks, unread_addresses
from operations.state.document import StateDocument

IGNORES = {"lifecycle": {"ignore_changes": ["final_snapshot_identifier"]}, "final_snapshot_identifier": "db-1"}
CONFIGURATION = {
    "resource": {
        "aws_rds_cluster": {"db": IGNORES},
        "aws_db_instance": {"orders": IGNORES},
        "aws_ecs_service": {"web": {"lifecycle": {"ignore_changes": ["desired_count"]}, "desired_count": 1}},
        "aws_sqs_queue": {"jobs": {}},
    }
}


def state(**attributes: dict[str, Any]) -> StateDocument:
    resources = [
        {"mode": "managed", "type": kind, "name": "db", "instances": [{"attributes": each}]}
        for kind, each in attributes.items()
    ]
    return StateDocument({"version": 4, "resources": resources})


def test_only_what_is_imported_has_to_be_completed() -> None:
    imports = ["aws_rds_cluster.db", "aws_ecs_service.web", "aws_sqs_queue.jobs"]

    assert unread_addresses(CONFIGURATION, imports, state()) == ("aws_rds_cluster.db",)
    assert unread_addresses(CONFIGURATION, [], state()) == ()


@pytest.mark.parametrize(("name", "unread"), [(None, ("aws_rds_cluster.db",)), ("db-0", ())])
def test_what_was_imported_without_its_update_has_to_be_completed(name: str | None, unread: tuple[str, ...]) -> None:
    """A deploy that was stopped after the import, and before the update."""
    current = state(aws_rds_cluster={"final_snapshot_identifier": name})

    assert unread_addresses(CONFIGURATION, ["aws_rds_cluster.db"], current) == unread


def test_terraform_writes_what_it_ignores_otherwise(tmp_path: Path) -> None:
    addresses = ("aws_db_instance.orders", "aws_rds_cluster.db", "aws_rds_cluster.other")

    with import_blocks(tmp_path, {"aws_rds_cluster.db": "shop-dev-db"}, addresses):
        files = {file.name: json.loads(file.read_text()) for file in tmp_path.iterdir()}

    instead = {"lifecycle": {"ignore_changes": ["snapshot_identifier"]}}
    assert files == {
        "ecsforge-imports.tf.json": {"import": [{"to": "aws_rds_cluster.db", "id": "shop-dev-db"}]},
        "ecsforge-imports_override.tf.json": {
            "resource": {
                "aws_db_instance": {"orders": instead},
                "aws_rds_cluster": {"db": instead, "other": instead},
            }
        },
    }
    assert [*tmp_path.iterdir()] == []


def test_files_of_a_plan_that_was_killed_are_removed(tmp_path: Path) -> None:
    for name in ("ecsforge-imports.tf.json", "ecsforge-imports_override.tf.json"):
        (tmp_path / name).write_text("{}")

    with import_blocks(tmp_path, {}):
        assert [*tmp_path.iterdir()] == []
