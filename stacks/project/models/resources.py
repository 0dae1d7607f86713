"""Models of the data stores and topics of an environment, by their type."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.project.models.base import Days, GiB, Model, Seconds, Text

KeyType = Literal["S", "N", "B"]
Method = Literal["GET", "HEAD", "POST", "PUT", "DELETE"]


class DatabaseCapacity(Model):
    """The capacity of an Aurora Serverless v2 database, in Aurora capacity units of about 2 GiB of memory."""

    min: Annotated[float, Field(ge=0, le=256)] = 0.5
    """The minimum, in steps of 0.5; 0 pauses the database while nothing is connected to it."""
    max: Annotated[float, Field(ge=1, le=256)]
    """The maximum, in steps of 0.5."""


class Database(Model):
    """What both kinds of databases have."""

    version: Text | None = None
    """The version of the engine, such as `"16"`: with a major version only, AWS chooses the minor version and upgrades
    it, and with a minor version it does not. Default: 17 for PostgreSQL; 8.4 for MySQL, 8.0 with `capacity`. AWS bills
    Extended Support for PostgreSQL 13, and for MySQL 8.0 without `capacity`. A new major version upgrades the database
    in place, which can't be undone."""
    capacity: DatabaseCapacity | None = None
    """Aurora Serverless v2 with this capacity: about 44 USD a month at 0.5 units and 88 USD a unit (us-east-1, 2025),
    and nothing but storage while it is paused. Can't be combined with `instance`, and not be changed to it later."""
    instance: str | None = None
    """An RDS instance of this class, such as `db.t4g.micro`, about 12 USD a month (us-east-1, 2025). Can't be combined
    with `capacity`, and not be changed to it later."""
    storage: Annotated[GiB, Field(ge=20, le=65_536)] = 20
    """The storage of an RDS instance in GiB, 20-65536, about 0.12 USD a GiB and month; it can grow but not shrink. Only
    with `instance`."""
    multi_az: bool = False
    """Keep a standby of the RDS instance in another availability zone, for the same price again. Only with
    `instance`."""
    backup_days: Annotated[Days, Field(ge=1, le=35)] = 7
    """Days to keep automated backups, 1-35."""
    final_snapshot: bool = True
    """Create a snapshot when the database is destroyed. AWS bills it, for about 0.10 USD a GiB and month (Aurora: 0.02
    USD), until you delete it."""
    password_version: Annotated[int, Field(ge=1)] = 1
    """The number of the password; another number replaces the password and the tasks of the services that use it."""


class Postgres(Database):
    """A PostgreSQL database in the private subnets, encrypted, that only the services which use it can reach."""

    type: Literal["postgres"]
    """`postgres`: a PostgreSQL database."""


class Mysql(Database):
    """A MySQL database in the private subnets, encrypted, that only the services which use it can reach."""

    type: Literal["mysql"]
    """`mysql`: a MySQL database."""


class Valkey(Model):
    """A Valkey cache in the private subnets, with TLS, that only the services which use it can reach."""

    type: Literal["valkey"]
    """`valkey`: a Valkey cache."""
    node: str = "cache.t4g.micro"
    """The node type: about 9 USD a month for each node of `cache.t4g.micro` (us-east-1, 2025)."""
    replicas: Annotated[int, Field(ge=0, le=5)] = 0
    """The number of replicas, 0-5; with at least one, the cache fails over to another availability zone."""


class Cors(Model):
    """Which web pages may read and write the objects of a bucket from a browser."""

    origins: tuple[str, ...]
    """The origins of the pages: `https://shop.example.com`, `https://*.example.com` or `*`."""
    methods: tuple[Method, ...] = ("GET", "HEAD", "POST", "PUT")
    """The methods of their requests."""
    headers: tuple[str, ...] = ("*",)
    """The headers that their requests may have; `*` is a wildcard."""
    expose_headers: tuple[str, ...] = ("ETag",)
    """The headers of responses that the pages can read."""
    max_age: Annotated[Seconds, Field(ge=0, le=86_400)] = 3600
    """How long a browser may cache the answer to a preflight request, 0-1d."""


class Bucket(Model):
    """An S3 bucket, encrypted, without public access and only over TLS."""

    type: Literal["bucket"]
    """`bucket`: an S3 bucket."""
    versioned: bool = True
    """Keep the earlier versions of objects for 30 days after they are overwritten or deleted."""
    expire_days: Annotated[Days, Field(ge=1, le=2_147_483_647)] | None = None
    """Delete objects this many days after they were created; never by default."""
    cors: tuple[str | Cors, ...] = ()
    """Web pages that may use the bucket from a browser, with presigned URLs for example: origins such as
    `https://shop.example.com`, or mappings."""

    @property
    def cors_rules(self) -> tuple[Cors, ...]:
        """The rules, also those that are written as an origin."""
        return tuple(Cors(origins=(each,)) if isinstance(each, str) else each for each in self.cors)


class Table(Model):
    """A DynamoDB table, encrypted, with on-demand capacity."""

    type: Literal["table"]
    """`table`: a DynamoDB table."""
    key: dict[str, KeyType]
    """The attribute that is the partition key, and its type: `{id: S}`. `S` is text, `N` a number, `B` binary. Another
    key replaces the table, with everything in it."""
    sort_key: dict[str, KeyType] | None = None
    """The attribute that is the sort key, and its type: `{created_at: N}`. Another sort key replaces the table."""
    ttl: str | None = None
    """The attribute with the time, in seconds since 1970, after which DynamoDB deletes an item. Another attribute takes
    two deploys, one without `ttl` and another one an hour later."""


class Topic(Model):
    """An SNS topic, encrypted."""

    type: Literal["topic"]
    """`topic`: an SNS topic."""
    fifo: bool = False
    """Create a FIFO topic, which delivers the messages of a group in order, to FIFO queues. Another value replaces the
    topic."""


Resource = Annotated[Postgres | Mysql | Valkey | Bucket | Table | Topic, Field(discriminator="type")]
"""A data store or a topic."""
