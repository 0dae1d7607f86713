"""Databases, caches and their secrets that a killed deploy left, or that are lost from the state, are imported."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Iterator
from typing import Any

from operations.rehearsal.inventory import inventory
from tests.support.processes import terraform_of, wait_for
from tests.support.workplace import REGION, WORKER, Workplace

STACK = "stores-dev"
RESOURCES: dict[str, Any] = {
    "db": {"type": "postgres", "version": "16", "capacity": {"max": 4}},
    "orders": {"type": "mysql", "instance": "db.t4g.micro", "version": "8.4.5"},
    "cache": {"type": "valkey", "replicas": 1},
}
USES = {"db": {"url": "DB_URL"}, "orders": {"url": "ORDERS_URL"}, "cache": {"url": "CACHE_URL"}}
PASSWORDS = {
    "aws_rds_cluster.db": ("db", "master_password_wo_version"),
    "aws_db_instance.orders": ("orders", "password_wo_version"),
}
LOST = {
    "aws_db_instance",
    "aws_db_parameter_group",
    "aws_db_subnet_group",
    "aws_elasticache_replication_group",
    "aws_elasticache_subnet_group",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
    "aws_rds_cluster_parameter_group",
    "aws_secretsmanager_secret",
}
"""The types that AWS refuses to create a second time."""


def test_stores_that_are_not_in_the_state_are_imported_with_their_passwords_and_snapshots(workplace: Workplace) -> None:
    before = inventory(workplace.emulator.client, REGION)
    workplace.write("stores", {"worker": {**WORKER, "uses": USES}}, resources=RESOURCES)

    a_cluster_whose_creation_was_killed_is_imported(workplace)
    stores_that_are_lost_from_the_state_are_imported(workplace)
    a_cache_that_aws_has_upgraded_stays(workplace)

    workplace.destroy(STACK)
    assert inventory(workplace.emulator.client, REGION) - before == frozenset()
    assert final_snapshots(workplace) == [f"{STACK}-db", f"{STACK}-orders"]


def a_cluster_whose_creation_was_killed_is_imported(workplace: Workplace) -> None:
    deploying = workplace.start("deploy", "--env", "dev", "--auto-approve")
    wait_for(lambda: f"{STACK}-db" in clusters(workplace))  # Terraform waits until AWS has created it
    for pid in terraform_of(workplace.folder):
        os.kill(pid, signal.SIGKILL)
    _, stderr = deploying.communicate(timeout=60)

    assert deploying.returncode == 1
    assert "error: applying: Terraform failed; got killed by SIGKILL" in stderr
    assert workplace.planned()["aws_rds_cluster.db"] == "import"
    workplace.deploy()
    assert workplace.planned() == {}
    assert [*differences(workplace)] == []


def stores_that_are_lost_from_the_state_are_imported(workplace: Workplace) -> None:
    file = workplace.folder / f"terraform.{STACK}.tfstate"
    state = workplace.state(STACK)
    lost = [each for each in state["resources"] if each["mode"] == "managed" and each["type"] in LOST]
    kept = [each for each in state["resources"] if each not in lost]
    file.write_text(json.dumps({**state, "serial": state["serial"] + 1, "resources": kept}))

    done = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", "--adopt", "-v")

    assert {each["type"] for each in lost} == LOST
    for each in lost:
        assert f"An interrupted deploy left {each['type']}.{each['name']}, " in done.stderr
    assert workplace.planned() == {}
    assert [*differences(workplace)] == []
    for address in PASSWORDS:
        assert attributes(workplace, address)["final_snapshot_identifier"].startswith(f"{STACK}-")


def a_cache_that_aws_has_upgraded_stays(workplace: Workplace) -> None:
    """The provider would replace it to lower its version."""
    upgrade = {"EngineVersion": "8.1", "ApplyImmediately": True}
    workplace.aws("elasticache").modify_replication_group(ReplicationGroupId=f"{STACK}-cache", **upgrade)

    assert workplace.planned() == {}


def final_snapshots(workplace: Workplace) -> list[str]:
    """The names of the databases that have one."""
    rds = workplace.aws("rds")
    of_clusters = rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
    instances = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    names = [each["DBClusterIdentifier"] for each in of_clusters], [each["DBInstanceIdentifier"] for each in instances]
    return [name for found in names for name in found if name.startswith(f"{STACK}-")]


def clusters(workplace: Workplace) -> list[str]:
    return [each["DBClusterIdentifier"] for each in workplace.aws("rds").describe_db_clusters()["DBClusters"]]


def differences(workplace: Workplace) -> Iterator[str]:
    """Where a database, its secret and the connection do not have the same password."""
    secrets = workplace.aws("secretsmanager")
    for address, (name, argument) in PASSWORDS.items():
        password = secrets.get_secret_value(SecretId=f"{STACK}/{name}/password")
        connection = json.loads(secrets.get_secret_value(SecretId=f"{STACK}/{name}/connection")["SecretString"])
        if connection["password"] != password["SecretString"]:
            yield f"{name}: the connection has another password"
        number = int(hashlib.sha256(password["VersionId"].encode()).hexdigest()[:8], 16)
        if attributes(workplace, address)[argument] != number:
            yield f"{name}: the database has the password of another version"


def attributes(workplace: Workplace, address: str) -> dict[str, Any]:
    kind, _, name = address.partition(".")
    (found,) = [each for each in workplace.state(STACK)["resources"] if (each["type"], each["name"]) == (kind, name)]
    (instance,) = found["instances"]
    values: dict[str, Any] = instance["attributes"]
    return values
