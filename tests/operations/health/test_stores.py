"""The databases and caches in a status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.sentences import sentence
from operations.health.environment import Environment
from operations.health.stores import StoreHealth, store_healths
from stacks.errors import AwsError
from stacks.naming import Names
from stacks.project import Selection, load

PROJECT = """\
project_id: shop
region: eu-west-1
resources:
  db: {type: postgres, capacity: {max: 4}}
  files: {type: bucket}
  cache: {type: valkey}
  legacy: {type: mysql, instance: db.t4g.micro}
"""


class Client:
    """A client of AWS whose operations answer with these states, or fail with this error code."""

    def __init__(self, states: dict[str, str]) -> None:
        self._states = states

    def _answer(self, operation: str, key: str, field: str) -> dict[str, Any]:
        state = self._states[operation]
        if state[:1].isupper():
            raise ClientError({"Error": {"Code": state, "Message": "no"}}, operation)
        return {key: [{field: state}]}

    def describe_db_clusters(self, DBClusterIdentifier: str) -> dict[str, Any]:
        assert DBClusterIdentifier == "shop-dev-db"
        return self._answer("clusters", "DBClusters", "Status")

    def describe_db_instances(self, DBInstanceIdentifier: str) -> dict[str, Any]:
        assert DBInstanceIdentifier == "shop-dev-legacy"
        return self._answer("instances", "DBInstances", "DBInstanceStatus")

    def describe_replication_groups(self, ReplicationGroupId: str) -> dict[str, Any]:
        assert ReplicationGroupId == "shop-dev-cache"
        return self._answer("caches", "ReplicationGroups", "Status")


def found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, **states: str
) -> tuple[list[tuple[str, str | None]], list[str]]:
    file = folder / "ecsforge.yaml"
    file.write_text(PROJECT)
    (project,) = load(Selection(file=file, env="dev")).projects
    environment = Environment(project, {}, Names("shop", "dev"), "123456789012", "--env dev", boto3.Session())
    client = Client({"clusters": "available", "instances": "available", "caches": "available", **states})
    monkeypatch.setattr(Environment, "client", lambda self, service: client)
    healths, denied = store_healths(environment)
    return [(each.name, each.state) for each in healths], [sentence(each) for each in denied]


def test_each_store_has_its_state_in_the_order_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states, denied = found(tmp_path, monkeypatch, clusters="upgrading")

    assert states == [("db", "upgrading"), ("cache", "available"), ("legacy", "available")]
    assert denied == []


def test_a_missing_store_has_no_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states, _ = found(
        tmp_path,
        monkeypatch,
        clusters="DBClusterNotFoundFault",
        instances="DBInstanceNotFound",
        caches="ReplicationGroupNotFoundFault",
    )

    assert states == [("db", None), ("cache", None), ("legacy", None)]


def test_without_the_permission_it_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states, denied = found(tmp_path, monkeypatch, clusters="AccessDenied")

    assert states == [("cache", "available")]
    assert len(denied) == 1
    assert denied[0].startswith("databases: ")


def test_another_error_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AwsError):
        found(tmp_path, monkeypatch, caches="InvalidParameterValue")


@pytest.mark.parametrize(
    ("kind", "state", "problem"),
    [
        ("postgres", "available", None),
        ("postgres", "modifying", None),
        ("postgres", "backing-up", None),
        ("postgres", None, "database `x`: does not exist"),
        ("mysql", "storage-full", "database `x`: its state is storage-full"),
        ("mysql", "incompatible-parameters", "database `x`: its state is incompatible-parameters"),
        ("postgres", "stopped", "database `x`: its state is stopped"),
        ("valkey", "create-failed", "cache `x`: its state is create-failed"),
        ("valkey", "snapshotting", None),
    ],
)
def test_a_state_that_needs_somebody_is_a_problem(kind: str, state: str | None, problem: str | None) -> None:
    store = StoreHealth("x", kind, state)

    assert (sentence(store.problem) if store.problem else None) == problem
