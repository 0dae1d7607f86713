"""What a failed or interrupted apply left. tests/e2e shows that the next deploy completes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from operations.deploy.orphans import Unfinished, find_unfinished, orphans
from operations.state.document import StateDocument
from stacks.output import SynthesizedStack
from tests.support.fake_terraform import FakeTerraform
from tests.support.reporter import Recorder
from tests.support.stacks import synthesized

TAGS = {"Project": "shop", "Environment": "dev", "ManagedBy": "ecsforge"}
LB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/alb-shop-dev/50dc"
CONTENT: dict[str, Any] = {
    "provider": {"aws": [{"default_tags": [{"tags": {**TAGS, "team": "web"}}]}]},
    "resource": {
        "aws_lb": {"main": {"name": "alb-shop-dev", "tags": {"Name": "alb-shop-dev"}}},
        "aws_vpc": {"main": {"tags": {"Name": "shop-dev"}}},
        "aws_lb_target_group": {"web": {"lifecycle": {"create_before_destroy": True}}},
        "aws_iam_role": {"web_task": {"name": "shop-dev-web-task", "tags": {"Name": "shop-dev-web-task"}}},
        "aws_route": {"internet": {}},
    },
}


def stack(**resources: Any) -> SynthesizedStack:
    content = {**CONTENT, "resource": {**CONTENT["resource"], **resources}}
    return synthesized("shop-dev", "dev", Path(), content)


def made(address: str, status: str | None = None) -> dict[str, Any]:
    kind, _, name = address.partition(".")
    return {"mode": "managed", "type": kind, "name": name, "instances": [{"status": status} if status else {}]}


def state(*resources: dict[str, Any]) -> StateDocument:
    return StateDocument({"version": 4, "resources": list(resources)})


class Session:
    """A boto3 session whose clients return scripted responses, validated against AWS's API models."""

    def __init__(self, tagged: list[dict[str, Any]], role_tags: dict[str, str] | None) -> None:
        self._tagging = boto3.client("resourcegroupstaggingapi", region_name="eu-west-1")
        stub = Stubber(self._tagging)
        stub.add_response(
            "get_resources",
            {"ResourceTagMappingList": tagged},
            {"TagFilters": [{"Key": key, "Values": [value]} for key, value in TAGS.items()]},
        )
        stub.activate()
        self._iam = boto3.client("iam", region_name="eu-west-1")
        stub = Stubber(self._iam)
        if role_tags is None:
            stub.add_client_error("get_role", "NoSuchEntity")
        else:
            role = {
                "Path": "/",
                "RoleName": "shop-dev-web-task",
                "RoleId": "A" * 16,
                "Arn": "arn:aws:iam::1:role/x" * 2,
                "CreateDate": "2026-01-01",
                "Tags": [{"Key": k, "Value": v} for k, v in role_tags.items()],
            }
            stub.add_response("get_role", {"Role": role}, {"RoleName": "shop-dev-web-task"})
        stub.activate()

    def client(self, service: str) -> Any:
        return self._iam if service == "iam" else self._tagging


def found(arn: str, name: str) -> dict[str, Any]:
    return {"ResourceARN": arn, "Tags": [{"Key": "Name", "Value": name}]}


@pytest.mark.parametrize(
    ("ending", "kept"),
    [
        ("failed", ("aws_lb_target_group.web", "aws_sqs_queue.jobs")),
        ("interrupted", ("aws_vpc.main", "aws_lb_target_group.web", "aws_sqs_queue.jobs")),
    ],
)
def test_incomplete_resources_are_kept_when_they_can_not_be_replaced_or_nothing_failed(
    ending: Any, kept: tuple[str, ...]
) -> None:
    tainted = ("aws_vpc.main", "aws_lb_target_group.web", "aws_sqs_queue.jobs", "aws_eip.gone")
    shop = stack(aws_sqs_queue={"jobs": {"lifecycle": {"prevent_destroy": True}}})
    current = state(made("aws_lb.main"), *(made(name, "tainted") for name in tainted))

    left = find_unfinished(shop, ending, lambda: current, Session([], None), Recorder())  # type: ignore[arg-type]

    assert (left.ending, left.incomplete) == (ending, kept)


def test_incomplete_resources_are_untainted(tmp_path: Path) -> None:
    terraform, reporter = FakeTerraform(tmp_path), Recorder()

    Unfinished("failed", incomplete=("aws_vpc.main",)).keep_incomplete(terraform, reporter)  # type: ignore[arg-type]

    assert terraform.untainted == ["aws_vpc.main"]
    assert reporter.messages == ["Keeping aws_vpc.main, which the last deploy did not complete"]


def test_after_an_apply_that_succeeded_neither_the_state_nor_aws_is_read() -> None:
    def never() -> StateDocument:
        raise AssertionError

    assert find_unfinished(stack(), None, never, None, Recorder()) == Unfinished()  # type: ignore[arg-type]


def test_adopting_finds_orphans_after_an_apply_that_succeeded() -> None:
    reporter = Recorder()

    left = find_unfinished(
        stack(),
        None,
        lambda: state(made("aws_vpc.main")),
        Session([found(LB, "alb-shop-dev")], TAGS),  # type: ignore[arg-type]
        reporter,
        adopt=True,
    )

    assert left.found
    assert left.orphans == {"aws_iam_role.web_task": "shop-dev-web-task", "aws_lb.main": LB}
    assert reporter.details[1] == f"An interrupted deploy left aws_lb.main, {LB}"


def test_a_missing_permission_to_find_orphans_is_a_warning() -> None:
    class Denied:
        def client(self, service: str) -> Any:
            client = boto3.client("resourcegroupstaggingapi", region_name="eu-west-1")
            stub = Stubber(client)
            stub.add_client_error("get_resources", "AccessDeniedException", "no")
            stub.activate()
            return client

    reporter = Recorder()

    left = find_unfinished(stack(), "failed", lambda: state(), Denied(), reporter)  # type: ignore[arg-type]

    assert left == Unfinished("failed")
    assert reporter.warnings == [
        "finding what an interrupted deploy left: AWS refused GetResources; got AccessDeniedException: no; allow this "
        "for the user or role that deploys, then run the same command again; completed changes are kept"
    ]


def test_resources_with_the_stacks_tags_in_the_configuration_but_not_in_the_state_are_orphans() -> None:
    vpc = "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"
    session = Session([found(LB, "alb-shop-dev"), found(vpc, "shop-dev"), found(LB, "another")], TAGS)

    assert orphans(stack(), state(made("aws_vpc.main")), session) == {  # type: ignore[arg-type]
        "aws_iam_role.web_task": "shop-dev-web-task",
        "aws_lb.main": LB,
    }


def test_a_database_is_imported_as_what_it_is() -> None:
    """An instance of a cluster has the ARN of a database instance."""
    rds = boto3.client("rds", region_name="eu-west-1")
    stub = Stubber(rds)
    described = {"DBInstances": [{"DBInstanceStatus": "available", "DBClusterIdentifier": "shop-dev-db"}]}
    stub.add_response("describe_db_instances", described, {"DBInstanceIdentifier": "shop-dev-db"})
    stub.activate()

    class WithDatabases(Session):
        def client(self, service: str) -> Any:
            return rds if service == "rds" else super().client(service)

    tags = {"tags": {"Name": "shop-dev-db"}}
    session = WithDatabases([found("arn:aws:rds:eu-west-1:123456789012:db:shop-dev-db", "shop-dev-db")], None)
    shop = stack(aws_rds_cluster_instance={"db": {"identifier": "shop-dev-db", **tags}})

    assert orphans(shop, state(made("aws_lb.main")), session) == {  # type: ignore[arg-type]
        "aws_rds_cluster_instance.db": "shop-dev-db"
    }


@pytest.mark.parametrize("tags", [None, {"Project": "other", "Environment": "dev"}])
def test_a_role_with_our_name_and_other_tags_is_not_ours(tags: dict[str, str] | None) -> None:
    assert orphans(stack(), state(), Session([], tags)) == {}  # type: ignore[arg-type]


def test_when_everything_is_in_the_state_aws_is_not_called() -> None:
    current = state(made("aws_lb.main"), made("aws_vpc.main"), made("aws_iam_role.web_task"))

    assert orphans(stack(), current, None) == {}  # type: ignore[arg-type]
