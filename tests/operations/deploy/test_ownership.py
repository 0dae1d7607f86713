"""Whose the cluster of a stack's name is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from operations.deploy import ownership
from operations.deploy.ownership import cluster_stands, require_known
from operations.state.migrate import Backend
from operations.terraform.stream import Planned
from stacks.errors import AwsError, TerraformError
from stacks.project.models import Project

SHOP = Project(project_id="shop", env="prod", region="eu-west-1")
NAME = "web-cluster-shop-prod"
BACKEND = Backend("s3", {"bucket": "states", "key": "shop/prod/terraform.tfstate"}, Path())


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    with mock_aws():
        yield boto3.Session(region_name="eu-west-1")


def make_cluster(account: boto3.Session, **tags: str) -> None:
    pairs = [{"key": key, "value": value} for key, value in tags.items()]
    account.client("ecs").create_cluster(clusterName=NAME, tags=pairs)  # type: ignore[arg-type]


def refusal(account: boto3.Session) -> str:
    with pytest.raises(AwsError) as caught:
        cluster_stands(SHOP, account)
    return str(caught.value)


def test_before_the_first_deploy_there_is_none(account: boto3.Session) -> None:
    assert not cluster_stands(SHOP, account)


def test_after_it_there_is_one(account: boto3.Session) -> None:
    make_cluster(account, Project="shop", Environment="prod", team="web")

    assert cluster_stands(SHOP, account)


def test_one_that_was_deleted_does_not_count(account: boto3.Session) -> None:
    make_cluster(account, Project="shop", Environment="prod")
    account.client("ecs").delete_cluster(cluster=NAME)

    assert not cluster_stands(SHOP, account)


def test_one_of_another_stack_whose_name_reads_the_same_is_not_taken_over(account: boto3.Session) -> None:
    make_cluster(account, Project="shop-eu", Environment="west")

    assert refusal(account) == (
        "cluster web-cluster-shop-prod: the account has a cluster of this name that is not this stack's, and Terraform "
        "would take it over; got that of project shop-eu, env west; choose another project_id or env, another account "
        "or another region"
    )


def test_one_that_somebody_made_by_hand_is_not_taken_over(account: boto3.Session) -> None:
    make_cluster(account)

    assert refusal(account) == (
        "cluster web-cluster-shop-prod: the account has a cluster of this name that is not this stack's, and Terraform "
        "would take it over; got a cluster without the tags of a stack; choose another project_id or env, another "
        "account or another region"
    )


def refuse_to_describe(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    def describe_clusters(**arguments: object) -> None:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeClusters")

    class Ecs:
        pass

    ecs = Ecs()
    ecs.describe_clusters = describe_clusters  # type: ignore[attr-defined]
    monkeypatch.setattr(ownership.aws, "client", lambda session, service: ecs)


def test_where_aws_does_not_let_us_look_the_command_goes_on(
    account: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_to_describe(monkeypatch, "AccessDeniedException")

    assert not cluster_stands(SHOP, account)


def test_any_other_trouble_is_told(account: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_to_describe(monkeypatch, "ServerException")

    assert refusal(account).startswith(
        "cluster web-cluster-shop-prod: AWS refused DescribeClusters; got ServerException"
    )


def test_a_plan_that_would_make_a_stack_that_stands_a_second_time_is_refused() -> None:
    planned = [Planned("aws_ecs_cluster.web_cluster", "aws_ecs_cluster", "web_cluster", "create")]

    with pytest.raises(TerraformError) as caught:
        require_known(planned, "shop-prod", BACKEND)

    assert str(caught.value) == (
        "shop-prod: it stands in the account, but this state knows nothing of it, so a deploy would make everything a "
        "second time; got the state s3://states/shop/prod/terraform.tfstate; bring back the state that it was deployed "
        "with; deploy with --adopt when a first deploy was broken off elsewhere"
    )


def test_a_plan_that_changes_or_takes_over_the_cluster_is_not() -> None:
    for action in ("update", "import", "replace"):
        require_known([Planned("aws_ecs_cluster.web_cluster", "aws_ecs_cluster", "web_cluster", action)], "s", BACKEND)  # type: ignore[arg-type]
    require_known([Planned("aws_ecs_service.web", "aws_ecs_service", "web", "create")], "s", BACKEND)
