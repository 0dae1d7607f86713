"""The engines of databases: versions, ports, parameter groups, and the parameter that requires TLS.

Sources, read in November 2026: the release notes of RDS for PostgreSQL and of Aurora PostgreSQL (18 is the newest major
version, 19 is a preview); RDS User Guide, "MySQL on Amazon RDS versions" (8.0 and 8.4; 9.x only in the Database Preview
environment); Aurora User Guide, "Aurora MySQL version 8.4 compatible with MySQL 8.4" and "Checking Aurora MySQL version
numbers"; "Overview of Amazon RDS Extended Support" (versions out of standard support can still be created);
"Requiring an SSL/TLS connection to a PostgreSQL DB instance", "Requiring SSL/TLS for all connections to a MySQL DB
instance", "Security with Aurora MySQL".
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
        majors: Its known major versions, oldest first. Newer ones are accepted: AWS adds one every year, and names the
            family of its parameter groups after it. A deploy asks AWS whether the region has the version.
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
        is_known = found is not None and (found[1] in self.majors or _number(found[1]) > _number(self.majors[-1]))
        return found[1] if found is not None and is_known else None

    def parameter_family(self, version: str | None) -> str:
        """The family of parameter groups of a version. Raises ValueError for one that the engine does not have."""
        major = self.major(version)
        if major is None:
            raise ValueError(f"{self.name} has no version {version}")
        return f"{self.family}{major}"


def _number(major: str) -> tuple[int, ...]:
    return tuple(int(each) for each in major.split("."))


# 13 is out of standard support. A version of Extended Support ends with `-rds.20260226`.
_POSTGRES = ("13", "14", "15", "16", "17", "18")
_EXTENDED = r"(?:-[A-Za-z]+\.\d+)?"
_POSTGRES_VERSION = re.compile(r"(\d{2})(?:\.\d+)*" + _EXTENDED)
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
        version=re.compile(r"(\d{1,2}\.\d)(?:\.\d+)?" + _EXTENDED),
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
        majors=("8.0", "8.4"),
        default="8.0",
        version=re.compile(r"(\d{1,2}\.\d)(?:\.mysql_aurora(?:\.\d+){3})?"),
        tls=("require_secure_transport", "ON"),
    ),
}
"""The engines of Aurora Serverless v2."""


def engine_of(kind: Kind, *, serverless: bool) -> Engine:
    """The engine of a database: of Aurora Serverless v2, or of an instance."""
    return (CLUSTERS if serverless else INSTANCES)[kind]
