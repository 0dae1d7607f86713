"""The project's own encryption key (`encryption: customer`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.account import Account
from stacks.constructs.base import Construct, Scope
from stacks.constructs.policy import policy
from stacks.naming import Names

DELETION_WINDOW_DAYS = 30


class EncryptionKey(Construct):
    """One KMS key with yearly rotation for logs, queues, topics, file systems, schedules and repositories.

    Its policy delegates access to the account's IAM policies, and lets these AWS services encrypt with it: CloudWatch
    Logs for log groups of this account and region, CloudWatch alarms and EventBridge Scheduler (KMS Developer Guide,
    "Key policies"; CloudWatch Logs User Guide, "Encrypt log data"), and SNS for topics of `topic_accounts`. Without
    `for_services` it only delegates: ECR encrypts with a grant of the repository's creator (ECR User Guide, "Encryption
    at rest").

    Attributes:
        arn: The key's ARN.
    """

    def __init__(
        self,
        scope: Scope,
        account: Account,
        names: Names,
        *,
        logical_id: str = "main",
        alias: str | None = None,
        protected: bool = False,
        for_services: bool = True,
        topic_accounts: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, "encryption")
        alias = alias or names.key_alias
        key = self.make(
            aws.kms_key.KmsKey,
            logical_id,
            description=f"Encrypts what {alias.removeprefix('alias/')} keeps",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            policy=policy(
                [*_statements(account)[: None if for_services else 1], *_topics(topic_accounts)],
            ),
            tags={"Name": alias.removeprefix("alias/")},
            # Everything it encrypts switches to the new key before this one is scheduled for deletion.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True, prevent_destroy=protected or None),
        )
        self.make(aws.kms_alias.KmsAlias, logical_id, name=alias, target_key_id=key.key_id)
        self.arn: str = key.arn


def _statements(account: Account) -> list[dict[str, Any]]:
    """Who may use the key. In a key policy, the resource `*` is the key itself."""
    encrypt = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    logs = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": account.arn("logs", "log-group:*")}}
    own = {"StringEquals": {"aws:SourceAccount": account.id}}
    return [
        {
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": account.arn("iam", "root", region="")},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "Logs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{account.region}.{account.dns_suffix}"},
            "Action": encrypt,
            "Resource": "*",
            "Condition": logs,
        },
        {
            "Sid": "AlarmsAndSchedules",
            "Effect": "Allow",
            "Principal": {"Service": ["cloudwatch.amazonaws.com", "scheduler.amazonaws.com"]},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": own,
        },
    ]


def _topics(accounts: Sequence[str]) -> list[dict[str, Any]]:
    """The statement with which topics send to encrypted queues (SNS Developer Guide, "Enabling server-side encryption
    for an Amazon SNS topic with an encrypted Amazon SQS queue subscribed")."""
    if not accounts:
        return []
    return [
        {
            "Sid": "Topics",
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": list(accounts)}},
        }
    ]
