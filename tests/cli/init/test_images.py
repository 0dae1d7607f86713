"""Well-known images."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.init.images import base_port, is_proxy, replacement, resource, tool
from stacks.project import Selection, problems_of


@pytest.mark.parametrize(
    ("image", "managed"),
    [
        ("postgres", "Amazon Aurora or RDS for PostgreSQL"),
        ("bitnami/postgresql-repmgr:16", "Amazon Aurora or RDS for PostgreSQL"),
        ("localhost:5000/mirror/postgis@sha256:00", "Amazon Aurora or RDS for PostgreSQL"),
        ("mcr.microsoft.com/mssql/server:2022-latest", "Amazon RDS for SQL Server"),
        ("container-registry.oracle.com/database/free", None),
        ("gvenzl/oracle-xe:21-slim", "Amazon RDS for Oracle"),
        ("redis/redis-stack-server", "Amazon ElastiCache"),
        ("eqalpha/keydb", "Amazon ElastiCache"),
        ("apache/kafka:3.8", "Amazon MSK"),
        ("chromadb/chroma", "Amazon OpenSearch Service or Aurora with pgvector"),
        ("scylladb/scylla", "Amazon Keyspaces"),
        ("postgrest/postgrest", None),
        ("oliver006/redis_exporter", None),
        ("quay.io/prometheuscommunity/postgres-exporter", None),
        ("acme/redis-worker", None),
        ("acme/postgres-api", None),
        ("acme/server", None),
        ("edoburu/pgbouncer", None),
        ("mongo-express", None),
    ],
)
def test_a_data_store_has_a_managed_replacement(image: str, managed: str | None) -> None:
    assert replacement(image) == managed


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("bitnami/postgresql:16", "postgres"),
        ("mariadb:11", "mysql"),
        ("valkey/valkey:8", "valkey"),
        ("minio/minio", "bucket"),
        ("amazon/dynamodb-local", "table"),
    ],
)
def test_a_data_store_that_the_project_file_can_have_is_valid_there(image: str, kind: str, tmp_path: Path) -> None:
    found = resource(image)
    file = tmp_path / "ecsforge.yaml"
    file.write_text(f"project_id: shop\nservices: {{web: {{image: app:1}}}}\nresources: {{store: {found}}}\n")

    assert found is not None
    assert found.startswith(f"{{type: {kind}")
    assert [problem for problem in problems_of(Selection(file=file, env="dev")) if problem.severity == "error"] == []


@pytest.mark.parametrize("image", ["mongo:7", "cockroachdb/cockroach", "memcached", "acme/web"])
def test_other_images_have_no_entry(image: str) -> None:
    assert resource(image) is None


@pytest.mark.parametrize(
    "image",
    ["dpage/pgadmin4:8", "adminer", "mongo-express", "rediscommander/redis-commander", "mailhog/mailhog", "minio/mc"],
)
def test_a_development_tool_is_recognized(image: str) -> None:
    assert (tool(image) or "").startswith("a development tool")


@pytest.mark.parametrize("image", ["acme/console", "acme/server", "acme/flowers", "acme/mail", "acme/mc", "", ":", "@"])
def test_other_images_are_not(image: str) -> None:
    assert (tool(image), replacement(image)) == (None, None)


def test_a_proxy_is_recognized_by_image_and_name() -> None:
    assert is_proxy("web", "nginxinc/nginx-unprivileged:1.27")
    assert is_proxy("api-gateway", "")
    assert not is_proxy("web", "acme/nginx-exporter")


@pytest.mark.parametrize(
    ("image", "port"),
    [
        ("nginx", 80),
        ("php:8.3-apache", 80),
        ("php:8.3-fpm-alpine", 9000),
        ("php:8.3-cli", None),
        ("mcr.microsoft.com/dotnet/aspnet:6.0", 80),
        ("mcr.microsoft.com/dotnet/aspnet:10.0", 8080),
        ("tomcat:10", 8080),
        ("node:22", None),
    ],
)
def test_the_port_of_a_base_image(image: str, port: int | None) -> None:
    assert base_port(image) == port
