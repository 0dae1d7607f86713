"""Whether AWS offers what databases need, with RDS's answers as its API reference shows them."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.operations.checks.conftest import Run, texts

INSTANCE = "resources: {db: {type: mysql, version: 8.0.99, instance: db.t9.nano}}"
SERVERLESS = "resources: {db: {type: postgres, capacity: {max: 4}}}"


def offers(account: boto3.Session, versions: list[str], classes: list[str], **limits: float) -> None:
    def answer(content: dict[str, Any]) -> Any:
        return lambda **_: (type("Answer", (), {"status_code": 200})(), content)

    support = {"ServerlessV2FeaturesSupport": limits} if limits else {}
    found = {"DBEngineVersions": [{"EngineVersion": each, **support} for each in versions]}
    account.events.register("before-call.rds.DescribeDBEngineVersions", answer(found))
    options = {"OrderableDBInstanceOptions": [{"DBInstanceClass": each} for each in classes]}
    account.events.register("before-call.rds.DescribeOrderableDBInstanceOptions", answer(options))


def test_without_databases_nothing_is_checked(run: Run) -> None:
    assert run("databases", "resources: {cache: {type: valkey}}") == []


def test_an_offered_version_and_class_are_ok(account: boto3.Session, run: Run) -> None:
    offers(account, ["17.4", "17.5"], ["db.serverless"])

    (found,) = run("databases", SERVERLESS)

    assert texts([found]) == ["ok: db: Aurora PostgreSQL 17, db.serverless"]
    assert found.calls == ("rds:DescribeDBEngineVersions", "rds:DescribeOrderableDBInstanceOptions")


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        (
            [],
            "missing: resources.db.version: AWS does not offer this version of MySQL on RDS in eu-west-1; got 8.0.99; "
            'write a major version, for example version: "8.0"',
        ),
        (
            ["8.0.99"],
            "missing: resources.db.instance: AWS does not offer it for MySQL on RDS 8.0.99 in eu-west-1; "
            "got db.t9.nano; use another class, version or region",
        ),
    ],
)
def test_a_version_or_class_that_aws_does_not_offer(
    account: boto3.Session, run: Run, versions: list[str], message: str
) -> None:
    offers(account, versions, [])

    assert texts(run("databases", INSTANCE)) == [message]


def test_a_major_version_that_aws_does_not_offer_yet(account: boto3.Session, run: Run) -> None:
    offers(account, [], [])

    assert texts(run("databases", INSTANCE.replace("8.0.99", "'9.7'"))) == [
        "missing: resources.db.version: AWS does not offer this version of MySQL on RDS in eu-west-1; got 9.7; "
        'write a major version, for example version: "8.4"'
    ]


@pytest.mark.parametrize(
    ("capacity", "message"),
    [
        (
            "{max: 130}",
            "missing: resources.db.capacity.max: AWS does not offer this capacity for Aurora PostgreSQL 15.6 in "
            "eu-west-1; got 130; write 128 or less, or a newer version",
        ),
        (
            "{min: 0, max: 4}",
            "missing: resources.db.capacity.min: AWS does not offer this capacity for Aurora PostgreSQL 15.6 in "
            "eu-west-1; got 0; write 0.5 or more, or a newer version",
        ),
        ("{max: 128}", "ok: db: Aurora PostgreSQL 15, db.serverless"),
    ],
)
def test_a_capacity_that_the_version_does_not_support(
    account: boto3.Session, run: Run, capacity: str, message: str
) -> None:
    offers(account, ["15.5", "15.6"], ["db.serverless"], MinCapacity=0.5, MaxCapacity=128)

    assert texts(run("databases", f"resources: {{db: {{type: postgres, version: '15', capacity: {capacity}}}}}")) == [
        message
    ]
