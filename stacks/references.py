"""References to AWS resources in the project file: secrets, and images in ECR."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
}

TOPIC_KEY = "alias/aws/sns"
"""The AWS managed key for topics. Its policy lets everyone in the account use it who may use the topic (SNS Developer
Guide, "Key management")."""

WHOLE_SECRET_ARN = re.compile(r"-[A-Za-z0-9]{6}$")
"""The suffix of the ARN of a secret."""


@dataclass(frozen=True)
class SecretReference:
    """A value of `secrets`: an SSM parameter or a Secrets Manager secret, with its selector.

    `service` is `ssm` or `secretsmanager`; `name` the parameter's or secret's name, or its whole ARN;
    `selector` the `:key:stage:version` part of a secret, without its first colon.
    """

    service: str
    name: str
    selector: str = ""

    def value_from(self, arn: Callable[[str, str], str]) -> str:
        """The `valueFrom` for ECS; `arn` builds an ARN from a service and a resource."""
        if self.service == "ssm":
            return self._resource(arn, "parameter/" + self.name.lstrip("/"))
        # ECS requires all of json-key:version-stage:version-id when one of them is set.
        fields = [*self.selector.split(":"), "", ""][:3] if self.selector else []
        return ":".join([self._resource(arn, f"secret:{self.name}"), *fields])

    def readable(self, arn: Callable[[str, str], str]) -> str:
        """The ARN that the execution role can read.

        Secrets Manager appends a dash and six random characters to every ARN. A name does not contain them, and an ARN
        can be written without them.
        """
        if self.service == "ssm":
            return self._resource(arn, "parameter/" + self.name.lstrip("/"))
        whole = self.name.startswith("arn:") and WHOLE_SECRET_ARN.search(self.name)
        return self._resource(arn, f"secret:{self.name}") + ("" if whole else "-??????")

    def _resource(self, arn: Callable[[str, str], str], resource: str) -> str:
        return self.name if self.name.startswith("arn:") else arn(self.service, resource)


def secret_reference(text: str) -> SecretReference:
    """Read `ssm:/name`, `secretsmanager:name[:key[:stage[:version]]]` or the full ARN of either."""
    if text.startswith("arn:"):
        parts = text.split(":")
        # arn:partition:ssm:region:account:parameter/name and arn:...:secretsmanager:...:secret:name[:key...]
        whole = 7 if parts[2] == "secretsmanager" else 6
        return SecretReference(parts[2], ":".join(parts[:whole]), ":".join(parts[whole:]))
    service, _, rest = text.partition(":")
    if service == "ssm":
        return SecretReference(service, rest)
    name, _, selector = rest.partition(":")
    return SecretReference(service, name, selector)


def partition_of(region: str) -> str:
    """The partition of AWS that a region is in, as ARNs name it."""
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")
