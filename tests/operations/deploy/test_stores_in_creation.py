"""Databases and caches that AWS is still creating, with AWS replaced by its API models."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from operations.deploy.stores_in_creation import has_type, wait_for_stores
from tests.support.reporter import Recorder

CONFIGURATION = {
    "resource": {
        "aws_db_instance": {"orders": {"identifier": "shop-dev-orders"}},
        "aws_elasticache_replication_group": {"cache": {"replication_group_id": "shop-dev-cache"}},
        "aws_lb": {"main": {"name": "alb-shop-dev"}},
        "aws_rds_cluster": {"db": {"cluster_identifier": "shop-dev-db"}},
        "aws_rds_cluster_instance": {"db": {"identifier": "shop-dev-db"}},
    }
}


class Session:
    """A boto3 session whose clients answer with what a test has scripted."""

    def __init__(self) -> None:
        self._clients = {name: boto3.client(name, region_name="eu-west-1") for name in ("elasticache", "rds")}  # type: ignore[call-overload]
        self._stubs = {name: Stubber(client) for name, client in self._clients.items()}
        for stub in self._stubs.values():
            stub.activate()

    def client(self, service: str) -> Any:
        return self._clients[service]

    def instances(self, name: str, *found: dict[str, str]) -> None:
        for each in found:
            answer = {"DBInstances": [{"DBInstanceIdentifier": name, **each}]}
            self._stubs["rds"].add_response("describe_db_instances", answer, {"DBInstanceIdentifier": name})

    def clusters(self, name: str, *statuses: str) -> None:
        for status in statuses:
            answer = {"DBClusters": [{"DBClusterIdentifier": name, "Status": status}]}
            self._stubs["rds"].add_response("describe_db_clusters", answer, {"DBClusterIdentifier": name})

    def caches(self, name: str, *statuses: str) -> None:
        for status in statuses:
            answer = {"ReplicationGroups": [{"ReplicationGroupId": name, "Status": status}]}
            parameters = {"ReplicationGroupId": name}
            self._stubs["elasticache"].add_response("describe_replication_groups", answer, parameters)

    def refuses(self, operation: str, code: str) -> None:
        self._stubs["rds"].add_client_error(operation, code)

    def assert_everything_was_asked(self) -> None:
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def session() -> Session:
    return Session()


def waited(session: Session, *addresses: str) -> tuple[list[float], list[str]]:
    pauses, reporter = list[float](), Recorder()
    wait_for_stores(CONFIGURATION, addresses, session, reporter, sleep=pauses.append)  # type: ignore[arg-type]
    session.assert_everything_was_asked()
    return pauses, reporter.messages


def test_stores_in_creation_are_waited_for_one_after_the_other(session: Session) -> None:
    session.clusters("shop-dev-db", "creating", "creating", "available")
    session.caches("shop-dev-cache", "creating", "available")

    assert waited(session, "aws_lb.main", "aws_rds_cluster.db", "aws_elasticache_replication_group.cache") == (
        [15.0, 15.0, 15.0],
        [
            "Waiting until the database cluster shop-dev-db is available; it is creating",
            "Waiting until the cache shop-dev-cache is available; it is creating",
        ],
    )


def test_a_database_is_waited_for_until_its_first_backup_is_done(session: Session) -> None:
    statuses = ("creating", "backing-up", "configuring-enhanced-monitoring", "available")
    session.instances("shop-dev-orders", *({"DBInstanceStatus": each} for each in statuses))

    assert waited(session, "aws_db_instance.orders") == (
        [15.0] * 3,
        ["Waiting until the database shop-dev-orders is available; it is creating"],
    )


@pytest.mark.parametrize("status", ["available", "failed", "stopped", "incompatible-parameters", "deleting"])
def test_what_does_not_change_by_itself_is_not_waited_for(session: Session, status: str) -> None:
    session.instances("shop-dev-db", {"DBInstanceStatus": status})

    assert waited(session, "aws_rds_cluster_instance.db") == ([], [])


def test_a_store_that_is_gone_is_not_waited_for(session: Session) -> None:
    session.refuses("describe_db_clusters", "DBClusterNotFoundFault")

    assert waited(session, "aws_rds_cluster.db") == ([], [])


def test_a_store_that_is_never_ready_is_waited_for_an_hour(session: Session) -> None:
    session.clusters("shop-dev-db", *["creating"] * 241)
    pauses = list[float]()

    wait_for_stores(CONFIGURATION, ["aws_rds_cluster.db"], session, Recorder(), sleep=pauses.append)  # type: ignore[arg-type]

    assert sum(pauses) == 3600


@pytest.mark.parametrize(
    ("found", "kind", "answer"),
    [
        ({}, "aws_db_instance", True),
        ({}, "aws_rds_cluster_instance", False),
        ({"DBClusterIdentifier": "shop-dev-db"}, "aws_db_instance", False),
        ({"DBClusterIdentifier": "shop-dev-db"}, "aws_rds_cluster_instance", True),
        ({"DBInstanceStatus": "deleting"}, "aws_db_instance", False),
    ],
)
def test_an_instance_belongs_to_a_cluster_or_not(
    session: Session, found: dict[str, str], kind: str, answer: bool
) -> None:
    session.instances("shop-dev-db", {"DBInstanceStatus": "available", **found})

    assert has_type(session, kind, "shop-dev-db") is answer  # type: ignore[arg-type]


def test_a_deleted_instance_has_no_type(session: Session) -> None:
    session.refuses("describe_db_instances", "DBInstanceNotFound")

    assert not has_type(session, "aws_db_instance", "shop-dev-db")  # type: ignore[arg-type]


def test_other_resources_have_the_type_of_their_arn(session: Session) -> None:
    assert has_type(session, "aws_db_subnet_group", "shop-dev-db")  # type: ignore[arg-type]
