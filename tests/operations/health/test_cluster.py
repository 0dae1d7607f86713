"""The cluster of an environment."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cli.sentences import sentences
from operations.health.cluster import cluster_of
from operations.health.environment import Environment
from operations.health.stopped import TAG
from stacks.errors import AwsError
from stacks.naming import Names
from stacks.project.models import Project

NAMES = Names("shop", "dev")


def environment(session: boto3.Session) -> Environment:
    project = Project(project_id="shop", env="dev", region="eu-west-1")
    return Environment(project, {}, NAMES, "123456789012", "--env dev", session)


def create(session: boto3.Session, **tags: str) -> Any:
    ecs = session.client("ecs")
    ecs.create_cluster(clusterName=NAMES.cluster, tags=[{"key": key, "value": value} for key, value in tags.items()])
    return ecs


def test_its_tags_say_that_the_environment_is_stopped(account: boto3.Session) -> None:
    ecs = create(account, Project="shop", Environment="dev", **{TAG: "2026-01-31T20:00:00Z"})

    cluster = cluster_of(environment(account), ecs)

    assert cluster.status == "ACTIVE"
    assert cluster.stopped is not None
    assert cluster.stopped.moment == "2026-01-31T20:00:00Z"


def test_the_cluster_of_another_environment_is_refused(account: boto3.Session) -> None:
    ecs = create(account, Project="web", Environment="shop-dev")

    with pytest.raises(AwsError) as refused:
        cluster_of(environment(account), ecs)
    assert sentences(refused.value) == (
        "cluster web-cluster-shop-dev: the cluster with this name belongs to another environment; got the cluster of "
        "project web, env shop-dev; use the credentials and the region of this environment"
    )


def test_an_environment_without_a_cluster_is_not_deployed(account: boto3.Session) -> None:
    with pytest.raises(AwsError) as refused:
        cluster_of(environment(account), account.client("ecs"))
    assert sentences(refused.value) == (
        "shop-dev: the environment is not deployed: ECS cluster web-cluster-shop-dev does not exist in eu-west-1, "
        "account 123456789012; deploy it first: ecsforge deploy --env dev"
    )
