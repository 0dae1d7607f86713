"""The policies of a service's roles, measured before anything is synthesized.

Sizes are those of sample ARNs, which are as long as the real ones: everything in them is known except their digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks.grants import (
    Grant,
    consume_queue,
    exec_session,
    execution_grants,
    existing_volume_arns,
    mount_volume,
    read_connections,
)
from stacks.grants import user_grants as statements_of
from stacks.image_reference import ecr_repository
from stacks.naming import Names
from stacks.policy_split import Documents, split
from stacks.project.uses import STORES, read_by_containers, read_by_ecs
from stacks.references import partition_of
from stacks.use_grants import use_grants

if TYPE_CHECKING:
    from stacks.project.models import Service
    from stacks.project.uses import Used
    from stacks.shared_registry import SharedRegistry

# A dollar sign sorts before every character of an ARN, like the Terraform expression that it is a sample of.
_ACCOUNT = "$" * 12
_KEY = "key/" + "0" * 36
_FILE_SYSTEM = "fs-" + "0" * 17
_ACCESS_POINT = "fsap-" + "0" * 17


@dataclass(frozen=True)
class RolePolicies:
    """The policies of one service's roles in one environment, by sample ARNs.

    Attributes:
        names: The AWS names of the environment.
        region: Its region.
        customer_key: Whether the environment has a key of its own (`encryption: customer`).
        name: The service's name.
        config: The service.
        registry: The registry that environments share.
        used: What the service uses.
    """

    names: Names
    region: str
    customer_key: bool
    name: str
    config: Service
    registry: SharedRegistry
    used: tuple[Used, ...] = ()

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """A sample ARN; `region` and `account` default to the environment's, "" omits them."""
        region = self.region if region is None else region
        account = _ACCOUNT if account is None else account
        return f"arn:{'$' * len(partition_of(self.region))}:{service}:{region}:{account}:{resource}"

    @property
    def execution(self) -> list[Grant]:
        """The statements of the execution role."""
        log_group = self.arn("logs", f"log-group:{self.names.log_group(self.name)}")
        repository = None
        if self.config.has_shared_repository:
            repository = self.registry.repository_arn(self, self.name)
        elif needs_repository(self.config):
            repository = self.arn("ecr", f"repository/{self.names.repository(self.name)}")
        grants = execution_grants(self, self.config, log_group_arn=log_group, repository_arn=repository)
        return [*grants, *self._secrets(read_by_ecs(self.used))]

    @property
    def task(self) -> list[Grant]:
        """The statements of the task role."""
        key = self.arn("kms", _KEY) if self.customer_key else None
        grants: list[Grant] = []
        if queue := self.config.queue:
            grants += consume_queue(self.arn("sqs", self.names.queue(self.name, fifo=queue.fifo)), self.region, key)
        grants += self._volumes()
        if self.config.exec:
            grants += exec_session(self.arn("logs", f"log-group:{self.names.exec_log_group}"), key)
        targets = [(each, self._arn_of(each)) for each in self.used if each.kind not in STORES]
        grants += use_grants(targets, self.region, key)
        grants += self._secrets(read_by_containers(self.used))
        return [*grants, *statements_of(self.config.permissions.statements)]

    def _secrets(self, databases: tuple[str, ...]) -> list[Grant]:
        names = [f"secret:{self.names.secret(each, 'connection')}-{'0' * 6}" for each in databases]
        key = self.arn("kms", _KEY) if self.customer_key else None
        return read_connections([self.arn("secretsmanager", each) for each in names], self.region, key)

    def _arn_of(self, used: Used) -> str:
        """A sample of the ARN of what the service uses."""
        names = self.names
        if used.kind == "bucket":
            return self.arn("s3", names.bucket(used.name, _ACCOUNT), region="", account="")
        if used.kind == "table":
            return self.arn("dynamodb", f"table/{names.table(used.name)}")
        if used.kind == "topic":
            return self.arn("sns", names.topic(used.name, fifo=used.fifo))
        return self.arn("sqs", names.queue(used.name, fifo=used.fifo))

    def _volumes(self) -> Iterator[Grant]:
        for number, (name, volume) in enumerate(self.config.volumes.items(), start=1):
            if volume.is_ephemeral:
                continue
            existing = volume.existing
            ids = (existing, volume.access_point) if existing else (_FILE_SYSTEM, _ACCESS_POINT)
            file_system, point = existing_volume_arns(self, *ids)
            yield mount_volume(number, file_system, read_only=not self.config.writes_to(name), access_point_arn=point)

    def documents(self, grants: list[Grant]) -> Documents:
        """How the statements are divided. Raises ValueError if they can't be, which the rules of the project refuse."""
        documents = split(grants)
        if documents is None:
            raise ValueError(f"a statement of {self.name} is larger than a policy")
        return documents


def needs_repository(config: Service) -> bool:
    """Whether the service has a repository in the environment's stack.

    A CI pipeline owns its image, and the image is not in another ECR repository.
    """
    external = config.deployment.image_owner == "external" and ecr_repository(config.image) is None
    return external and not config.has_shared_repository
