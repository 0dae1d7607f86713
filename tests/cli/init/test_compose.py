"""The conversion of a compose file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.init.compose import compose_services
from cli.init.draft import PLACEHOLDER_IMAGE, ServiceDraft


def test_each_service_is_converted(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("""
services:
  My_Web:
    image: ghcr.io/acme/web:${TAG:-latest}
    ports: ["127.0.0.1:8080:3000/tcp"]
    environment: {NODE_ENV: production, DEBUG: false, WORKERS: 4, FROM_SHELL: , PRICE: $$5, HOST: "${HOST}"}
  api:
    build: api
    expose: ["4000"]
    environment: [MODE=a=b, DB_PASSWORD=hunter2, BARE]
  mailer:
    image: acme/mailer
    command: node "send mail.js"
  long:
    image: acme/long
    ports: [{target: 9000, published: 80}]
    command: [run, 5]
  tagged:
    image: acme/tagged:$TAG
  db:
    image: postgres:16
""")

    services, notes = compose_services(tmp_path / "compose.yaml")

    assert services == (
        ServiceDraft(
            "my-web",
            "ghcr.io/acme/web:latest",
            3000,
            environment={"NODE_ENV": "production", "DEBUG": "false", "WORKERS": "4", "PRICE": "$5"},
        ),
        ServiceDraft(
            "api",
            PLACEHOLDER_IMAGE,
            4000,
            environment={"MODE": "a=b"},
            notes=("Not copied because secrets belong in SSM or Secrets Manager (see `secrets`): DB_PASSWORD.",),
        ),
        ServiceDraft("mailer", "acme/mailer", None, command=("node", "send mail.js")),
        ServiceDraft("long", "acme/long", 9000, command=("run", "5")),
        ServiceDraft("tagged", PLACEHOLDER_IMAGE, None, notes=("The compose file uses acme/tagged:$TAG.",)),
    )
    assert notes == ["compose.yaml: skipped db (postgres:16): use a managed AWS service for data stores"]


def test_credentials_are_not_copied(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("""
services:
  api:
    image: app:1
    command: [run, --password=hunter22]
    environment: {CACHE: "redis://:hunter2@cache", PGPASSWORD: x, KEY: AKIAIOSFODNN7EXAMPLE, SECRET_NAME: shop/api}
""")

    (service,), _ = compose_services(tmp_path / "compose.yml")

    assert service.command == ()
    assert service.environment == {"SECRET_NAME": "shop/api"}
    assert service.notes == (
        "Not copied because secrets belong in SSM or Secrets Manager (see `secrets`): the command, CACHE, "
        "PGPASSWORD, KEY.",
    )


def test_values_are_parsed_as_yaml_1_2(tmp_path: Path) -> None:
    """In YAML 1.1, PyYAML's version, `yes` is true and `22:22` is the number 1342."""
    (tmp_path / "compose.yaml").write_text("""
x-all: &all
  environment: {ON: yes, RAW: True, VERSION: 1.10, DAY: 2026-01-02, NONE: ~}
services:
  ssh: {<<: *all, image: acme/ssh, ports: [22:22]}
""")

    (service,), _ = compose_services(tmp_path / "compose.yaml")

    assert service.port == 22
    assert service.environment == {"ON": "yes", "RAW": "true", "VERSION": "1.10", "DAY": "2026-01-02"}


def test_keys_that_are_not_converted_are_noted(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("""
services:
  web: {image: acme/web, restart: always, env_file: .env, entrypoint: /run, healthcheck: {test: x}, deploy: {}}
""")

    (service,), _ = compose_services(tmp_path / "compose.yaml")

    assert service.notes == ("Not converted from the compose file: entrypoint, env_file, healthcheck.",)


def test_the_port_of_a_built_service_is_the_one_its_dockerfile_exposes(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "Dockerfile.prod").write_text("FROM node\nEXPOSE 4100\n")
    (tmp_path / "docker-compose.yml").write_text(
        "services: {api: {build: {context: api, dockerfile: Dockerfile.prod}}}"
    )

    services, _ = compose_services(tmp_path / "docker-compose.yml")

    assert [service.port for service in services] == [4100]


def test_malformed_services_become_placeholders(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("""
services: {a: null, A: {image: x}, b: {image: [5], ports: x, environment: 3, build: [1], command: "it's"}}
""")

    services, notes = compose_services(tmp_path / "compose.yml")

    assert services == (ServiceDraft("a", PLACEHOLDER_IMAGE, None), ServiceDraft("b", PLACEHOLDER_IMAGE, None))
    assert notes == ["compose.yml: skipped A: the service name a is already used"]


def test_a_file_that_is_not_utf_8_is_not_a_compose_file(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_bytes(b"services: {web: {image: caf\xe9}}")

    with pytest.raises(ValueError, match="utf-8"):
        compose_services(tmp_path / "compose.yml")


def test_aliases_are_used(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "x-common: &common {image: nginx, environment: &env {A: b}}\n"
        "services: {web: {<<: *common}, api: {image: api, environment: *env}}\n"
    )

    services, _ = compose_services(tmp_path / "compose.yaml")

    assert [(each.name, each.image, dict(each.environment)) for each in services] == [
        ("web", "nginx", {"A": "b"}),
        ("api", "api", {"A": "b"}),
    ]
