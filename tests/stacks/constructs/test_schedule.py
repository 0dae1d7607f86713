"""A job: a task on a schedule, without an ECS service."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks.conftest import Synth
from tests.support.synthesized import Stack

ACCOUNT = "${data.aws_caller_identity.current.account_id}"
PARTITION = "${data.aws_partition.current.partition}"
FAMILY = f"arn:{PARTITION}:ecs:us-east-1:{ACCOUNT}:task-definition/nightly-shop-prod"


def job(small: Synth, more: str = "", file: str = "") -> Stack:
    spec = f"type: job, schedule: cron(0 3 * * ? *){', ' if more else ''}{more}"
    return small(f"services: {{nightly: {{{spec}}}}}\n{file}")


def target(small: Synth, more: str = "") -> Any:
    return job(small, more)["aws_scheduler_schedule.nightly"]["target"]


def test_a_job_has_no_ecs_service(small: Synth) -> None:
    made = job(small)

    assert made.names("aws_ecs_service") == made.names("aws_lb") == []
    assert made.content["output"]["service_names"]["value"] == {}
    paths = made.content["output"]["task_definition_paths"]["value"]
    assert paths == {"nightly": "task-definitions/prod/nightly.latest.json"}


@pytest.mark.parametrize("expression", ["cron(0 3 * * ? *)", "rate(1 hour)", "at(2030-01-01T00:00:00)"])
def test_it_has_the_schedule_of_the_project_file(small: Synth, expression: str) -> None:
    made = small(f"services: {{nightly: {{type: job, schedule: '{expression}', timezone: Europe/Berlin}}}}")

    schedule = made["aws_scheduler_schedule.nightly"]
    assert schedule["name"] == "shop-prod-nightly"
    assert schedule["schedule_expression"] == expression
    assert schedule["schedule_expression_timezone"] == "Europe/Berlin"
    assert schedule["flexible_time_window"] == {"mode": "OFF"}


def test_it_runs_one_task_in_the_cluster_and_the_private_subnets(small: Synth) -> None:
    made = target(small)

    assert made["arn"] == "${aws_ecs_cluster.web_cluster.arn}"
    ecs = made["ecs_parameters"]
    assert ecs["task_count"] == 1
    assert ecs["task_definition_arn"] == "${aws_ecs_task_definition.nightly.arn}"
    assert ecs["network_configuration"] == {
        "assign_public_ip": False,
        "security_groups": ["${aws_security_group.nightly_tasks.id}"],
        "subnets": ["subnet-0000000c", "subnet-0000000d"],
    }
    assert ecs["capacity_provider_strategy"] == [{"capacity_provider": "FARGATE", "base": 0, "weight": 1}]


def test_it_can_run_on_spot(small: Synth) -> None:
    strategy = target(small, "capacity: spot")["ecs_parameters"]["capacity_provider_strategy"]

    assert strategy == [{"capacity_provider": "FARGATE_SPOT", "base": 0, "weight": 1}]


def test_a_run_that_can_not_start_is_retried_and_then_kept(small: Synth) -> None:
    made = target(small, "retries: 5, timeout: 600")

    assert made["retry_policy"] == {"maximum_retry_attempts": 5, "maximum_event_age_in_seconds": 600}
    assert made["dead_letter_config"] == {"arn": "${aws_sqs_queue.nightly_dead_letters.arn}"}


def test_the_scheduler_may_only_run_this_job_in_this_cluster_and_pass_its_roles(small: Synth) -> None:
    made = job(small)

    assert made.policy("aws_iam_role_policy.nightly_schedule") == [
        {
            "Sid": "RunJob",
            "Effect": "Allow",
            "Action": ["ecs:RunTask"],
            "Resource": [f"{FAMILY}:*"],
            "Condition": {"ArnEquals": {"ecs:cluster": "${aws_ecs_cluster.web_cluster.arn}"}},
        },
        {
            "Sid": "TagTask",
            "Effect": "Allow",
            "Action": ["ecs:TagResource"],
            "Resource": [f"arn:{PARTITION}:ecs:us-east-1:{ACCOUNT}:task/web-cluster-shop-prod/*"],
            "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
        },
        {
            "Sid": "PassRoles",
            "Effect": "Allow",
            "Action": ["iam:PassRole"],
            "Resource": ["${aws_iam_role.nightly_execution.arn}", "${aws_iam_role.nightly_task.arn}"],
            "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        },
        {
            "Sid": "KeepFailures",
            "Effect": "Allow",
            "Action": ["sqs:SendMessage"],
            "Resource": ["${aws_sqs_queue.nightly_dead_letters.arn}"],
        },
    ]


def test_it_depends_on_the_requirements_of_its_first_run_because_a_rate_starts_at_once(stack: Synth) -> None:
    made = stack("services: {nightly: {type: job, schedule: rate(1 hour)}}")

    assert sorted(made["aws_scheduler_schedule.nightly"]["depends_on"]) == [
        "aws_ecs_cluster_capacity_providers.web_cluster",
        "aws_iam_role_policy.nightly_execution",
        "aws_iam_role_policy.nightly_schedule",
        "aws_route.private_0",
        "aws_route.private_1",
        "aws_route_table_association.private_0",
        "aws_route_table_association.private_1",
        "aws_vpc_endpoint.s3",
        "aws_vpc_security_group_egress_rule.nightly_tasks_open",
    ]


def test_only_the_scheduler_assumes_its_role(small: Synth) -> None:
    (trust,) = job(small).policy("aws_iam_role.nightly_schedule", "assume_role_policy")

    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    group = f"arn:{PARTITION}:scheduler:us-east-1:{ACCOUNT}:schedule-group/default"
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": group}


def test_an_external_image_owner_moves_the_schedule_to_its_revisions(small: Synth) -> None:
    """A schedule that an earlier version made names the family, and IAM checks that ARN."""
    made = job(small, "deployment: {image_owner: external}")

    schedule = made["aws_scheduler_schedule.nightly"]
    assert schedule["target"]["ecs_parameters"]["task_definition_arn"] == "${aws_ecs_task_definition.nightly.arn}"
    assert schedule["lifecycle"] == {"ignore_changes": ["target[0].ecs_parameters[0].task_definition_arn"]}
    assert "lifecycle" not in job(small)["aws_scheduler_schedule.nightly"]
    run = made.statements("aws_iam_role_policy.nightly_schedule")["RunJob"]
    assert run["Resource"] == [f"{FAMILY}:*", FAMILY]


def test_with_a_customer_key_failures_are_encrypted(small: Synth) -> None:
    made = job(small, file="encryption: customer")

    encrypt = made.statements("aws_iam_role_policy.nightly_schedule")["EncryptFailures"]
    assert encrypt["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert made["aws_scheduler_schedule.nightly"]["kms_key_arn"] == "${aws_kms_key.main.arn}"
