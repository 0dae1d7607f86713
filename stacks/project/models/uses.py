"""The model of what a service uses: a resource of the environment, or the queue of a worker."""

from __future__ import annotations

from typing import Literal

from stacks.project.models.base import Model


class Use(Model):
    """What a service uses. Each key is a property of the target, and its value the environment variable for it."""

    url: str | None = None
    """The variable with the URL: of a database with user name and password, of a cache, or of a worker's queue."""
    host: str | None = None
    """The variable with the host name; databases and caches."""
    port: str | None = None
    """The variable with the port; databases and caches."""
    username: str | None = None
    """The variable with the user name; databases only."""
    password: str | None = None
    """The variable with the password; databases only."""
    database: str | None = None
    """The variable with the name of the database; databases only."""
    secret_arn: str | None = None
    """The variable with the ARN of the secret that has all of these; databases only. The task role may read it."""
    name: str | None = None
    """The variable with the name; buckets and tables."""
    arn: str | None = None
    """The variable with the ARN; buckets, tables, topics and queues."""
    access: Literal["read", "write", "read_write"] = "read"
    """What the service may do with the objects of a bucket or the items of a table."""

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that are set, by the property that they have."""
        return {name: value for name, value in self if name != "access" and value is not None}
