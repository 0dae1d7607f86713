"""Who may do what: every role and policy of every stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stacks.conftest import Synth
from tests.support.synthesized import Json, Stack

ACCOUNT = "${data.aws_caller_identity.current.account_id}"
PARTITION = "arn:${data.aws_partition.current.partition}"
WHOLE_REGISTRY = "ecr:GetAuthorizationToken"
# What AWS knows no resource for, and why a role of ours needs it all the same.
ANY_RESOURCE = {
    WHOLE_REGISTRY: "a token is for the whole registry",
    "logs:DescribeLogGroups": "the agent of ECS Exec looks for its log group, and a list has no resource",
    "ssmmessages:CreateControlChannel": "a session's channel has no ARN before it is there",
    "ssmmessages:CreateDataChannel": "the same",
    "ssmmessages:OpenControlChannel": "the same",
    "ssmmessages:OpenDataChannel": "the same",
}


def statements(stack: Stack) -> Iterator[tuple[str, Json]]:
    """Every statement of every policy document, with the address of the resource it stands in."""
    for address, arguments in stack.everything():
        for argument in ("policy", "assume_role_policy"):
            document = json.loads(arguments[argument]) if argument in arguments and address.startswith("aws_") else {}
            yield from (
                (address, statement) for statement in _listed(document.get("Statement", []) if document else [])
            )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def of_roles(stack: Stack) -> list[tuple[str, Json]]:
    """The statements of the roles' own policies."""
    return [(address, each) for address, each in statements(stack) if address.startswith("aws_iam_role_policy.")]


def test_roles_trust_one_service_acting_for_this_account_alone(any_stack: Stack) -> None:
    for address, statement in statements(any_stack):
        if not address.startswith("aws_iam_role."):
            continue
        conditions = statement["Condition"]
        assert statement["Action"] == "sts:AssumeRole"
        assert isinstance(statement["Principal"]["Service"], str)
        assert conditions["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
        assert ACCOUNT in conditions["ArnLike"]["aws:SourceArn"]


def test_no_statement_allows_actions_by_wildcard_but_in_the_policy_of_a_key(any_stack: Stack) -> None:
    for address, statement in statements(any_stack):
        if statement["Effect"] == "Allow" and not address.startswith("aws_kms_key."):
            assert "*" not in "".join(_listed(statement["Action"])), address


def test_every_resource_appears_only_where_aws_has_no_narrower_one(any_stack: Stack) -> None:
    for address, statement in of_roles(any_stack):
        if "*" in statement["Resource"]:
            assert set(statement["Action"]) <= set(ANY_RESOURCE), address


def test_nothing_is_said_of_what_is_not_an_action_or_a_resource(any_stack: Stack) -> None:
    for _, statement in statements(any_stack):
        assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement)


def test_the_public_is_allowed_nothing(any_stack: Stack) -> None:
    for address, statement in statements(any_stack):
        if statement["Effect"] == "Allow" and not address.startswith("aws_iam_role"):
            assert statement["Principal"] not in ("*", {"AWS": "*"}), address


def test_every_role_has_the_boundary_of_the_project_file(everything: Stack, spec_stack: Synth) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"

    assert {role.get("permissions_boundary") for role in everything.all("aws_iam_role").values()} == {boundary}
    dev = spec_stack("everything.yaml", "dev").all("aws_iam_role").values()
    assert {role.get("permissions_boundary") for role in dev} == {None}


def test_every_service_has_an_execution_role_and_a_task_role_of_its_own(any_stack: Stack) -> None:
    for service in any_stack.names("aws_ecs_task_definition"):
        definition = any_stack[f"aws_ecs_task_definition.{service}"]
        assert definition["execution_role_arn"] == f"${{aws_iam_role.{service}_execution.arn}}"
        assert definition["task_role_arn"] == f"${{aws_iam_role.{service}_task.arn}}"


def test_an_execution_role_reads_its_image_its_secrets_and_its_files_and_writes_its_log(everything: Stack) -> None:
    found = {sid: each["Resource"] for sid, each in everything.statements("aws_iam_role_policy.web_execution").items()}

    regional = f"eu-central-1:{ACCOUNT}"
    assert found == {
        "WriteLogs": ["${aws_cloudwatch_log_group.web.arn}:*"],
        "RegistryToken": ["*"],
        "PullImages": [f"{PARTITION}:ecr:eu-central-1:123456789012:repository/web"],
        "ReadParameters": [f"{PARTITION}:ssm:{regional}:parameter/everything/db-url"],
        "ReadSecrets": [f"{PARTITION}:secretsmanager:{regional}:secret:everything/api-??????"],
        "ReadEnvironmentFiles": [f"{PARTITION}:s3:::everything-config/web.env"],
        "FindEnvironmentBuckets": [f"{PARTITION}:s3:::everything-config"],
    }


def test_an_execution_role_of_a_public_image_without_secrets_writes_its_log_and_nothing_else(spec_stack: Synth) -> None:
    policy = spec_stack("article.yaml", "prod").policy("aws_iam_role_policy.web_execution")

    (statement,) = policy
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == ["${aws_cloudwatch_log_group.web.arn}:*"]


def test_a_task_role_may_do_what_the_project_file_asks_for_and_nothing_else(everything: Stack) -> None:
    by_role = {
        role: sorted(each["Sid"] for address, each in of_roles(everything) if address.endswith(f".{role}_task"))
        for role in ("web", "api", "worker", "cleanup")
    }

    assert by_role == {
        "web": ["MountVolume1"],
        "api": ["ExecChannel", "ExecDecrypt", "ExecFindLogGroup", "ExecWriteLog", "MountVolume1", "Project1"],
        "worker": ["ConsumeQueue", "DecryptQueue"],
        "cleanup": [],
    }


def test_a_worker_reads_its_queue_and_can_neither_send_nor_empty_it(everything: Stack) -> None:
    consume = everything.statements("aws_iam_role_policy.worker_task")["ConsumeQueue"]

    assert consume["Resource"] == ["${aws_sqs_queue.worker_queue.arn}"]
    assert not {"sqs:SendMessage", "sqs:PurgeQueue"} & set(consume["Action"])


def test_the_scheduler_runs_its_job_in_this_cluster_and_hands_its_roles_to_ecs_alone(everything: Stack) -> None:
    schedule = everything.statements("aws_iam_role_policy.cleanup_schedule")

    assert schedule["RunJob"]["Condition"] == {"ArnEquals": {"ecs:cluster": "${aws_ecs_cluster.web_cluster.arn}"}}
    assert all(":task-definition/cleanup-everything-prod:" in arn for arn in schedule["RunJob"]["Resource"])
    assert schedule["PassRoles"]["Resource"] == [
        "${aws_iam_role.cleanup_execution.arn}",
        "${aws_iam_role.cleanup_task.arn}",
    ]
    assert schedule["PassRoles"]["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


@pytest.mark.parametrize("sid", ["Logs", "AlarmsAndSchedules"])
def test_aws_services_use_the_key_for_this_account_alone(everything: Stack, sid: str) -> None:
    condition = everything.statements("aws_kms_key.main")[sid]["Condition"]

    assert ACCOUNT in json.dumps(condition)
