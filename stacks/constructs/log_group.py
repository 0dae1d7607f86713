"""CloudWatch log groups."""

from __future__ import annotations

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment


class LogGroup(Construct):
    """A log group with a retention period, encrypted with the project's key where there is one.

    Attributes:
        arn: The log group's ARN, without the `:*` suffix for its log streams.
        name: The log group's name, as a Terraform expression.
    """

    def __init__(
        self, scope: Scope, logical_id: str, *, environment: Environment, name: str, retention_days: int
    ) -> None:
        super().__init__(scope, f"{logical_id}_log_group")
        group = self.make(
            aws.cloudwatch_log_group.CloudwatchLogGroup,
            logical_id,
            name=name,
            retention_in_days=retention_days,
            kms_key_id=environment.key_arn,
            tags={"Name": name},
            lifecycle=environment.keeps_data,
        )
        self.arn: str = group.arn
        self.name: str = group.name
