"""The names of what pipelines need in an account. None of them is a name that a deploy may write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stacks.naming import ROLE_LIMIT, shortened

ISSUER = "token.actions.githubusercontent.com"
"""The host of GitHub's identity provider (GitHub Docs, "OpenID Connect")."""
AUDIENCE = "sts.amazonaws.com"
Kind = Literal["deploy", "plan"]
KINDS: tuple[Kind, ...] = ("deploy", "plan")


@dataclass(frozen=True)
class Account:
    """The account and region of an environment.

    Attributes:
        account_id: The account, 12 digits.
        region: The region.
        partition: `aws`, `aws-cn`, `aws-us-gov`, ...
    """

    account_id: str
    region: str
    partition: str = "aws"

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """The ARN of a resource; `region` and `account` default to these, "" omits them."""
        region = self.region if region is None else region
        account = self.account_id if account is None else account
        return f"arn:{self.partition}:{service}:{region}:{account}:{resource}"

    def iam(self, resource: str) -> str:
        """The ARN of a resource of IAM, which has no region."""
        return self.arn("iam", resource, region="")

    @property
    def provider_arn(self) -> str:
        """The ARN of GitHub's identity provider in the account."""
        return self.iam(f"oidc-provider/{ISSUER}")


def role_name(kind: Kind, project_id: str, env: str) -> str:
    """`ecsforge-deploy-<project>-<env>` or `ecsforge-plan-<project>-<env>`: at most 57 characters."""
    return shortened(f"ecsforge-{kind}-{project_id}-{env}", ROLE_LIMIT)
