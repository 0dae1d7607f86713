"""The project's own key, and what it encrypts."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synth
from tests.support.synthesized import Stack

KEY = "${aws_kms_key.main.arn}"
# The argument with the key, for each resource type that can be encrypted with one.
ENCRYPTED = {
    "aws_cloudwatch_log_group": "kms_key_id",
    "aws_efs_file_system": "kms_key_id",
    "aws_scheduler_schedule": "kms_key_arn",
    "aws_sns_topic": "kms_master_key_id",
    "aws_sqs_queue": "kms_master_key_id",
}


@pytest.mark.parametrize("kind", ENCRYPTED)
def test_every_resource_that_supports_it_is_encrypted_with_it(everything: Stack, kind: str) -> None:
    made = everything.all(kind)

    assert made
    assert {arguments.get(ENCRYPTED[kind]) for arguments in made.values()} == {KEY}


def test_repositories_and_sessions_are_encrypted_with_it_too(everything: Stack) -> None:
    for repository in everything.all("aws_ecr_repository").values():
        assert repository["encryption_configuration"] == [{"encryption_type": "KMS", "kms_key": KEY}]
    cluster = everything["aws_ecs_cluster.web_cluster"]["configuration"]["execute_command_configuration"]
    assert cluster["kms_key_id"] == KEY


def test_the_bucket_for_access_logs_uses_sse_s3_because_elb_requires_it(everything: Stack) -> None:
    (rule,) = everything["aws_s3_bucket_server_side_encryption_configuration.access_logs"]["rule"]

    assert rule == {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}


def test_there_is_one_key_with_rotation_and_an_alias(everything: Stack) -> None:
    assert everything.names("aws_kms_key") == ["main"]
    key = everything["aws_kms_key.main"]
    assert (key["enable_key_rotation"], key["deletion_window_in_days"]) == (True, 30)
    assert everything["aws_kms_alias.main"] == {
        "name": "alias/everything-prod",
        "target_key_id": "${aws_kms_key.main.key_id}",
    }


def test_the_key_is_replaced_before_it_is_destroyed(stack: Synth) -> None:
    key = stack("encryption: customer")["aws_kms_key.main"]

    assert key["lifecycle"] == {"create_before_destroy": True}


def test_log_groups_of_this_account_and_region_may_use_it(everything: Stack) -> None:
    logs = everything.statements("aws_kms_key.main")["Logs"]

    assert logs["Principal"] == {"Service": "logs.eu-central-1.${data.aws_partition.current.dns_suffix}"}
    (pattern,) = logs["Condition"]["ArnLike"].values()
    assert pattern.endswith(":logs:eu-central-1:${data.aws_caller_identity.current.account_id}:log-group:*")


def test_without_a_customer_key_aws_managed_keys_are_used(stack: Synth) -> None:
    made = stack("encryption: aws")

    assert made.names("aws_kms_key") == []
    assert "kms_key_id" not in made["aws_cloudwatch_log_group.web"]
