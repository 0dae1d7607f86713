"""A call of an AWS API, as a recorder sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.iam.actions import action_of, prefix_of


@dataclass(frozen=True)
class ApiCall:
    """A call of an AWS API.

    Attributes:
        service: The service, as boto3 names it or as the request is signed: `elbv2`, `elasticloadbalancing`.
        operation: The operation, `CreateLoadBalancer`.
        parameters: Its parameters, as boto3 names them.
        account: The account, 12 digits.
        region: The region.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    account: str = "123456789012"
    region: str = "us-east-1"
    partition: str = "aws"

    @property
    def prefix(self) -> str:
        """The prefix of the service's actions, `elasticloadbalancing`."""
        return prefix_of(self.service)

    @property
    def action(self) -> str:
        """The action of the operation, `elasticloadbalancing:CreateLoadBalancer`."""
        return action_of(self.service, self.operation)

    def arn(self, resource: str, *, service: str = "", region: str | None = None) -> str:
        """The ARN of a resource in the call's account, by default of its service and region."""
        where = self.region if region is None else region
        return f"arn:{self.partition}:{service or self.prefix}:{where}:{self.account}:{resource}"

    def texts(self, parameter: str) -> list[str]:
        """The values of a parameter that is a text or a list of texts; empty for another one, and without it."""
        value = self.parameters.get(parameter)
        values = value if isinstance(value, list) else [value]
        return [each for each in values if isinstance(each, str)]

    def all_texts(self) -> list[str]:
        """The values of all parameters that are texts or lists of texts."""
        return [text for parameter in self.parameters for text in self.texts(parameter)]
