"""What to do about tasks that never start, by ECS's reason."""

from __future__ import annotations

import pytest

from operations.health.stopped_tasks import StoppedTask

START = "ResourceInitializationError: "
SECRETS = f"{START}unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve "
DECRYPT = (
    "the execution role can't decrypt: list the key in the service's `kms_keys`, and check that the key's policy "
    "allows the account to use it"
)
FILES = (
    "check that each file of `env_files` exists and that the bucket's policy allows the execution role; a customer "
    "managed KMS key that encrypts them must be in `kms_keys`"
)
DENIED = (
    "check the names in `secrets` and the resource policy of each secret; a customer managed KMS key that encrypts "
    "them must be in `kms_keys`"
)


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        (f"{SECRETS}secret from asm: AccessDeniedException: Access to KMS is not allowed", DECRYPT),
        (
            f"{SECRETS}secrets from ssm: AccessDeniedException: The ciphertext refers to a customer master key that "
            "does not exist, does not exist in this region, or you are not allowed to access",
            DECRYPT,
        ),
        (
            f"{START}failed to download env files: AccessDenied: User is not authorized to perform: kms:Decrypt",
            DECRYPT,
        ),
        (f"{START}failed to download env files: file download command: AccessDenied: Access Denied", FILES),
        (
            f"{START}failed to download env files: file download command: RequestCanceled",
            "check that each file of `env_files` exists, and that the tasks can reach S3: `nat`, `endpoints`, `egress`",
        ),
        (
            f"{SECRETS}secret from asm: AccessDeniedException: User is not authorized to perform: "
            "secretsmanager:GetSecretValue",
            DENIED,
        ),
        (
            f"{SECRETS}secret from asm: ResourceNotFoundException: Secrets Manager can't find the specified secret",
            "check that each secret exists in this region, and that the tasks can reach Secrets Manager and SSM: "
            "`nat`, `endpoints`",
        ),
    ],
)
def test_a_task_that_cannot_read_its_inputs_has_advice(reason: str, advice: str) -> None:
    assert StoppedTask("1", "web:1", "TaskFailedToStart", reason).advice == advice
