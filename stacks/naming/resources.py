"""The AWS names of `resources`."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.naming.limits import BUCKET_NAME_LIMIT, CACHE_LIMIT, DATABASE_LIMIT, shortened, single_dashes
from stacks.naming.stack import StackNames

_RESERVED_BUCKETS = ("amzn-s3-demo-", "sthree-")


@dataclass(frozen=True)
class ResourceNames(StackNames):
    """The names of the data stores and topics of an environment."""

    def bucket(self, resource: str, account_id: str) -> str:
        """S3 bucket: as that of the access logs; prefixed if the project's name is one that S3 reserves.

        `account_id` may be a Terraform expression for the 12 digits.
        """
        return f"{shortened(f'{self.bucket_start}{resource}', BUCKET_NAME_LIMIT)}-{account_id}"

    @property
    def bucket_start(self) -> str:
        """How the names of the buckets of `resources` begin."""
        start = f"{self.stack}-"
        return f"data-{start}" if start.startswith(_RESERVED_BUCKETS) else start

    def table(self, resource: str) -> str:
        """DynamoDB table: 255 letters, digits, `.`, `-` and `_`, unique in the account and region."""
        return f"{self.stack}-{resource}"

    def topic(self, resource: str, *, fifo: bool = False) -> str:
        """SNS topic: 256 characters with the `.fifo` that FIFO topics end in, unique in the account and region."""
        return f"{self.stack}-{resource}" + (".fifo" if fifo else "")

    def database(self, resource: str) -> str:
        """RDS cluster or instance, and its subnet group: 63 letters, digits and single dashes, unique in the region.

        A cluster and its instance have the same name, because RDS has separate names for both.
        """
        return single_dashes(f"{self.stack}-{resource}", DATABASE_LIMIT)

    def parameter_group(self, resource: str, family: str) -> str:
        """Parameter group of a database: 255 letters, digits and single dashes; `family` is `postgres16`, ..."""
        return f"{self.database(resource)}-{family.replace('.', '-')}"

    def cache(self, resource: str) -> str:
        """ElastiCache replication group: 40 letters, digits and single dashes; its subnet group has the same name."""
        return single_dashes(f"{self.stack}-{resource}", CACHE_LIMIT)

    def secret(self, resource: str, use: str) -> str:
        """Secrets Manager secret: 512 characters; `use` is `password` or `connection`.

        It never ends in a dash and six characters, which Secrets Manager would take for the end of an ARN.
        """
        return f"{self.stack}/{resource}/{use}"

    def store_security_group(self, resource: str) -> str:
        """Security group of a database or a cache: those of tasks have no slash, those of file systems start `efs-`."""
        return f"stores-{self.stack}/{resource}"
