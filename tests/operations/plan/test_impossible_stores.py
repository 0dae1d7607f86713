"""Changes of databases and caches that AWS refuses, or that would cost their data."""

from __future__ import annotations

from typing import Any

import pytest

from cli.sentences import sentence
from operations.plan.impossible import impossible_changes
from stacks.addresses import Owners
from stacks.sources import Sources
from tests.operations.plan.test_impossible import CREATE, DELETE, KEEP, REPLACE, UPDATE, change

ANOTHER = "or add a resource with another name, copy the data, and remove this one with a later deploy"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
INSTANCE = {"allocated_storage": 20, "engine_version": "16", "kms_key_id": KEY, "deletion_protection": False}


def found(*changes: dict[str, Any]) -> list[str]:
    return [sentence(problem) for problem in impossible_changes(changes)]


def instance(actions: list[str] = UPDATE, name: str = "db", **after: Any) -> dict[str, Any]:
    return change(f"aws_db_instance.{name}", actions, INSTANCE, {**INSTANCE, **after})


@pytest.mark.parametrize(
    ("was", "becomes", "wanted"),
    [("aws_rds_cluster", "aws_db_instance", "instance"), ("aws_db_instance", "aws_rds_cluster", "capacity")],
)
def test_a_database_stays_an_instance_or_a_cluster(was: str, becomes: str, wanted: str) -> None:
    kept = {"instance": "capacity", "capacity": "instance"}[wanted]

    assert found(change(f"{was}.main_db", DELETE, INSTANCE), change(f"{becomes}.main_db", CREATE, None, {})) == [
        "resources.main-db: a deployed database can't change between capacity and instance; "
        f"got {wanted}; restore `{kept}`; {ANOTHER}"
    ]
    assert found(change(f"{was}.db", DELETE, INSTANCE), change(f"{becomes}.other", CREATE, None, {})) == []


@pytest.mark.parametrize("kind", ["aws_db_instance", "aws_rds_cluster", "aws_elasticache_replication_group"])
def test_the_key_of_a_store_stays(kind: str) -> None:
    store = change(f"{kind}.db", REPLACE, INSTANCE, INSTANCE)
    store["change"]["replace_paths"] = [["kms_key_id"]]

    message = f"resources.db: the encryption of a deployed store can't change; restore `encryption`; {ANOTHER}"
    assert found(store) == [message]
    store["change"]["replace_paths"] = [["db_subnet_group_name"]]
    assert found(store) == []


def test_the_key_that_a_store_uses_can_not_be_destroyed() -> None:
    """Without `kms_key_id` in the configuration, Terraform sees no change of the store."""
    key = change("aws_kms_key.main", DELETE, {"arn": KEY})
    kept = change("aws_db_instance.db", KEEP, INSTANCE, INSTANCE)

    message = f"resources.db: the encryption of a deployed store can't change; restore `encryption`; {ANOTHER}"
    assert found(key, kept) == [message]
    assert found(key, change("aws_db_instance.db", DELETE, INSTANCE)) == []
    assert found(change("aws_kms_key.main", DELETE, {"arn": f"{KEY}2"}), kept) == []


def test_storage_grows_but_does_not_shrink() -> None:
    assert found(instance(allocated_storage=19)) == [
        "resources.db: the storage of a deployed database can't shrink; got 20 -> 19 GiB; write storage: 20 or more; "
        f"{ANOTHER}"
    ]
    assert found(instance(allocated_storage=40)) == []


@pytest.mark.parametrize(("version", "refused"), [("15", True), ("16.1", False), ("17", False)])
def test_the_version_can_not_be_lowered(version: str, refused: bool) -> None:
    message = (
        f"resources.db: the version of a deployed database can't be lowered; got 16 -> {version}; "
        f'write version: "16"; {ANOTHER}'
    )
    assert found(instance(engine_version=version)) == ([message] if refused else [])


@pytest.mark.parametrize("actions", [DELETE, REPLACE])
def test_a_protected_database_can_not_be_removed_or_replaced(actions: list[str]) -> None:
    before = {**INSTANCE, "deletion_protection": True}

    assert found(change("aws_db_instance.db", actions, before, INSTANCE)) == [
        "resources.db: AWS does not delete a database with deletion protection; restore it; or write protected: false, "
        "deploy, and remove or replace it with the next deploy"
    ]


def test_changes_of_the_users_own_databases_are_problems_only_if_aws_refuses_them() -> None:
    own = Owners(sources=Sources({"db.tf": "infra/db.tf"}, (), frozenset({"aws_db_instance.db"})))

    def problems(*changes: dict[str, Any]) -> list[str]:
        return [sentence(problem) for problem in impossible_changes(changes, own)]

    other_key = change("aws_db_instance.db", REPLACE, INSTANCE, INSTANCE)
    other_key["change"]["replace_paths"] = [["kms_key_id"]]
    assert problems(other_key) == []
    assert problems(instance(DELETE), change("aws_rds_cluster.db", CREATE, None, {})) == []
    assert problems(instance(allocated_storage=19)) == [
        "aws_db_instance.db: the storage of a deployed database can't shrink; got 20 -> 19 GiB; write "
        "allocated_storage = 20 or more"
    ]
    assert problems(instance(engine_version="15")) == [
        "aws_db_instance.db: the version of a deployed database can't be lowered; got 16 -> 15; write "
        'engine_version = "16"'
    ]
    assert problems(change("aws_db_instance.db", DELETE, {**INSTANCE, "deletion_protection": True})) == [
        "aws_db_instance.db: it has deletion protection, so AWS refuses to delete it; keep it, and deploy it with "
        "`deletion_protection = false` before you remove or replace it"
    ]
