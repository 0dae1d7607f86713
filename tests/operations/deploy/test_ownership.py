"""Whether the cluster with a stack's name belongs to it."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from cli.sentences import sentences
from operations.deploy import ownership
from operations.deploy.ownership import cluster_exists, require_state
from operations.plan.model import Plan
from operations.plan.read import plan_from_actions
from operations.state.backend import Backend
from operations.terraform.stream import Planned
from stacks.addresses import Owners
from stacks.errors import AwsError, TerraformError
from stacks.project.models import Project

SHOP = Project(project_id="shop", env="prod", region="eu-west-1")
NAME = "web-cluster-shop-prod"
BACKEND = Backend("s3", {"bucket": "states", "key": "shop/prod/terraform.tfstate"}, Path())


def make_cluster(account: boto3.Session, **tags: str) -> None:
    pairs = [{"key": key, "value": value} for key, value in tags.items()]
    account.client("ecs").create_cluster(clusterName=NAME, tags=pairs)  # type: ignore[arg-type]


def refusal(account: boto3.Session) -> str:
    with pytest.raises(AwsError) as caught:
        cluster_exists(SHOP, account)
    return sentences(caught.value)


def test_before_the_first_deploy_the_cluster_does_not_exist(account: boto3.Session) -> None:
    assert not cluster_exists(SHOP, account)


def test_a_cluster_with_the_tags_of_the_stack_exists(account: boto3.Session) -> None:
    make_cluster(account, Project="shop", Environment="prod", team="web")

    assert cluster_exists(SHOP, account)


def test_a_deleted_cluster_does_not_exist(account: boto3.Session) -> None:
    make_cluster(account, Project="shop", Environment="prod")
    account.client("ecs").delete_cluster(cluster=NAME)

    assert not cluster_exists(SHOP, account)


def test_the_cluster_of_another_stack_with_the_same_name_is_not_taken_over(account: boto3.Session) -> None:
    make_cluster(account, Project="shop-eu", Environment="west")

    assert refusal(account) == (
        "cluster web-cluster-shop-prod: the account has a cluster with this name that belongs to something else, and "
        "Terraform would take it over; got the cluster of project shop-eu, env west; choose another project_id or env, "
        "another account or another region"
    )


def test_a_cluster_that_was_created_by_hand_is_not_taken_over(account: boto3.Session) -> None:
    make_cluster(account)

    assert refusal(account) == (
        "cluster web-cluster-shop-prod: the account has a cluster with this name that belongs to something else, and "
        "Terraform would take it over; got a cluster without a stack's tags; choose another project_id or env, another "
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


def test_without_the_permission_to_describe_clusters_the_command_continues(
    account: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_to_describe(monkeypatch, "AccessDeniedException")

    assert not cluster_exists(SHOP, account)


def test_any_other_error_is_raised(account: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_to_describe(monkeypatch, "ServerException")

    assert refusal(account).startswith(
        "cluster web-cluster-shop-prod: AWS refused DescribeClusters; got ServerException"
    )


def cluster(action: str) -> Plan:
    planned = Planned("aws_ecs_cluster.web_cluster", "aws_ecs_cluster", "web_cluster", action)  # type: ignore[arg-type]
    return plan_from_actions("shop-prod", [planned], Owners())


@pytest.mark.parametrize(
    ("plan", "destroy", "effect", "adopt"),
    [
        (cluster("create"), False, "a deploy would create everything again", "deploy with --adopt"),
        (Plan("shop-prod", ()), True, "destroy would leave it there", "`ecsforge deploy --adopt`, then destroy"),
    ],
)
def test_a_plan_is_refused_if_an_existing_stack_is_not_in_the_state(
    plan: Plan, destroy: bool, effect: str, adopt: str
) -> None:
    with pytest.raises(TerraformError) as caught:
        require_state(plan, BACKEND, destroy=destroy)

    assert sentences(caught.value) == (
        f"shop-prod: the stack exists in the account but is not in this state, so {effect}; got the state "
        "s3://states/shop/prod/terraform.tfstate; restore the state that it was deployed with; if a first deploy was "
        f"interrupted on another machine, {adopt}"
    )


def test_after_a_search_for_the_stack_no_other_one_is_recommended() -> None:
    with pytest.raises(TerraformError) as caught:
        require_state(cluster("create"), BACKEND, searched=True)

    assert "--adopt" not in sentences(caught.value)
    assert sentences(caught.value).endswith("; restore the state that it was deployed with")


def test_a_plan_that_changes_or_imports_the_cluster_is_accepted() -> None:
    for action in ("update", "import", "replace"):
        require_state(cluster(action), BACKEND)
    require_state(Plan("shop-prod", ()), BACKEND)
    service = Planned("aws_ecs_service.web", "aws_ecs_service", "web", "create")
    require_state(plan_from_actions("shop-prod", [service], Owners()), BACKEND)
