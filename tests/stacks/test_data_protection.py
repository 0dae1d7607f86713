"""Data is encrypted, private and only sent over TLS, and secrets are never written."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synth
from tests.support.some import some
from tests.support.synthesized import Json, Stack

KEY = "${aws_kms_key.main.arn}"
AUDIT_LOGS = ("exec", "waf")
# Data sources that only read names. One that reads a secret would put its value into the state.
HARMLESS_DATA = {"aws_availability_zones", "aws_caller_identity", "aws_partition", "aws_route53_zone"}


def refuses_plain_http(statement: Json) -> bool:
    return bool(
        statement["Effect"] == "Deny"
        and statement["Principal"] == {"AWS": "*"}
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    )


def every(stacks: list[Stack], kind: str) -> list[tuple[Stack, str, Json]]:
    """Each resource of a type in some stacks, with its stack and its name."""
    return some((stack, name, arguments) for stack in stacks for name, arguments in stack.all(kind).items())


# Buckets


def test_the_bucket_for_access_logs_blocks_public_access(any_stack: Stack) -> None:
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


def test_the_bucket_accepts_only_logs_of_this_accounts_load_balancers_over_tls(
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


def test_the_bucket_is_encrypted_and_versioned_and_its_objects_expire(any_stack: Stack) -> None:
    encryption = any_stack["aws_s3_bucket_server_side_encryption_configuration.access_logs"]["rule"]
    (rule,) = any_stack["aws_s3_bucket_lifecycle_configuration.access_logs"]["rule"]

    assert encryption == [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]
    versioning = any_stack["aws_s3_bucket_versioning.access_logs"]["versioning_configuration"]
    assert versioning == {"status": "Enabled"}
    assert rule["expiration"] == [{"days": 90}]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 1}]


# Queues, topics, file systems, repositories, logs


def test_every_queue_is_encrypted_and_requires_tls(reviewed: list[Stack]) -> None:
    for stack, name, queue in every(reviewed, "aws_sqs_queue"):
        assert queue.get("sqs_managed_sse_enabled") is True or queue["kms_master_key_id"] == KEY
        tls, *topics = stack.policy(f"aws_sqs_queue_policy.{name}")
        assert refuses_plain_http(tls)
        assert all(each["Condition"]["ArnEquals"]["aws:SourceArn"] for each in topics)


def test_every_topic_is_encrypted_and_only_alarms_of_this_account_publish_to_theirs(
    reviewed: list[Stack],
) -> None:
    for stack, name, topic in every(reviewed, "aws_sns_topic"):
        if name != "alarms":
            assert topic["kms_master_key_id"] in (KEY, "alias/aws/sns")
            assert refuses_plain_http(*stack.policy(f"aws_sns_topic_policy.{name}"))
            continue
        assert topic["kms_master_key_id"] in (KEY, "${aws_kms_key.alarms.arn}")
        publish, tls = stack.policy(f"aws_sns_topic_policy.{name}")
        assert publish["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert publish["Condition"]["StringEquals"] == {
            "aws:SourceAccount": "${data.aws_caller_identity.current.account_id}"
        }
        assert refuses_plain_http(tls)


def test_every_file_system_is_encrypted_at_rest_and_in_transit_and_uses_iam_authorization(
    reviewed: list[Stack],
) -> None:
    for stack, name, file_system in every(reviewed, "aws_efs_file_system"):
        assert file_system["encrypted"] is True
        (statement,) = stack.policy(f"aws_efs_file_system_policy.{name}")
        assert refuses_plain_http(statement)
    volumes = [
        volume["efs_volume_configuration"]
        for _, _, task in every(reviewed, "aws_ecs_task_definition")
        for volume in task.get("volume", [])
        if volume.get("efs_volume_configuration")
    ]
    for efs in some(volumes):
        assert efs["transit_encryption"] == "ENABLED"
        assert efs["authorization_config"]["iam"] == "ENABLED"


def test_volumes_in_the_task_definition_for_ci_equal_those_in_terraform(everything: Stack) -> None:
    cache, data, shared = everything.definition("api")["volumes"]

    assert cache == {"name": "cache", "host": {}}
    assert data["efsVolumeConfiguration"]["fileSystemId"] == "${aws_efs_file_system.web_data.id}"
    assert shared["efsVolumeConfiguration"] == {
        "fileSystemId": "fs-0123456789abcdef0",
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": "fsap-0123456789abcdef0", "iam": "ENABLED"},
    }


def test_only_the_tasks_of_services_that_mount_it_reach_a_file_system(everything: Stack) -> None:
    assert everything.rules("ingress", "web_data_efs") == {
        "api_tasks_into_efs_data": ("${aws_security_group.api_tasks.id}", 2049),
        "web_data_efs_nfs": ("${aws_security_group.web_tasks.id}", 2049),
    }


def test_every_repository_has_immutable_tags_and_scan_on_push(reviewed: list[Stack]) -> None:
    for _, _, repository in every(reviewed, "aws_ecr_repository"):
        assert repository["image_tag_mutability"] == "IMMUTABLE"
        assert repository["image_scanning_configuration"] == {"scan_on_push": True}


def test_every_log_group_has_a_retention_and_audit_logs_at_least_a_year(any_stack: Stack) -> None:
    for name, group in some(any_stack.all("aws_cloudwatch_log_group").items()):
        assert group["retention_in_days"] >= (365 if name in AUDIT_LOGS else 1)


def test_flow_logs_record_all_traffic_by_default(reviewed: list[Stack], spec_stack: Synth) -> None:
    assert {log["traffic_type"] for _, _, log in every(reviewed, "aws_flow_log")} == {"ALL"}
    assert "aws_flow_log.main" in spec_stack("article.yaml", "prod")


# Keys


def test_keys_rotate_and_have_a_deletion_window_of_30_days(reviewed: list[Stack]) -> None:
    for _, _, key in every(reviewed, "aws_kms_key"):
        assert key["enable_key_rotation"] is True
        assert key["deletion_window_in_days"] == 30


def test_a_customer_key_encrypts_every_resource_that_supports_it(everything: Stack) -> None:
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


def test_without_a_customer_key_only_the_alarm_topic_has_a_key(spec_stack: Synth) -> None:
    stack = spec_stack("everything.yaml", "dev")

    assert stack.names("aws_kms_key") == ["alarms"]
    assert stack["aws_ecr_repository.api"]["encryption_configuration"] == [{"encryption_type": "AES256"}]
    assert not any("kms_key_id" in group for group in stack.all("aws_cloudwatch_log_group").values())


# Secrets


def test_terraform_reads_no_secrets_so_none_are_in_its_state(any_stack: Stack) -> None:
    read = {address.split(".")[1] for address in any_stack.addresses if address.startswith("data.")}

    assert read <= HARMLESS_DATA
    assert not {"aws_secretsmanager_secret_version", "aws_ssm_parameter"} & set(any_stack.content["resource"])


def test_containers_reference_secrets_by_arn(reviewed: list[Stack]) -> None:
    containers = [
        container
        for stack, service, _ in every(reviewed, "aws_ecs_task_definition")
        for container in stack.definition(service)["containerDefinitions"]
    ]
    for secret in some(secret for container in containers for secret in container.get("secrets", [])):
        assert set(secret) == {"name", "valueFrom"}
        assert secret["valueFrom"].startswith("arn:")
    for container in containers:
        assert not {each["name"] for each in container.get("secrets", [])} & {
            each["name"] for each in container.get("environment", [])
        }


def test_outputs_have_only_names_and_addresses(any_stack: Stack) -> None:
    text = json.dumps(any_stack.content["output"])

    assert "secret" not in text.lower()
    optional = {"alb_url", "nlb_dns_name", "listener_arns", "load_balancer_arn", "resources"}
    assert set(any_stack.content["output"]) - optional == {
        *("aws_region", "cluster_name", "ecr_urls", "images", "protected", "service_names", "task_definition_paths"),
        *("vpc_id", "public_subnet_ids", "private_subnet_ids", "security_group_ids"),
        *("task_role_arns", "execution_role_arns", "log_group_names", "queue_urls", "queue_arns"),
    }
