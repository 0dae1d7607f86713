"""DynamoDB tables of `resources`."""

from __future__ import annotations

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope, literal
from stacks.constructs.environment import Environment
from stacks.naming import identifier
from stacks.project.models import Table as TableConfig


class Table(Construct):
    """A table with on-demand capacity.

    DynamoDB encrypts every table: with a key of its own, or with that of the environment. A protected environment has
    point-in-time recovery and deletion protection.

    Attributes:
        arn: The table's ARN.
        properties: What `uses` and references from other Terraform offer, as Terraform expressions.
    """

    def __init__(self, scope: Scope, id: str, environment: Environment, name: str, config: TableConfig) -> None:
        super().__init__(scope, id)
        kind = aws.dynamodb_table
        table_name = environment.names.table(name)
        [key], sort_key = config.key, next(iter(config.sort_key or {}), None)
        types = {**config.key, **(config.sort_key or {})}
        key_arn = environment.key_arn
        table = self.make(
            kind.DynamodbTable,
            identifier(name),
            name=table_name,
            billing_mode="PAY_PER_REQUEST",
            hash_key=literal(key),
            range_key=None if sort_key is None else literal(sort_key),
            attribute=[kind.DynamodbTableAttribute(name=literal(each), type=type_) for each, type_ in types.items()],
            ttl=kind.DynamodbTableTtl(attribute_name=literal(config.ttl), enabled=True) if config.ttl else None,
            point_in_time_recovery=(
                kind.DynamodbTablePointInTimeRecovery(enabled=True) if environment.protected else None
            ),
            server_side_encryption=(
                kind.DynamodbTableServerSideEncryption(enabled=True, kms_key_arn=key_arn) if key_arn else None
            ),
            deletion_protection_enabled=environment.protected,
            tags={"Name": table_name},
            lifecycle=environment.keeps_data,
        )
        self.arn: str = table.arn
        self.properties = {"name": str(table.name), "arn": self.arn}
