"""The policies of queues, topics, buckets, keys and file systems admit whom they are for, and nobody else."""

from __future__ import annotations

import pytest

from operations.iam import Principal
from operations.iam.request import ANONYMOUS
from operations.iam.request import service as principal_of
from tests.stacks.asked import ARN, QUEUES, System, system_of
from tests.stacks.conftest import Synth
from tests.support.access import ACCOUNT, OTHER_ACCOUNT


@pytest.fixture(params=["aws", "customer"])
def system(request: pytest.FixtureRequest, stack: Synth) -> System:
    """The system without and with a key of its own."""
    return system_of(stack, request.param)


def service(name: str) -> Principal:
    return principal_of(f"{name}.amazonaws.com")


def test_a_queue_accepts_nobody_but_the_roles_of_the_account(system: System) -> None:
    for queue in QUEUES:
        arn = system.access.arn(f"aws_sqs_queue.{queue}")
        for principal in (ANONYMOUS, service("sns"), Principal("AWS", f"arn:aws:iam::{OTHER_ACCOUNT}:role/x")):
            assert system.access.decide_for(principal, "sqs:SendMessage", arn, {}).outcome == "implicitly denied"
            insecure = {"aws:SecureTransport": "false"}
            assert system.access.decide_for(principal, "sqs:SendMessage", arn, insecure).outcome == "explicitly denied"


def test_the_topic_accepts_alarms_of_this_account_only(system: System) -> None:
    arn = system.access.arn("aws_sns_topic.alarms")

    def publishes(name: str, account: str, insecure: bool = False) -> bool:
        source = f"arn:aws:cloudwatch:eu-west-1:{account}:alarm:x"
        context = {"aws:SourceAccount": account, "aws:SourceArn": source}
        context |= {"aws:SecureTransport": "false"} if insecure else {}
        return system.access.decide_for(service(name), "sns:Publish", arn, context).allowed

    assert publishes("cloudwatch", ACCOUNT)
    assert not publishes("cloudwatch", OTHER_ACCOUNT)
    assert not publishes("cloudwatch", ACCOUNT, insecure=True)
    assert not publishes("events", ACCOUNT)


def test_the_bucket_accepts_access_logs_of_this_account_only(system: System) -> None:
    bucket = system.access.arn("aws_s3_bucket.access_logs")
    delivery = service("logdelivery.elasticloadbalancing")

    def puts(principal: Principal, key: str, action: str = "s3:PutObject", **context: str) -> str:
        keys = {name.replace("_", ":", 1): value for name, value in context.items()}
        return system.access.decide_for(principal, action, f"{bucket}/{key}", keys).outcome

    assert puts(delivery, f"AWSLogs/{ACCOUNT}/x.log.gz") == "allowed"
    assert puts(delivery, f"AWSLogs/{OTHER_ACCOUNT}/x.log.gz") == "implicitly denied"
    assert puts(delivery, "x.log.gz") == "implicitly denied"
    assert puts(delivery, f"AWSLogs/{ACCOUNT}/x.log.gz", "s3:GetObject") == "implicitly denied"
    assert puts(delivery, f"AWSLogs/{ACCOUNT}/x.log.gz", aws_SecureTransport="false") == "explicitly denied"
    assert puts(ANONYMOUS, f"AWSLogs/{ACCOUNT}/x.log.gz", "s3:GetObject") == "implicitly denied"


def test_the_key_serves_the_services_of_this_account_only(stack: Synth) -> None:
    access = system_of(stack, "customer").access
    key = access.arn("aws_kms_key.main")
    log_group = "kms:EncryptionContext:aws:logs:arn"

    def decrypts(principal: Principal, **context: str) -> bool:
        keys = {"source": "aws:SourceAccount", "group": log_group}
        return access.decide_for(principal, "kms:Decrypt", key, {keys[k]: v for k, v in context.items()}).allowed

    assert decrypts(service("logs.eu-west-1"), group=ARN("logs", "log-group:/ecs/web"))
    assert not decrypts(service("logs.eu-west-1"), group=f"arn:aws:logs:eu-west-1:{OTHER_ACCOUNT}:log-group:/ecs/web")
    assert not decrypts(service("logs.eu-west-1"))
    assert not decrypts(service("logs.us-east-1"), group=ARN("logs", "log-group:/ecs/web"))
    for name in ("cloudwatch", "scheduler"):
        assert decrypts(service(name), source=ACCOUNT)
        assert not decrypts(service(name), source=OTHER_ACCOUNT)
    assert not decrypts(service("s3"), source=ACCOUNT)
    assert not decrypts(ANONYMOUS)


def test_without_an_identity_policy_nobody_in_the_account_uses_the_key(stack: Synth) -> None:
    access = system_of(stack, "customer").access
    someone = Principal("AWS", f"arn:aws:iam::{ACCOUNT}:role/someone")

    assert not access.decide_for(someone, "kms:Decrypt", access.arn("aws_kms_key.main"), {}).allowed


def test_a_file_system_of_the_stack_grants_access_to_nobody_itself(system: System) -> None:
    arn = system.access.arn("aws_efs_file_system.web_data")
    mount = "elasticfilesystem:ClientMount"

    assert system.access.decide_for(ANONYMOUS, mount, arn, {}).outcome == "implicitly denied"
    insecure = {"aws:SecureTransport": "false"}
    assert system.access.decide_for(ANONYMOUS, mount, arn, insecure).outcome == "explicitly denied"
