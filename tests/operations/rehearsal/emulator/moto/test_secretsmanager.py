"""moto's Secrets Manager: secrets that are scheduled for deletion."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def test_a_secret_that_is_scheduled_for_deletion_is_refused_with_the_text_of_aws(aws: Aws) -> None:
    secrets = aws("secretsmanager")
    secrets.create_secret(Name="deleted", SecretString="x")
    secrets.delete_secret(SecretId="deleted", RecoveryWindowInDays=7)

    with pytest.raises(ClientError) as refused:
        secrets.get_secret_value(SecretId="deleted")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"
    text = "You can't perform this operation on the secret because it was marked for deletion."
    assert text in refused.value.response["Error"]["Message"]

    with pytest.raises(ClientError) as refused:
        secrets.create_secret(Name="deleted", SecretString="y")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"
    assert "a secret with this name is already scheduled for deletion" in refused.value.response["Error"]["Message"]

    secrets.restore_secret(SecretId="deleted")
    assert secrets.get_secret_value(SecretId="deleted")["SecretString"] == "x"
