"""The account, partition and region that everything stands in, as Terraform expressions."""

from __future__ import annotations

from stacks.bindings import Construct, aws
from stacks.constructs.base import Concept


class Account(Concept):
    """Looks up the account and the partition that the credentials lead to.

    Attributes:
        id: the account's 12 digits, known when Terraform plans.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        dns_suffix: `amazonaws.com`, or the partition's own.
        region: the project's region, as text.
    """

    def __init__(self, scope: Construct, region: str) -> None:
        super().__init__(scope, "account")
        self.make(aws.data_aws_caller_identity.DataAwsCallerIdentity, "current")
        self.make(aws.data_aws_partition.DataAwsPartition, "current")
        self.id = "${data.aws_caller_identity.current.account_id}"
        self.partition = "${data.aws_partition.current.partition}"
        self.dns_suffix = "${data.aws_partition.current.dns_suffix}"
        self.region = region

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """The ARN of `resource` of an AWS `service`; in this region and account unless others (or "") are given."""
        place = self.region if region is None else region
        owner = self.id if account is None else account
        return f"arn:{self.partition}:{service}:{place}:{owner}:{resource}"
