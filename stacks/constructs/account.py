"""The AWS account, partition and region of a stack, as Terraform expressions."""

from __future__ import annotations

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope


class Account(Construct):
    """Looks up the account and the partition of the credentials.

    Attributes:
        id: The 12-digit account ID, known when Terraform plans.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        dns_suffix: `amazonaws.com`, or that of another partition.
        region: The project's region; text, not an expression.
    """

    def __init__(self, scope: Scope, region: str) -> None:
        super().__init__(scope, "account")
        self.make(aws.data_aws_caller_identity.DataAwsCallerIdentity, "current")
        self.make(aws.data_aws_partition.DataAwsPartition, "current")
        self.id = "${data.aws_caller_identity.current.account_id}"
        self.partition = "${data.aws_partition.current.partition}"
        self.dns_suffix = "${data.aws_partition.current.dns_suffix}"
        self.region = region

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """The ARN of `resource` of an AWS `service`; `region` and `account` default to the stack's, "" omits them."""
        region = self.region if region is None else region
        account = self.id if account is None else account
        return f"arn:{self.partition}:{service}:{region}:{account}:{resource}"
