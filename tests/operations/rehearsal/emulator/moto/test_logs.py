"""moto's CloudWatch Logs: keys of log groups."""

from __future__ import annotations

import pytest

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def test_the_key_of_a_log_group_can_be_changed_and_removed(aws: Aws) -> None:
    logs, keys = aws("logs"), []
    logs.create_log_group(logGroupName="/shop/web")

    def key() -> str | None:
        (group,) = logs.describe_log_groups(logGroupNamePrefix="/shop/web")["logGroups"]
        found: str | None = group.get("kmsKeyId")
        return found

    for _ in range(2):
        keys.append(aws("kms").create_key()["KeyMetadata"]["Arn"])
        logs.associate_kms_key(logGroupName="/shop/web", kmsKeyId=keys[-1])
        assert key() == keys[-1]

    logs.disassociate_kms_key(logGroupName="/shop/web")
    assert key() is None
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.associate_kms_key(logGroupName="/shop/api", kmsKeyId=keys[0])
