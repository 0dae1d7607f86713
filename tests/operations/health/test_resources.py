"""The buckets, tables and topics of an environment, for `status`."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.sentences import sentence
from operations.health.environment import Environment
from operations.health.model import ResourceHealth, StackHealth
from operations.health.resources import resources_of
from operations.rehearsal.emulator.client import ACCOUNT_ID, Emulator
from stacks.naming import Names
from stacks.project.models import Project

REGION = "eu-west-1"
PROJECT = Project.model_validate(
    {
        "project_id": "shop",
        "env": "dev",
        "region": REGION,
        "resources": {
            "uploads": {"type": "bucket"},
            "sessions": {"type": "table", "key": {"id": "S"}},
            "events": {"type": "topic"},
        },
        "services": {"web": {}, "api": {}},
    }
)
MISSING = tuple(ResourceHealth(name, each.type, "missing") for name, each in PROJECT.resources.items())


class Place(Environment):
    """The environment, with clients of an emulator or with one that refuses everything."""

    clients: Any = None

    def client(self, service: str) -> Any:
        return type(self).clients(service)


def environment(clients: Any, *services: str) -> Environment:
    kind = type("Of", (Place,), {"clients": staticmethod(clients)})
    selected = {name: each for name, each in PROJECT.services.items() if not services or name in services}
    return kind(PROJECT, selected, Names("shop", "dev"), ACCOUNT_ID, "--env dev", boto3.Session())


class Refusing:
    """A client that AWS answers with an error code."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __getattr__(self, name: str) -> Any:
        def refuse(**_: Any) -> None:
            raise ClientError({"Error": {"Code": self._code}}, name)

        return refuse


def test_resources_are_missing_before_the_first_deploy_and_available_after_it() -> None:
    with Emulator(disabled=["layer"]) as emulator:
        of = environment(lambda service: emulator.client(service, REGION))
        before = resources_of(of)
        s3, dynamodb, sns = (emulator.client(name, REGION) for name in ("s3", "dynamodb", "sns"))
        s3.create_bucket(
            Bucket=f"shop-dev-uploads-{ACCOUNT_ID}", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        dynamodb.create_table(
            TableName="shop-dev-sessions",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        sns.create_topic(Name="shop-dev-events")

        assert before == MISSING
        assert resources_of(of) == (
            ResourceHealth("uploads", "bucket", "available", f"shop-dev-uploads-{ACCOUNT_ID}"),
            ResourceHealth("sessions", "table", "available", "shop-dev-sessions, about 0 items"),
            ResourceHealth("events", "topic", "available", "shop-dev-events, 0 subscriptions"),
        )


@pytest.mark.parametrize("code", ["403", "AccessDeniedException", "AuthorizationError"])
def test_without_the_permission_the_state_is_unknown(code: str) -> None:
    found = resources_of(environment(lambda service: Refusing(code)))

    assert {each.state for each in found} == {"unknown"}


def test_another_error_is_not_hidden() -> None:
    with pytest.raises(ClientError):
        resources_of(environment(lambda service: Refusing("InternalError")))


def test_with_selected_services_no_resource_is_read() -> None:
    assert resources_of(environment(lambda service: Refusing("InternalError"), "web")) == ()


def test_a_missing_resource_is_a_problem_of_the_environment() -> None:
    health = StackHealth("shop-dev", "dev", REGION, ACCOUNT_ID, "c", (), resources=MISSING)

    assert not health.healthy
    assert [sentence(each) for each in health.problems] == [
        "resource uploads: the bucket does not exist; deploy it",
        "resource sessions: the table does not exist; deploy it",
        "resource events: the topic does not exist; deploy it",
    ]


class Databases:
    """RDS and ElastiCache, with one cluster, one instance and one replication group in this state."""

    def __init__(self, state: str) -> None:
        self._state = state

    def describe_db_clusters(self, **asked: str) -> dict[str, Any]:
        assert asked == {"DBClusterIdentifier": "shop-dev-aurora"}
        return {"DBClusters": [{"Status": self._state, "Engine": "aurora-postgresql", "EngineVersion": "17.4"}]}

    def describe_db_instances(self, **asked: str) -> dict[str, Any]:
        assert asked == {"DBInstanceIdentifier": "shop-dev-db"}
        found = {"DBInstanceStatus": self._state, "DBInstanceClass": "db.t4g.micro"}
        return {"DBInstances": [{**found, "Engine": "mysql", "EngineVersion": "8.4.4"}]}

    def describe_replication_groups(self, **asked: str) -> dict[str, Any]:
        assert asked == {"ReplicationGroupId": "shop-dev-cache"}
        return {"ReplicationGroups": [{"Status": self._state, "MemberClusters": ["a", "b"]}]}


STORES = Project.model_validate(
    {
        "project_id": "shop",
        "env": "dev",
        "region": REGION,
        "resources": {
            "aurora": {"type": "postgres", "capacity": {"max": 4.0}},
            "db": {"type": "mysql", "instance": "db.t4g.micro"},
            "cache": {"type": "valkey"},
        },
    }
)


def stores(client: Any) -> tuple[ResourceHealth, ...]:
    kind = type("Of", (Place,), {"clients": staticmethod(lambda service: client)})
    place: Environment = kind(STORES, {}, Names("shop", "dev"), ACCOUNT_ID, "--env dev", boto3.Session())
    return resources_of(place)


def test_databases_and_caches_have_the_state_of_aws() -> None:
    assert stores(Databases("modifying")) == (
        ResourceHealth("aurora", "postgres", "modifying", "shop-dev-aurora, aurora-postgresql 17.4"),
        ResourceHealth("db", "mysql", "modifying", "shop-dev-db, mysql 8.4.4, db.t4g.micro"),
        ResourceHealth("cache", "valkey", "modifying", "shop-dev-cache, 2 nodes"),
    )


@pytest.mark.parametrize("code", ["DBClusterNotFoundFault", "DBInstanceNotFound", "ReplicationGroupNotFoundFault"])
def test_a_database_that_does_not_exist_is_missing(code: str) -> None:
    assert {each.state for each in stores(Refusing(code))} == {"missing"}


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ("available", None),
        ("backing-up", None),
        ("storage-full", "resource db: the state of the database is storage-full"),
        ("incompatible-parameters", "resource db: the state of the database is incompatible-parameters"),
        ("create-failed", "resource db: the state of the database is create-failed"),
        ("missing", "resource db: the database does not exist; deploy it"),
    ],
)
def test_a_state_that_needs_somebody_is_a_problem(state: str, problem: str | None) -> None:
    found = ResourceHealth("db", "mysql", state).problem

    assert (sentence(found) if found else None) == problem
