"""The engines of databases: versions, ports, parameter groups, and the parameter that requires TLS.

Sources: the RDS and Aurora user guides, "Supported versions" of each engine, "Requiring an SSL/TLS connection to a
PostgreSQL DB instance", "Requiring SSL/TLS for all connections to a MySQL DB instance", "Security with Aurora MySQL".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["postgres", "mysql"]
USERNAME = "app"
"""The user of every database, which is its administrator. RDS reserves `admin`, `postgres` and others."""
DATABASE = "app"
"""The name of the database in every server."""


@dataclass(frozen=True)
class Engine:
    """An engine as RDS offers it: as an instance, or as a cluster of Aurora Serverless v2.

    Attributes:
        title: Its name in messages.
        name: The engine, as the RDS API names it.
        family: The start of the families of its parameter groups.
        port: Its port.
        scheme: The scheme of its URLs.
        options: What follows the name of the database in a URL.
        majors: Its major versions, oldest first.
        default: The version without one in the project file.
        version: The pattern of its versions; the first group is the major version.
        tls: The parameter that makes it refuse connections without TLS, and its value.
    """

    title: str
    name: str
    family: str
    port: int
    scheme: str
    options: str
    majors: tuple[str, ...]
    default: str
    version: re.Pattern[str]
    tls: tuple[str, str]

    def major(self, version: str | None) -> str | None:
        """The major version of a version, or of the default; None if the engine does not have it."""
        found = self.version.fullmatch(version or self.default)
        return found[1] if found and found[1] in self.majors else None

    def parameter_family(self, version: str | None) -> str:
        """The family of parameter groups of a version. Raises ValueError for one that the engine does not have."""
        major = self.major(version)
        if major is None:
            raise ValueError(f"{self.name} has no version {version}")
        return f"{self.family}{major}"


_POSTGRES = ("13", "14", "15", "16", "17")
_POSTGRES_VERSION = re.compile(r"(\d+)(?:\.\d+)?")
_FORCE_SSL = ("rds.force_ssl", "1")
INSTANCES: Mapping[Kind, Engine] = {
    "postgres": Engine(
        title="PostgreSQL on RDS",
        name="postgres",
        family="postgres",
        port=5432,
        scheme="postgresql",
        options="?sslmode=require",
        majors=_POSTGRES,
        default="17",
        version=_POSTGRES_VERSION,
        tls=_FORCE_SSL,
    ),
    "mysql": Engine(
        title="MySQL on RDS",
        name="mysql",
        family="mysql",
        port=3306,
        scheme="mysql",
        options="",
        majors=("8.0", "8.4"),
        default="8.4",
        version=re.compile(r"(\d+\.\d+)(?:\.\d+)?"),
        tls=("require_secure_transport", "1"),
    ),
}
"""The engines of RDS instances."""
CLUSTERS: Mapping[Kind, Engine] = {
    "postgres": Engine(
        title="Aurora PostgreSQL",
        name="aurora-postgresql",
        family="aurora-postgresql",
        port=5432,
        scheme="postgresql",
        options="?sslmode=require",
        majors=_POSTGRES,
        default="17",
        version=_POSTGRES_VERSION,
        tls=_FORCE_SSL,
    ),
    "mysql": Engine(
        title="Aurora MySQL",
        name="aurora-mysql",
        family="aurora-mysql",
        port=3306,
        scheme="mysql",
        options="",
        majors=("8.0",),
        default="8.0",
        version=re.compile(r"(\d+\.\d+)(?:\.mysql_aurora\.\d+\.\d+\.\d+)?"),
        tls=("require_secure_transport", "ON"),
    ),
}
"""The engines of Aurora Serverless v2."""


def engine_of(kind: Kind, *, serverless: bool) -> Engine:
    """The engine of a database: of Aurora Serverless v2, or of an instance."""
    return (CLUSTERS if serverless else INSTANCES)[kind]
