"""moto's KMS: rotation periods, and the keys that AWS manages."""

from __future__ import annotations

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def test_a_key_returns_its_rotation_period(aws: Aws) -> None:
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 365

    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 90


def test_a_key_with_an_alias_of_aws_is_managed_by_aws(aws: Aws) -> None:
    kms = aws("kms")
    own = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/shop", TargetKeyId=own["KeyId"])

    managed = kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]

    assert (managed["KeyManager"], kms.describe_key(KeyId=own["KeyId"])["KeyMetadata"]["KeyManager"]) == (
        "AWS",
        "CUSTOMER",
    )
