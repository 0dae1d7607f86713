"""The generated roles allow what they are there for, and nothing else.

Every role is asked for every request in `Requests`, which include the resources of its neighbors, of another
environment and of another account. What the evaluator allows is compared with a table, in both directions.
"""

from __future__ import annotations

import pytest

from operations.iam import Principal
from operations.iam.request import ANONYMOUS, service
from tests.stacks.asked import CHANNELS, JOBS, SERVICES, System, system_of
from tests.stacks.conftest import Synth
from tests.support.access import ACCOUNT, OTHER_ACCOUNT, Access
from tests.support.some import some
from tests.support.synthesized import Stack


@pytest.fixture(params=["aws", "customer"])
def system(request: pytest.FixtureRequest, stack: Synth) -> System:
    """The system without and with a key of its own."""
    return system_of(stack, request.param)


@pytest.fixture
def encrypted(system: System) -> bool:
    return "aws_kms_key.main" in system.access.stack


def on(label: str, *actions: str) -> set[str]:
    return {f"{action} {label}" for action in actions}


def writes(group: str) -> set[str]:
    return on(f"log {group}", "logs:CreateLogStream", "logs:PutLogEvents")


def pulls(*labels: str) -> set[str]:
    actions = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")
    return {"ecr:GetAuthorizationToken registry"}.union(*(on(f"image {label}", *actions) for label in labels))


def mounts(label: str, *actions: str) -> set[str]:
    return on(f"volume {label}", *(f"elasticfilesystem:Client{action}" for action in actions))


EXECUTION = {
    "plain": writes("plain"),
    "web": writes("web")
    | pulls("team/web")
    | {f"ssm:GetParameters parameter {name}" for name in ("shop/a", "c", "shop/token")}
    | {f"secretsmanager:GetSecretValue secret {name}-AbCdEf" for name in ("shop/b", "shop/d", "shop/e")}
    | {f"s3:GetObject object {key}" for key in ("shop-config/web.env", "shop-config/more.env", "shop-startup/x")}
    | {"s3:GetBucketLocation bucket shop-config"},
    "external": writes("external") | pulls("external"),
    "mailer": writes("mailer"),
    "printer": writes("printer"),
    "nightly": writes("nightly"),
    "hourly": writes("hourly"),
}


@pytest.mark.parametrize("service", SERVICES)
def test_an_execution_role_starts_its_tasks_and_nothing_else(system: System, service: str) -> None:
    assert system.allowed(f"{service}_execution") == EXECUTION[service]


def consumes(queue: str) -> set[str]:
    reading = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueUrl", "GetQueueAttributes")
    return on(f"queue {queue}", *(f"sqs:{each}" for each in reading))


TASK: dict[str, set[str]] = {
    "plain": set(),
    "web": {f"ssmmessages:{channel} *" for channel in CHANNELS}
    | {"logs:DescribeLogGroups all logs"}
    | on("log exec", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams")
    | mounts("web_data by web_data", "Mount", "Write")
    | mounts("shared by shared", "Mount")
    | mounts("shared without TLS", "Mount")
    | mounts("whole without access point", "Mount", "Write")
    | mounts("whole without TLS", "Mount", "Write")
    | {
        name
        for point in ("web_data", "external_data", "shared")
        for name in mounts(f"whole by {point}", "Mount", "Write")
    }
    | on("object shop-uploads/x", "s3:GetObject", "s3:PutObject")
    | on("object shop-uploads/archive/x", "s3:GetObject"),
    "external": mounts("external_data by external_data", "Mount", "Write"),
    "mailer": consumes("mailer_queue"),
    "printer": consumes("printer_queue"),
    "nightly": set(),
    "hourly": set(),
}
"""What containers may do. The policies of existing file systems, which refuse other clients, are not the stack's."""
VIA = ("", " via sqs", " via s3", " via secretsmanager")
TASK_WITH_KEY = {
    # The agent of ECS Exec calls KMS itself (ECS Developer Guide, "Logging using ECS Exec").
    "web": {f"kms:Decrypt key main{via}" for via in VIA},
    # SQS calls KMS for the consumer.
    "mailer": {"kms:Decrypt key main via sqs"},
    "printer": {"kms:Decrypt key main via sqs"},
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_task_role_allows_what_the_service_declares_and_nothing_else(
    system: System, encrypted: bool, service: str
) -> None:
    with_key = TASK_WITH_KEY.get(service, set()) if encrypted else set()

    assert system.allowed(f"{service}_task") == TASK[service] | with_key


@pytest.mark.parametrize("job", JOBS)
def test_the_role_of_a_schedule_runs_its_job_and_nothing_else(system: System, encrypted: bool, job: str) -> None:
    with_key = {f"kms:{action} key main{via}" for action in ("Decrypt", "GenerateDataKey") for via in VIA}

    assert system.allowed(f"{job}_schedule") == {
        f"ecs:RunTask task {job}",
        "ecs:TagResource task on RunTask",
        f"iam:PassRole role {job}_execution to ecs-tasks",
        f"iam:PassRole role {job}_task to ecs-tasks",
        f"sqs:SendMessage queue {job}_dead_letters",
        *(with_key if encrypted else ()),
    }


def test_every_role_is_in_these_tables(system: System) -> None:
    roles = {f"{service}_{use}" for service in SERVICES for use in ("execution", "task")}

    assert set(system.access.stack.names("aws_iam_role")) == roles | {f"{job}_schedule" for job in JOBS}


def test_the_role_of_the_flow_logs_writes_to_their_log_group_and_nothing_else(spec_stack: Synth) -> None:
    access = Access(spec_stack("two-web.yaml", "prod"))
    actions = [f"logs:{each}" for each in ("CreateLogStream", "PutLogEvents", "DescribeLogStreams", "GetLogEvents")]
    groups = access.stack.names("aws_cloudwatch_log_group")
    allowed = [
        f"{action} {group}"
        for group in groups
        for action in actions
        if access.decide("flow_logs", action, f"{access.arn(f'aws_cloudwatch_log_group.{group}')}:log-stream:x").allowed
    ]

    assert len(groups) > 1
    assert allowed == [f"{action} flow_logs" for action in actions[:3]]


TRUSTED = {
    "execution": ("ecs-tasks", "ecs", "task/web-cluster-shop-prod/abc"),
    "task": ("ecs-tasks", "ecs", "task/web-cluster-shop-prod/abc"),
    "schedule": ("scheduler", "scheduler", "schedule-group/default"),
    "flow_logs": ("vpc-flow-logs", "ec2", "vpc-flow-log/fl-1"),
}
"""The service that assumes a role by its use, and the ARN that it sends."""


def test_only_its_service_assumes_a_role_and_only_for_this_account(reviewed: list[Stack]) -> None:
    for access in map(Access, some(reviewed)):
        for role in some(access.stack.names("aws_iam_role")):
            use = role if role == "flow_logs" else role.rpartition("_")[2]
            trusted, prefix, resource = TRUSTED[use]
            arn = f"arn:aws:{prefix}:{access.region}:{{}}:{resource}".format
            own, other = {"aws_SourceAccount": ACCOUNT, "aws_SourceArn": arn(ACCOUNT)}, arn(OTHER_ACCOUNT)

            assert access.assumes(role, service(f"{trusted}.amazonaws.com"), **own)
            assert not access.assumes(role, service(f"{trusted}.amazonaws.com"))
            assert not access.assumes(
                role, service(f"{trusted}.amazonaws.com"), aws_SourceAccount=OTHER_ACCOUNT, aws_SourceArn=other
            )
            assert not access.assumes(role, service(f"{trusted}.amazonaws.com"), **{**own, "aws_SourceArn": other})
            assert not access.assumes(
                role, service(f"{trusted}.amazonaws.com"), **{**own, "aws_SourceAccount": OTHER_ACCOUNT}
            )
            assert not access.assumes(role, service("ec2.amazonaws.com"), **own)
            assert not access.assumes(role, Principal("AWS", f"arn:aws:iam::{ACCOUNT}:user/bob"), **own)
            assert not access.assumes(role, ANONYMOUS, **own)


NEVER = (
    *("iam:CreateUser", "iam:PutRolePolicy", "sts:AssumeRole", "kms:ScheduleKeyDeletion", "kms:CreateGrant"),
    *("s3:DeleteBucket", "s3:PutBucketPolicy", "secretsmanager:PutSecretValue", "ssm:PutParameter", "ecr:PutImage"),
    *("ecs:UpdateService", "ecs:RegisterTaskDefinition", "ec2:RunInstances", "logs:DeleteLogGroup", "sqs:DeleteQueue"),
    *("elasticfilesystem:DeleteFileSystem", "elasticfilesystem:ClientRootAccess", "sns:Publish"),
)


def test_no_role_of_the_specs_administers_anything(reviewed: list[Stack]) -> None:
    for access in map(Access, some(reviewed)):
        own = [access.arn(each) for each in access.stack.addresses if each.partition(".")[0] in IDENTIFIED]
        topics = {access.arn(f"aws_sns_topic.{name}") for name in access.stack.names("aws_sns_topic")}
        used = topics - {arn for arn in topics if arn.endswith("-alarms")}
        for role in some(access.stack.names("aws_iam_role")):
            allowed = [(do, on) for do in NEVER for on in ("*", *own) if access.decide(role, do, on).allowed]
            # Services may publish to the topics of `resources` that they use.
            assert [each for each in allowed if each[0] != "sns:Publish" or each[1] not in used] == [], role


IDENTIFIED = (
    *("aws_cloudwatch_log_group", "aws_ecr_repository", "aws_ecs_cluster", "aws_efs_file_system", "aws_iam_role"),
    *("aws_kms_key", "aws_s3_bucket", "aws_sns_topic", "aws_sqs_queue"),
)


def test_in_the_specs_each_service_writes_its_own_logs_and_consumes_its_own_queue(reviewed: list[Stack]) -> None:
    for access in map(Access, some(reviewed)):
        roles = access.stack.names("aws_iam_role")
        for role in [each for each in roles if each.endswith("_execution")]:
            groups = access.stack.names("aws_cloudwatch_log_group")
            arns = {group: f"{access.arn(f'aws_cloudwatch_log_group.{group}')}:log-stream:x" for group in groups}
            written = [group for group, arn in arns.items() if access.decide(role, "logs:PutLogEvents", arn).allowed]
            assert written == [role.removesuffix("_execution")]
        for role in roles:
            queues = access.stack.names("aws_sqs_queue")
            arns = {queue: access.arn(f"aws_sqs_queue.{queue}") for queue in queues}
            read = [queue for queue, arn in arns.items() if access.decide(role, "sqs:ReceiveMessage", arn).allowed]
            own = f"{role.removesuffix('_task')}_queue"
            assert read == [queue for queue in queues if role.endswith("_task") and queue == own]
