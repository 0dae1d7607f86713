"""How data is kept: encrypted, closed, and over TLS; and that no secret is written anywhere."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synth
from tests.support.synthesized import Json, Stack

KEY = "${aws_kms_key.main.arn}"
AUDIT_LOGS = ("exec", "waf")
# Data sources that read nothing but names; one that reads a secret would put its value into the state.
HARMLESS_DATA = {"aws_availability_zones", "aws_caller_identity", "aws_partition", "aws_route53_zone"}


def refuses_plain_http(statement: Json) -> bool:
    return bool(
        statement["Effect"] == "Deny"
        and statement["Principal"] == {"AWS": "*"}
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    )


# Buckets


def test_the_bucket_of_access_logs_is_closed_to_the_public(any_stack: Stack) -> None:
    block = any_stack["aws_s3_bucket_public_access_block.access_logs"]

    assert block == {
        "bucket": "${aws_s3_bucket.access_logs.id}",
        "block_public_acls": True,
        "block_public_policy": True,
        "ignore_public_acls": True,
        "restrict_public_buckets": True,
    }
    ownership = any_stack["aws_s3_bucket_ownership_controls.access_logs"]["rule"]
    assert ownership == {"object_ownership": "BucketOwnerEnforced"}


def test_the_bucket_takes_logs_from_the_load_balancers_of_this_account_and_nothing_without_tls(
    any_stack: Stack,
) -> None:
    deliver, tls = any_stack.policy("aws_s3_bucket_policy.access_logs")

    assert deliver["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert deliver["Action"] == "s3:PutObject"
    assert deliver["Resource"] == (
        "${aws_s3_bucket.access_logs.arn}/AWSLogs/${data.aws_caller_identity.current.account_id}/*"
    )
    assert refuses_plain_http(tls)
    assert tls["Action"] == "s3:*"
    assert tls["Resource"] == ["${aws_s3_bucket.access_logs.arn}", "${aws_s3_bucket.access_logs.arn}/*"]


def test_the_bucket_is_encrypted_versioned_and_forgets(any_stack: Stack) -> None:
    encryption = any_stack["aws_s3_bucket_server_side_encryption_configuration.access_logs"]["rule"]
    (rule,) = any_stack["aws_s3_bucket_lifecycle_configuration.access_logs"]["rule"]

    assert encryption == [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]
    versioning = any_stack["aws_s3_bucket_versioning.access_logs"]["versioning_configuration"]
    assert versioning == {"status": "Enabled"}
    assert rule["expiration"] == [{"days": 90}]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 1}]


# Queues, topics, file systems, repositories, logs


def test_every_queue_is_encrypted_and_refuses_plain_http(any_stack: Stack) -> None:
    for name, queue in any_stack.all("aws_sqs_queue").items():
        assert queue.get("sqs_managed_sse_enabled") is True or queue["kms_master_key_id"] == KEY
        (statement,) = any_stack.policy(f"aws_sqs_queue_policy.{name}")
        assert refuses_plain_http(statement)


def test_every_topic_is_encrypted_takes_alarms_of_this_account_and_refuses_plain_http(any_stack: Stack) -> None:
    for name, topic in any_stack.all("aws_sns_topic").items():
        assert topic["kms_master_key_id"] in (KEY, "${aws_kms_key.alarms.arn}")
        publish, tls = any_stack.policy(f"aws_sns_topic_policy.{name}")
        assert publish["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert publish["Condition"]["StringEquals"] == {
            "aws:SourceAccount": "${data.aws_caller_identity.current.account_id}"
        }
        assert refuses_plain_http(tls)


def test_every_file_system_is_encrypted_at_rest_and_in_transit_and_mounted_by_permission(any_stack: Stack) -> None:
    for name, file_system in any_stack.all("aws_efs_file_system").items():
        assert file_system["encrypted"] is True
        (statement,) = any_stack.policy(f"aws_efs_file_system_policy.{name}")
        assert refuses_plain_http(statement)
    for task in any_stack.all("aws_ecs_task_definition").values():
        for volume in task.get("volume", []):
            efs = volume.get("efs_volume_configuration")
            if efs:
                assert efs["transit_encryption"] == "ENABLED"
                assert efs["authorization_config"]["iam"] == "ENABLED"


def test_volumes_of_the_task_definition_for_ci_are_as_those_of_terraform(everything: Stack) -> None:
    (shared,) = everything.definition("api")["volumes"]

    assert shared["efsVolumeConfiguration"] == {
        "fileSystemId": "fs-0123456789abcdef0",
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": "fsap-0123456789abcdef0", "iam": "ENABLED"},
    }


def test_a_file_system_answers_the_tasks_of_its_service_alone(everything: Stack) -> None:
    assert everything.rules("ingress", "web_data_efs") == {
        "web_data_efs_nfs": ("${aws_security_group.web_tasks.id}", 2049)
    }


def test_every_repository_is_immutable_and_scans_what_is_pushed(any_stack: Stack) -> None:
    for repository in any_stack.all("aws_ecr_repository").values():
        assert repository["image_tag_mutability"] == "IMMUTABLE"
        assert repository["image_scanning_configuration"] == {"scan_on_push": True}


def test_every_log_group_forgets_and_those_for_audits_not_before_a_year(any_stack: Stack) -> None:
    for name, group in any_stack.all("aws_cloudwatch_log_group").items():
        assert group["retention_in_days"] >= (365 if name in AUDIT_LOGS else 1)


def test_the_vpc_records_all_its_traffic_unless_told_not_to(any_stack: Stack, spec_stack: Synth) -> None:
    assert all(log["traffic_type"] == "ALL" for log in any_stack.all("aws_flow_log").values())
    assert "aws_flow_log.main" in spec_stack("article.yaml", "prod")


# Keys


def test_keys_rotate_and_can_be_saved_for_thirty_days(any_stack: Stack) -> None:
    for key in any_stack.all("aws_kms_key").values():
        assert key["enable_key_rotation"] is True
        assert key["deletion_window_in_days"] == 30


def test_a_customer_key_encrypts_all_that_can_be_encrypted_with_it(everything: Stack) -> None:
    by_argument = {
        "aws_cloudwatch_log_group": "kms_key_id",
        "aws_efs_file_system": "kms_key_id",
        "aws_scheduler_schedule": "kms_key_arn",
        "aws_sns_topic": "kms_master_key_id",
        "aws_sqs_queue": "kms_master_key_id",
    }
    for kind, argument in by_argument.items():
        assert {resource[argument] for resource in everything.all(kind).values()} == {KEY}
    repository = everything["aws_ecr_repository.api"]
    assert repository["encryption_configuration"] == [{"encryption_type": "KMS", "kms_key": KEY}]
    assert everything.names("aws_kms_key") == ["main"]


def test_without_one_the_services_own_keys_encrypt_and_alarms_have_the_one_they_need(spec_stack: Synth) -> None:
    stack = spec_stack("everything.yaml", "dev")

    assert stack.names("aws_kms_key") == ["alarms"]
    assert stack["aws_ecr_repository.api"]["encryption_configuration"] == [{"encryption_type": "AES256"}]
    assert not any("kms_key_id" in group for group in stack.all("aws_cloudwatch_log_group").values())


# Secrets


def test_terraform_reads_no_secret_so_that_none_gets_into_its_state(any_stack: Stack) -> None:
    read = {address.split(".")[1] for address in any_stack.addresses if address.startswith("data.")}

    assert read <= HARMLESS_DATA
    assert not {"aws_secretsmanager_secret_version", "aws_ssm_parameter"} & set(any_stack.content["resource"])


def test_containers_get_secrets_by_reference(any_stack: Stack) -> None:
    for service in any_stack.names("aws_ecs_task_definition"):
        for container in any_stack.definition(service)["containerDefinitions"]:
            for secret in container.get("secrets", []):
                assert set(secret) == {"name", "valueFrom"}
                assert secret["valueFrom"].startswith("arn:")
            assert not {each["name"] for each in container.get("secrets", [])} & {
                each["name"] for each in container.get("environment", [])
            }


def test_outputs_tell_names_and_addresses_alone(any_stack: Stack) -> None:
    text = json.dumps(any_stack.content["output"])

    assert "secret" not in text.lower()
    assert set(any_stack.content["output"]) == {
        "alb_url",
        "aws_region",
        "cluster_name",
        "ecr_urls",
        "service_names",
        "task_definition_paths",
    }
