"""What a Dockerfile and a compose file say."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.init.detect import PLACEHOLDER, Found, exposed_port, look_around, project_name, routed, service_name
from cli.init.render import ServiceDraft


@pytest.mark.parametrize(
    ("dockerfile", "port"),
    [
        ("FROM node\nEXPOSE 3000\n", 3000),
        ("from node\nexpose 8080/tcp 9090\n", 8080),
        ("FROM node\nEXPOSE 53/udp 8053\n", 8053),
        ("FROM node\nENV PORT=4000\nEXPOSE $PORT\n", 4000),
        ('FROM node\nENV PORT "4000"\nENV PORT 4001\nEXPOSE ${PORT}\n', 4001),
        ("FROM node\nEXPOSE ${PORT:-5000}\n", 5000),
        ("FROM node\nEXPOSE \\\n  6000\n", 6000),
        ("FROM node AS build\nEXPOSE 1\nFROM nginx\n", None),
        ("FROM node AS build\nEXPOSE 1\nFROM nginx\nEXPOSE 80\n", 80),
        ("FROM node AS base\nEXPOSE 3000\nFROM base AS build\nRUN x\nFROM --platform=$X Base\nCMD x\n", 3000),
        ("FROM node AS base\nEXPOSE 3000\nFROM base\nEXPOSE 4000\nEXPOSE 5000\n", 4000),
        ("FROM node AS base\nEXPOSE 3000\nFROM base\nEXPOSE 53/udp\n", 3000),
        ("FROM node\nARG PORT=4000\nENV APP_PORT=$PORT\nEXPOSE $APP_PORT 8081\n", 4000),
        ('FROM node\nEXPOSE "5000"\n', 5000),
        ("FROM node\nEXPOSE 7000-7005\n", 7000),
        ("FROM node\nEXPOSE $UNKNOWN\n", None),
        ("FROM node\n# EXPOSE 80\n", None),
        ("FROM node\nEXPOSE 99999 ²\n", None),
        ("\x00\xff", None),
    ],
)
def test_the_port_a_dockerfile_exposes(tmp_path: Path, dockerfile: str, port: int | None) -> None:
    (tmp_path / "Dockerfile").write_text(dockerfile, encoding="utf-8")

    assert exposed_port(tmp_path / "Dockerfile") == port


def test_an_empty_folder_says_nothing(tmp_path: Path) -> None:
    assert look_around(tmp_path) == Found()


def test_the_services_of_a_compose_file(tmp_path: Path) -> None:
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

    found = look_around(tmp_path)

    assert found.services == (
        ServiceDraft(
            "my-web",
            "ghcr.io/acme/web:latest",
            3000,
            environment={"NODE_ENV": "production", "DEBUG": "false", "WORKERS": "4", "PRICE": "$5"},
        ),
        ServiceDraft(
            "api",
            PLACEHOLDER,
            4000,
            environment={"MODE": "a=b"},
            notes=("Not copied, since a secret belongs into SSM or Secrets Manager (see `secrets`): DB_PASSWORD.",),
        ),
        ServiceDraft("mailer", "acme/mailer", None, command=("node", "send mail.js")),
        ServiceDraft("long", "acme/long", 9000, command=("run", "5")),
        ServiceDraft("tagged", PLACEHOLDER, None, notes=("In the compose file it is acme/tagged:$TAG.",)),
    )
    assert found.notes == ("compose.yaml: left out db (postgres:16), which keeps data: use a managed service",)


def test_no_credential_of_a_compose_file_is_copied(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("""
services:
  api:
    image: app:1
    command: [run, --password=hunter22]
    environment: {CACHE: "redis://:hunter2@cache", PGPASSWORD: x, KEY: AKIAIOSFODNN7EXAMPLE, SECRET_NAME: shop/api}
""")

    (service,) = look_around(tmp_path).services

    assert service.command == ()
    assert service.environment == {"SECRET_NAME": "shop/api"}
    assert service.notes == (
        "Not copied, since a secret belongs into SSM or Secrets Manager (see `secrets`): the command, CACHE, "
        "PGPASSWORD, KEY.",
    )


def test_a_compose_file_is_read_as_compose_reads_it(tmp_path: Path) -> None:
    """By YAML 1.1, which PyYAML knows, `yes` would be true and `22:22` the number 1342."""
    (tmp_path / "compose.yaml").write_text("""
x-all: &all
  environment: {ON: yes, RAW: True, VERSION: 1.10, DAY: 2026-01-02, NONE: ~}
services:
  ssh: {<<: *all, image: acme/ssh, ports: [22:22]}
""")

    (service,) = look_around(tmp_path).services

    assert service.port == 22
    assert service.environment == {"ON": "yes", "RAW": "true", "VERSION": "1.10", "DAY": "2026-01-02"}


def test_what_is_not_taken_over_of_a_compose_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("""
services:
  web: {image: acme/web, restart: always, env_file: .env, entrypoint: /run, healthcheck: {test: x}, deploy: {}}
""")

    (service,) = look_around(tmp_path).services

    assert service.notes == ("Of the compose file not taken over: entrypoint, env_file, healthcheck.",)


def test_a_service_that_is_built_listens_where_its_dockerfile_says(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "Dockerfile.prod").write_text("FROM node\nEXPOSE 4100\n")
    (tmp_path / "docker-compose.yml").write_text(
        "services: {api: {build: {context: api, dockerfile: Dockerfile.prod}}}"
    )

    assert [service.port for service in look_around(tmp_path).services] == [4100]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "it is not valid YAML"),
        ("version: '3'", "it has no services"),
        ("- web", "it has no services"),
        ("services: web", "it has no services"),
    ],
)
def test_a_broken_compose_file_is_named_and_left(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "compose.yml").write_text(text)

    assert look_around(tmp_path) == Found(notes=(f"compose.yml was not read: {reason}",))


def test_odd_services_of_a_compose_file_break_nothing(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("""
services: {a: null, A: {image: x}, b: {image: [5], ports: x, environment: 3, build: [1], command: "it's"}}
""")

    found = look_around(tmp_path)

    assert found.services == (ServiceDraft("a", PLACEHOLDER, None), ServiceDraft("b", PLACEHOLDER, None))
    assert found.notes == ("compose.yml: left out A, whose name would be a once more",)


@pytest.mark.parametrize(
    ("text", "name"),
    [("web", "web"), ("My_App.Web", "my-app-web"), ("1st", "st"), ("a" * 19 + "-b", "a" * 19), ("日本", "web")],
)
def test_names_of_services(text: str, name: str) -> None:
    assert service_name(text) == name


@pytest.mark.parametrize(
    ("text", "name"), [("Node App", "node-app"), ("a", "my-app"), ("2024--shop_", "shop"), ("x" * 30, "x" * 24)]
)
def test_names_of_projects(text: str, name: str) -> None:
    assert project_name(text) == name


def test_only_the_first_web_service_takes_every_path() -> None:
    web, api, worker = ServiceDraft("web", "x", 80), ServiceDraft("api", "x", 80), ServiceDraft("worker", "x", None)

    assert [service.paths for service in routed([worker, web, api])] == [(), (), ("/api", "/api/*")]
