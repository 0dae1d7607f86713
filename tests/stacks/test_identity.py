"""Permissions: every role and policy of every stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stacks.conftest import Synth
from tests.support.some import some
from tests.support.synthesized import Json, Stack

ACCOUNT = "${data.aws_caller_identity.current.account_id}"
PARTITION = "arn:${data.aws_partition.current.partition}"
WHOLE_REGISTRY = "ecr:GetAuthorizationToken"
# Actions without resource-level permissions, and why a role needs them.
ANY_RESOURCE = {
    WHOLE_REGISTRY: "a token is for the whole registry",
    "logs:DescribeLogGroups": "the agent of ECS Exec looks for its log group, and a list has no resource",
    "ssmmessages:CreateControlChannel": "a session's channel has no ARN until it exists",
    "ssmmessages:CreateDataChannel": "the same",
    "ssmmessages:OpenControlChannel": "the same",
    "ssmmessages:OpenDataChannel": "the same",
}


def statements(stack: Stack) -> Iterator[tuple[str, Json]]:
    """Every statement of every policy document, with the address of its resource."""
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


def allowed(stack: Stack, *, without: str) -> list[tuple[str, Json]]:
    """The statements that allow something, without those of resources whose address begins so."""
    return [each for each in statements(stack) if each[1]["Effect"] == "Allow" and not each[0].startswith(without)]


def test_roles_trust_one_service_and_only_for_this_account(any_stack: Stack) -> None:
    for _, statement in some(each for each in statements(any_stack) if each[0].startswith("aws_iam_role.")):
        conditions = statement["Condition"]
        assert statement["Action"] == "sts:AssumeRole"
        assert isinstance(statement["Principal"]["Service"], str)
        assert conditions["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
        assert ACCOUNT in conditions["ArnLike"]["aws:SourceArn"]


def test_only_key_policies_allow_actions_by_wildcard(any_stack: Stack) -> None:
    for address, statement in some(allowed(any_stack, without="aws_kms_key.")):
        assert "*" not in "".join(_listed(statement["Action"])), address


def test_the_resource_wildcard_is_only_used_without_resource_level_permissions(reviewed: list[Stack]) -> None:
    found = [each for stack in reviewed for each in of_roles(stack)]
    for address, statement in some(each for each in found if "*" in each[1]["Resource"]):
        assert set(statement["Action"]) <= set(ANY_RESOURCE), address


def test_statements_use_no_negated_elements(any_stack: Stack) -> None:
    for _, statement in some(statements(any_stack)):
        assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement)


def test_statements_allow_nothing_to_the_public(any_stack: Stack) -> None:
    for address, statement in some(allowed(any_stack, without="aws_iam_role")):
        assert statement["Principal"] not in ("*", {"AWS": "*"}), address


def test_every_role_has_the_boundary_of_the_project_file(everything: Stack, spec_stack: Synth) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"

    assert {role.get("permissions_boundary") for role in everything.all("aws_iam_role").values()} == {boundary}
    dev = spec_stack("everything.yaml", "dev").all("aws_iam_role").values()
    assert {role.get("permissions_boundary") for role in dev} == {None}


def test_every_service_has_its_own_execution_role_and_task_role(any_stack: Stack) -> None:
    for service in some(any_stack.names("aws_ecs_task_definition")):
        definition = any_stack[f"aws_ecs_task_definition.{service}"]
        assert definition["execution_role_arn"] == f"${{aws_iam_role.{service}_execution.arn}}"
        assert definition["task_role_arn"] == f"${{aws_iam_role.{service}_task.arn}}"


def test_an_execution_role_may_pull_its_image_read_its_secrets_and_files_and_write_its_log(everything: Stack) -> None:
    found = {sid: each["Resource"] for sid, each in everything.statements("aws_iam_role_policy.web_execution").items()}

    regional = f"eu-central-1:{ACCOUNT}"
    assert found == {
        "WriteLogs": ["${aws_cloudwatch_log_group.web.arn}:*"],
        "RegistryToken": ["*"],
        "PullImages": [f"{PARTITION}:ecr:eu-central-1:123456789012:repository/web"],
        "ReadParameters": [f"{PARTITION}:ssm:{regional}:parameter/everything/prod/db-url"],
        "ReadSecrets": [f"{PARTITION}:secretsmanager:{regional}:secret:everything/api-??????"],
        "ReadEnvironmentFiles": [f"{PARTITION}:s3:::everything-config/web.env"],
        "FindEnvironmentBuckets": [f"{PARTITION}:s3:::everything-config"],
        "DecryptSecrets": ["arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"],
    }


def test_without_a_private_image_and_secrets_an_execution_role_may_only_write_its_log(spec_stack: Synth) -> None:
    policy = spec_stack("article.yaml", "prod").policy("aws_iam_role_policy.web_execution")

    (statement,) = policy
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == ["${aws_cloudwatch_log_group.web.arn}:*"]


USES = {
    "web": ["Use1Key", "Use1List", "Use1Objects", "Use2Key", "Use2Publish", "Use3Key", "Use3Send"],
    "api": ["Use1Items", "Use1Key"],
    "cleanup": ["Use1Key", "Use1List", "Use1Objects"],
}
"""The statements for what services use; tests/stacks/test_use_access.py evaluates them."""


def test_a_task_role_has_only_the_permissions_of_the_project_file(everything: Stack) -> None:
    by_role = {
        role: sorted(each["Sid"] for address, each in of_roles(everything) if address.endswith(f".{role}_task"))
        for role in ("web", "api", "worker", "cleanup")
    }

    assert by_role == {
        "web": ["MountVolume1", *USES["web"]],
        "api": [
            *("ExecChannel", "ExecDecrypt", "ExecFindLogGroup", "ExecWriteLog"),
            *("MountVolume2", "MountVolume3", "Project1", *USES["api"]),
        ],
        "worker": ["ConsumeQueue", "DecryptQueue"],
        "cleanup": USES["cleanup"],
    }


def test_a_worker_may_consume_its_queue_but_not_send_to_it_or_purge_it(everything: Stack) -> None:
    consume = everything.statements("aws_iam_role_policy.worker_task")["ConsumeQueue"]

    assert consume["Resource"] == ["${aws_sqs_queue.worker_queue.arn}"]
    assert not {"sqs:SendMessage", "sqs:PurgeQueue"} & set(consume["Action"])


def test_the_scheduler_may_run_its_job_in_this_cluster_and_pass_its_roles_only_to_ecs(everything: Stack) -> None:
    schedule = everything.statements("aws_iam_role_policy.cleanup_schedule")

    assert schedule["RunJob"]["Condition"] == {"ArnEquals": {"ecs:cluster": "${aws_ecs_cluster.web_cluster.arn}"}}
    assert all(":task-definition/cleanup-everything-prod:" in arn for arn in schedule["RunJob"]["Resource"])
    assert schedule["PassRoles"]["Resource"] == [
        "${aws_iam_role.cleanup_execution.arn}",
        "${aws_iam_role.cleanup_task.arn}",
    ]
    assert schedule["PassRoles"]["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


@pytest.mark.parametrize("sid", ["Logs", "AlarmsAndSchedules"])
def test_aws_services_may_use_the_key_only_for_this_account(everything: Stack, sid: str) -> None:
    condition = everything.statements("aws_kms_key.main")[sid]["Condition"]

    assert ACCOUNT in json.dumps(condition)
