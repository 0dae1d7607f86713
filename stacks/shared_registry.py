"""The ECR registry that all environments of a project share, as names and ARNs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks.naming import shared_repository
from stacks.references import partition_of

if TYPE_CHECKING:
    from stacks.grants import Account
    from stacks.project.models import Project, Service

SAMPLE_ACCOUNT = "123456789012"
SAMPLE_DIGEST = f"sha256:{'0' * 64}"


@dataclass(frozen=True)
class SharedRegistry:
    """The registry of the services with `build` or `repository`.

    Attributes:
        project_id: The project.
        region: The registry's region.
        account_id: Its account; None if it is the one of the credentials.
    """

    project_id: str
    region: str
    account_id: str | None = None

    @classmethod
    def of(cls, project: Project) -> SharedRegistry:
        """The registry of a project."""
        return cls(project.project_id, project.registry_region, project.registry_account)

    def repository_arn(self, account: Account, service: str) -> str:
        """The ARN of a service's repository; `account` is the one of the stack that uses it."""
        name = shared_repository(self.project_id, service)
        return account.arn("ecr", f"repository/{name}", region=self.region, account=self.account_id)

    def image(self, service: str, digest: str, account_id: str | None = None) -> str:
        """The image of a service with this digest; `account_id` is the registry's account where the file names none."""
        account = self.account_id or account_id or SAMPLE_ACCOUNT
        suffix = "amazonaws.com.cn" if partition_of(self.region) == "aws-cn" else "amazonaws.com"
        name = shared_repository(self.project_id, service)
        return f"{account}.dkr.ecr.{self.region}.{suffix}/{name}@{digest}"


def example_image(project: Project, name: str, service: Service) -> str:
    """The image of a service, or one of its form where it is only known when it is deployed."""
    return SharedRegistry.of(project).image(name, SAMPLE_DIGEST) if service.image_is_deployed else service.image
