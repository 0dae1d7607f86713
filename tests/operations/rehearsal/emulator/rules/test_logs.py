"""Log groups and metric filters that CloudWatch Logs refuses."""

from __future__ import annotations

from typing import Any

import pytest

from operations.rehearsal.emulator.client import ACCOUNT_ID
from tests.operations.rehearsal.emulator.rules.conftest import REGION, Aws, policy, refusal, unique

ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, "Action": "kms:*", "Resource": "*"}
PREFIX = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:"


@pytest.fixture
def group(aws: Aws) -> str:
    name = unique("/ecs/web")
    aws("logs").create_log_group(logGroupName=name)
    return name


@pytest.mark.parametrize("days", [2, 13, 366, 3654])
def test_days_of_retention(aws: Aws, group: str, days: int) -> None:
    code, message = refusal(aws("logs").put_retention_policy, logGroupName=group, retentionInDays=days)

    assert code == "InvalidParameterException"
    assert message.startswith(f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy ")
    aws("logs").put_retention_policy(logGroupName=group, retentionInDays=3653)


def test_a_key_that_does_not_exist(aws: Aws, group: str) -> None:
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/00000000-0000-0000-0000-000000000000"
    refused = ("InvalidParameterException", f"The specified KMS Key Id could not be found: {arn}")

    assert refusal(aws("logs").create_log_group, logGroupName=unique("/ecs/web"), kmsKeyId=arn) == refused
    assert refusal(aws("logs").associate_kms_key, logGroupName=group, kmsKeyId=arn) == refused


def statement(pattern: str | None, service: str = f"logs.{REGION}.amazonaws.com") -> dict[str, Any]:
    condition = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": pattern}}
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["kms:Encrypt*", "kms:Decrypt*"],
        "Resource": "*",
        **({"Condition": condition} if pattern else {}),
    }


@pytest.mark.parametrize(
    "further",
    [
        None,
        statement(f"{PREFIX}/other/*"),
        statement(None, "logs.us-east-1.amazonaws.com"),
        statement(None, "sns.amazonaws.com"),
    ],
)
def test_a_key_that_logs_may_not_use(aws: Aws, group: str, further: dict[str, Any] | None) -> None:
    statements = [ROOT, further] if further else [ROOT]
    key = aws("kms").create_key(Policy=policy(*statements))["KeyMetadata"]["Arn"]

    assert refusal(aws("logs").associate_kms_key, logGroupName=group, kmsKeyId=key) == (
        "AccessDeniedException",
        f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{PREFIX}{group}'",
    )


@pytest.mark.parametrize("pattern", [None, f"{PREFIX}/ecs/*", f"{PREFIX}*"])
def test_a_key_that_logs_may_use(aws: Aws, group: str, pattern: str | None) -> None:
    key = aws("kms").create_key(Policy=policy(ROOT, statement(pattern)))["KeyMetadata"]["Arn"]

    aws("logs").associate_kms_key(logGroupName=group, kmsKeyId=key)


def metric_filter(group: str, pattern: str) -> dict[str, Any]:
    transformation = {"metricName": "errors", "metricNamespace": "shop", "metricValue": "1"}
    return {
        "logGroupName": group,
        "filterName": "errors",
        "filterPattern": pattern,
        "metricTransformations": [transformation],
    }


@pytest.mark.parametrize("pattern", ["{ $.level = ", '"ERROR', "[ip, user", "{ ($.a = 1 }", "{}"])
def test_a_malformed_pattern(aws: Aws, group: str, pattern: str) -> None:
    assert refusal(aws("logs").put_metric_filter, **metric_filter(group, pattern)) == (
        "InvalidParameterException",
        "Invalid metric filter pattern",
    )


@pytest.mark.parametrize(
    "pattern",
    ["", "ERROR", '?ERROR ?"a {b"', '{ ($.level = "error") || ($.status >= 500) }', "[ip, user, status=4*]", "%a[bc]%"],
)
def test_valid_patterns(aws: Aws, group: str, pattern: str) -> None:
    aws("logs").put_metric_filter(**metric_filter(group, pattern))


def test_a_filter_of_a_log_group_that_does_not_exist(aws: Aws) -> None:
    assert refusal(aws("logs").put_metric_filter, **metric_filter(unique("missing"), "ERROR")) == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
