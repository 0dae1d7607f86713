"""Requests are compared with botocore's models as AWS compares them."""

from __future__ import annotations

from typing import Any

import pytest
from moto.core.utils import get_service_model

from operations.rehearsal.emulator.models import violations


def found(service: str, operation: str, **parameters: Any) -> list[str]:
    shape = get_service_model(service).operation_model(operation).input_shape
    return list(violations(shape, parameters))


def must(value: object, at: str, constraint: str) -> str:
    return f"Value '{value}' at '{at}' failed to satisfy constraint: Member must {constraint}"


def test_a_valid_request_has_no_violations() -> None:
    assert found("logs", "CreateLogGroup", logGroupName="/ecs/shop", tags={"Name": "shop"}) == []


def test_a_required_member_is_missing() -> None:
    assert found("logs", "CreateLogGroup") == [
        "Value null at 'logGroupName' failed to satisfy constraint: Member must not be null"
    ]


def test_a_value_is_not_in_the_enumeration() -> None:
    assert found("elbv2", "CreateTargetGroup", Name="a", IpAddressType="ipv5") == [
        must("ipv5", "ipAddressType", "satisfy enum value set: [ipv4, ipv6]")
    ]


def test_texts_lists_and_maps_have_a_length() -> None:
    assert found("iam", "CreateRole", RoleName="r" * 65, AssumeRolePolicyDocument="{}") == [
        must("r" * 65, "roleName", "have length less than or equal to 64")
    ]
    assert found("kms", "TagResource", KeyId="", Tags=[]) == [
        must("", "keyId", "have length greater than or equal to 1")
    ]
    assert found("logs", "TagLogGroup", logGroupName="a", tags={}) == [
        must("{}", "tags", "have length greater than or equal to 1")
    ]


def test_numbers_have_a_range() -> None:
    period = {"AlarmName": "a", "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 0}

    assert found("cloudwatch", "PutMetricAlarm", **period) == [
        must(0, "evaluationPeriods", "have value greater than or equal to 1")
    ]


def test_a_pattern_matches_the_whole_value() -> None:
    assert found("logs", "CreateLogGroup", logGroupName="a group") == [
        must("a group", "logGroupName", r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+")
    ]


@pytest.mark.parametrize(("key", "valid"), [("Größe 1", True), ("a=b", True), ("tab\tin", False)])
def test_classes_of_unicode_are_understood(key: str, valid: bool) -> None:
    assert (found("iam", "TagRole", RoleName="a", Tags=[{"Key": key, "Value": ""}]) == []) is valid


@pytest.mark.parametrize(("name", "valid"), [("service/a/b", True), ("\U0001f600", True), ("\x00", False)])
def test_surrogates_of_java_are_understood(name: str, valid: bool) -> None:
    target = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount", "ResourceIds": [name]}

    assert (found("application-autoscaling", "DescribeScalableTargets", **target) == []) is valid


def test_every_pattern_of_the_services_that_we_use_compiles() -> None:
    from operations.rehearsal.emulator.models import _compiled

    patterns = {
        shape.metadata["pattern"]
        for service in (
            *(
                "acm",
                "application-autoscaling",
                "cloudwatch",
                "ec2",
                "ecr",
                "ecs",
                "efs",
                "elbv2",
                "iam",
                "kms",
                "logs",
            ),
            *("route53", "s3", "scheduler", "secretsmanager", "servicediscovery", "sns", "sqs", "ssm", "wafv2"),
        )
        for model in [get_service_model(service)]
        for shape in map(model.shape_for, model.shape_names)
        if shape.metadata.get("pattern")
    }

    assert len(patterns) > 150
    for pattern in patterns:
        _compiled(pattern)


def test_a_violation_in_a_list_names_its_position() -> None:
    assert found("scheduler", "CreateSchedule", Target={"EcsParameters": {"Group": ""}}, Name="a")[-1] == (
        must("", "target.ecsParameters.group", "have length greater than or equal to 1")
    )
    assert found("iam", "TagRole", RoleName="a", Tags=[{"Key": "a", "Value": "b"}, {"Key": "", "Value": ""}]) == [
        must("", "tags.2.member.key", "have length greater than or equal to 1"),
        must("", "tags.2.member.key", r"satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"),
    ]


def test_a_sensitive_value_is_not_in_the_sentence() -> None:
    (sentence,) = found("secretsmanager", "PutSecretValue", SecretId="a", SecretString="hunter2" * 10_000)

    assert sentence == must(
        "*** Sensitive Data Redacted ***", "secretString", "have length less than or equal to 65536"
    )


def test_a_long_value_is_shortened() -> None:
    (sentence,) = found("iam", "CreateRole", RoleName="r" * 1000, AssumeRolePolicyDocument="{}")

    assert sentence == must("r" * 100 + "...", "roleName", "have length less than or equal to 64")
