"""CloudWatch log groups."""

from __future__ import annotations

from stacks.bindings import Construct, aws
from stacks.constructs.base import Chosen, Concept
from stacks.constructs.environment import Environment


class LogGroup(Concept):
    """A log group with a retention, encrypted with the project's key where it has one.

    Attributes:
        arn: the log group's ARN, without the `:*` that stands for its streams.
        name: its name, as a Terraform expression.
    """

    def __init__(
        self, scope: Construct, logical_id: str, *, environment: Environment, name: str, retention_days: int
    ) -> None:
        super().__init__(scope, f"{logical_id}_log_group")
        group = self.make(
            aws.cloudwatch_log_group.CloudwatchLogGroup,
            logical_id,
            **Chosen(
                name=name,
                retention_in_days=retention_days,
                kms_key_id=environment.key_arn,
                tags={"Name": name},
                lifecycle=environment.keeps_data,
            ),
        )
        self.arn: str = group.arn
        self.name: str = group.name
