"""What an apply that did not end in order has left. That the next deploy completes is shown under tests/deploy."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from operations.deploy.orphans import (
    Orphan,
    close_half_made_groups,
    importing,
    keep_half_made,
    last_ending,
    marked,
    orphans,
    tainted,
)
from stacks.errors import TerraformError

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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".terraform").mkdir()
    (tmp_path / "cdk.tf.json").write_text(json.dumps(CONTENT))
    return tmp_path


def made(address: str, status: str | None = None) -> dict[str, Any]:
    kind, _, name = address.partition(".")
    return {"mode": "managed", "type": kind, "name": name, "instances": [{"status": status} if status else {}]}


class Session:
    """A boto3 session whose clients answer from a script, held against AWS's API models."""

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


def test_an_apply_that_ends_well_leaves_no_mark(folder: Path) -> None:
    with marked(folder):
        assert last_ending(folder) == "interrupted"

    assert last_ending(folder) is None


def test_the_mark_is_nothing_that_a_synth_of_other_stacks_takes_away(folder: Path) -> None:
    from stacks.publish import CACHED, UNRECORDED

    with suppress(KeyboardInterrupt), marked(folder):
        raise KeyboardInterrupt
    for path in folder.iterdir():
        if any(path.match(pattern) for pattern in (*UNRECORDED, *CACHED)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    assert last_ending(folder) == "interrupted"


@pytest.mark.parametrize(("error", "ending"), [(TerraformError("no"), "failed"), (KeyboardInterrupt(), "interrupted")])
def test_one_that_does_not_leaves_how_it_ended(folder: Path, error: BaseException, ending: str) -> None:
    with pytest.raises(type(error)), marked(folder):
        raise error

    assert last_ending(folder) == ending


def test_tainted_resources_that_are_still_asked_for_are_found_with_their_lifecycle() -> None:
    state = {
        "resources": [
            made("aws_lb.main"),
            made("aws_vpc.main", "tainted"),
            made("aws_eip.gone", "tainted"),
            made("aws_lb_target_group.web", "tainted"),
        ]
    }

    assert list(tainted(state, CONTENT)) == [
        ("aws_vpc.main", {}),
        ("aws_lb_target_group.web", {"create_before_destroy": True}),
    ]


@pytest.mark.parametrize(
    ("ended", "kept"),
    [
        ("failed", ["aws_lb_target_group.web", "aws_sqs_queue.jobs"]),
        ("interrupted", ["aws_vpc.main", "aws_lb_target_group.web", "aws_sqs_queue.jobs"]),
    ],
)
def test_after_a_failure_what_can_not_be_replaced_is_kept_and_completed(
    folder: Path, ended: str, kept: list[str]
) -> None:
    resources = {**CONTENT["resource"], "aws_sqs_queue": {"jobs": {"lifecycle": {"prevent_destroy": True}}}}
    (folder / "cdk.tf.json").write_text(json.dumps({**CONTENT, "resource": resources}))
    (folder / ".ecsforge-apply.json").write_text(json.dumps({"ended": ended}))
    names = ("aws_vpc.main", "aws_lb_target_group.web", "aws_sqs_queue.jobs")
    untainted: list[str] = []
    terraform = SimpleNamespace(folder=folder, untaint=untainted.append)

    state = {"resources": [made(name, "tainted") for name in names]}
    keep_half_made(terraform, lambda: state, lambda text: None)  # type: ignore[arg-type]

    assert untainted == kept


def test_what_bears_the_stacks_tags_and_is_asked_for_but_not_in_the_state_is_an_orphan(folder: Path) -> None:
    vpc = "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"
    session = Session([found(LB, "alb-shop-dev"), found(vpc, "shop-dev"), found(LB, "another")], TAGS)

    assert orphans(folder, {"resources": [made("aws_vpc.main")]}, session) == (  # type: ignore[arg-type]
        Orphan("aws_iam_role.web_task", "shop-dev-web-task"),
        Orphan("aws_lb.main", LB),
    )


def rule(id_: str, *, is_egress: bool = True, protocol: str = "-1", **more: str) -> dict[str, Any]:
    return {"GroupId": "sg-1", "SecurityGroupRuleId": id_, "IsEgress": is_egress, "IpProtocol": protocol, **more}


def test_what_a_new_security_group_lets_out_is_taken_from_those_that_are_kept(folder: Path) -> None:
    """AWS gives the rule to every group; Terraform takes it away last, and only from a group it makes."""
    groups = {"web_tasks": {"tags": {"Name": "web-shop-dev"}}, "lb": {"tags": {"Name": "alb-shop-dev"}}}
    (folder / "cdk.tf.json").write_text(json.dumps({**CONTENT, "resource": {"aws_security_group": groups}}))
    ec2 = boto3.client("ec2", region_name="eu-west-1")
    stub = Stubber(ec2)
    stub.add_response(
        "describe_security_groups",
        {
            "SecurityGroups": [
                {"GroupId": "sg-1", "GroupName": "web-shop-dev"},
                {"GroupId": "sg-2", "GroupName": "alb-shop-dev"},
                {"GroupId": "sg-3", "GroupName": "made-by-hand"},
            ]
        },
        {"Filters": [{"Name": f"tag:{key}", "Values": [TAGS[key]]} for key in ("Project", "Environment", "ManagedBy")]},
    )
    rules = [
        rule("sgr-1", CidrIpv4="0.0.0.0/0"),
        rule("sgr-2", CidrIpv6="::/0"),
        rule("sgr-3", CidrIpv4="0.0.0.0/0", Description="Everything: egress is open"),
        rule("sgr-4", CidrIpv4="10.0.0.0/8"),
        rule("sgr-5", CidrIpv4="0.0.0.0/0", is_egress=False),
        rule("sgr-6", CidrIpv4="0.0.0.0/0", protocol="tcp"),
    ]
    ask = "describe_security_group_rules"
    stub.add_response(ask, {"SecurityGroupRules": rules}, {"Filters": [{"Name": "group-id", "Values": ["sg-1"]}]})
    stub.add_response(
        "revoke_security_group_egress", {}, {"GroupId": "sg-1", "SecurityGroupRuleIds": ["sgr-1", "sgr-2"]}
    )
    stub.add_response(ask, {"SecurityGroupRules": []}, {"Filters": [{"Name": "group-id", "Values": ["sg-2"]}]})
    stub.activate()
    session: Any = SimpleNamespace(client=lambda service: ec2)

    assert close_half_made_groups(folder, session) == ("web-shop-dev",)
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("tags", [None, {"Project": "other", "Environment": "dev"}])
def test_a_role_of_our_name_with_other_tags_is_not_ours(folder: Path, tags: dict[str, str] | None) -> None:
    assert orphans(folder, {}, Session([], tags)) == ()  # type: ignore[arg-type]


def test_where_all_is_in_the_state_aws_is_not_asked(folder: Path) -> None:
    state = {"resources": [made("aws_lb.main"), made("aws_vpc.main"), made("aws_iam_role.web_task")]}

    assert orphans(folder, state, None) == ()  # type: ignore[arg-type]


def test_plans_import_what_was_found_and_the_configuration_is_left_as_it_was(folder: Path) -> None:
    before = sorted(folder.iterdir())
    with importing(folder, [Orphan("aws_lb.main", LB)]):
        blocks = json.loads((folder / "ecsforge-imports.tf.json").read_text())

    assert blocks == {"import": [{"to": "aws_lb.main", "id": LB}]}
    assert sorted(folder.iterdir()) == before


def test_imports_that_a_killed_plan_left_are_removed(folder: Path) -> None:
    (folder / "ecsforge-imports.tf.json").write_text("{}")
    with importing(folder, []):
        assert not (folder / "ecsforge-imports.tf.json").exists()
