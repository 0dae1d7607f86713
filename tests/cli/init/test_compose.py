"""The conversion of a compose file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.init.compose import PLACEHOLDER_NOTE, compose_services, convert
from cli.init.draft import PLACEHOLDER_IMAGE, BuildDraft, ServiceDraft
from cli.init.notices import Group


def converted(folder: Path, text: str) -> tuple[ServiceDraft, ...]:
    (folder / "compose.yaml").write_text(text, encoding="utf-8")
    return compose_services(folder / "compose.yaml")[0]


def noticed(folder: Path, text: str, group: Group) -> list[tuple[str, str]]:
    (folder / "compose.yaml").write_text(text, encoding="utf-8")
    notices = compose_services(folder / "compose.yaml")[1]
    return [(notice.subject, notice.text) for notice in notices if notice.group is group]


def test_each_service_is_converted(tmp_path: Path) -> None:
    services = converted(
        tmp_path,
        """
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
""",
    )

    literals = {"NODE_ENV": "production", "DEBUG": "false", "WORKERS": "4", "PRICE": "$5"}
    missing = "The image of the compose file needs the variable TAG."
    assert services == (
        ServiceDraft(
            "my-web",
            "ghcr.io/acme/web:latest",
            3000,
            environment=literals,
            secrets={"FROM_SHELL": "FROM_SHELL", "HOST": "HOST"},
        ),
        ServiceDraft(
            "api",
            PLACEHOLDER_IMAGE,
            None,
            environment={"MODE": "a=b"},
            build=BuildDraft("api"),
            secrets={"DB_PASSWORD": "DB_PASSWORD", "BARE": "BARE"},
            connect=True,
            connect_port=4000,
        ),
        ServiceDraft("mailer", "acme/mailer", None, command=("node", "send mail.js")),
        ServiceDraft("long", "acme/long", 9000, command=("run", "5")),
        ServiceDraft("tagged", PLACEHOLDER_IMAGE, None, notes=(PLACEHOLDER_NOTE, missing)),
    )


def test_the_catch_all_is_the_proxy_or_the_first_published_service(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {api: {image: a, ports: [1000]}, web: {image: b, ports: [2000]}}")
    assert convert(file).catch_all == "api"

    file.write_text("services: {api: {image: a, ports: [1000]}, edge: {image: 'nginx:1', ports: [80]}}")
    assert convert(file).catch_all == "edge"


def test_credentials_are_not_copied(tmp_path: Path) -> None:
    (service,) = converted(
        tmp_path,
        """
services:
  api:
    image: app:1
    command: [run, --password=hunter22]
    environment: {CACHE: "redis://:hunter2@cache", PGPASSWORD: x, KEY: AKIAIOSFODNN7EXAMPLE, SECRET_NAME: shop/api,
      LICENSE: f3a9c1d7e5b2408896aa71c3d9e0b4f2, USE_TOKEN: "false"}
""",
    )

    assert service.command == ()
    assert service.environment == {"SECRET_NAME": "shop/api", "USE_TOKEN": "false"}
    assert list(service.secrets) == ["CACHE", "PGPASSWORD", "KEY", "LICENSE"]


def test_values_are_parsed_as_yaml_1_2(tmp_path: Path) -> None:
    """In YAML 1.1, PyYAML's version, `yes` is true and `22:22` is the number 1342."""
    (service,) = converted(
        tmp_path,
        """
x-all: &all
  environment: {ON: yes, RAW: True, VERSION: 1.10, DAY: 2026-01-02}
services:
  ssh: {<<: *all, image: acme/ssh, ports: [8022:8022]}
""",
    )

    assert service.port == 8022
    assert service.environment == {"ON": "yes", "RAW": "true", "VERSION": "1.10", "DAY": "2026-01-02"}


def test_every_key_that_is_not_converted_is_named(tmp_path: Path) -> None:
    text = """
services:
  web: {image: acme/web, ports: [80, 81, 53/udp], restart: always, networks: [a], privileged: true, x-mine: 1,
    deploy: {resources: {limits: {cpus: 1}}, update_config: {}}, unknown_key: 5, healthcheck: {test: [curl]}}
"""
    assert noticed(tmp_path, text, Group.DROPPED) == [
        ("web", "networks, privileged, unknown_key, deploy.update_config, port 53/udp, healthcheck, port 81")
    ]


def test_a_service_built_from_a_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "Dockerfile.prod").write_text("FROM node\nEXPOSE 4100\n")

    (service,) = converted(
        tmp_path,
        "services: {api: {build: {context: ./api, dockerfile: Dockerfile.prod, args: [A=b, C]}, ports: ['${P}:${P}']}}",
    )

    assert service.port == 4100
    assert service.build == BuildDraft("api", "Dockerfile.prod", None, {"A": "b"})


def test_the_health_check_of_an_image_is_not_used_for_another_command(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM node\nHEALTHCHECK CMD curl -f localhost || exit 1\nEXPOSE 3000\n")
    text = "services: {web: {build: .}, worker: {build: ., command: run}}"

    web, worker = converted(tmp_path, text)

    command = ["CMD-SHELL", "curl -f localhost || exit 1"]
    assert (web.settings, worker.settings) == ({"container_health_check": {"command": command}}, {})
    assert noticed(tmp_path, text, Group.CHECK)[0] == (
        "worker",
        "does not use the HEALTHCHECK of its Dockerfile, because it has another command",
    )


def test_the_health_check_path_is_the_one_that_the_container_requests(tmp_path: Path) -> None:
    check = "healthcheck: {test: 'wget -q http://127.0.0.1:3000/up?full=1 | grep ok', timeout: 500ms, retries: 99}"

    (service,) = converted(tmp_path, f"services: {{web: {{image: acme/web, ports: ['80:3000'], {check}}}}}")

    assert service.settings["health_check"] == {"path": "/up?full=1"}
    assert service.settings["container_health_check"] == {
        "command": ["CMD-SHELL", "wget -q http://127.0.0.1:3000/up?full=1 | grep ok"],
        "timeout": 2,
        "retries": 10,
    }


@pytest.mark.parametrize(
    ("test", "path"),
    [
        ("[CMD, curl, -f, 'http://localhost:3000/healthz']", "/healthz"),
        ("curl --fail localhost:3000/up || exit 1", "/up"),
        ("wget -O- http://0.0.0.0:$${PORT}/live", "/live"),
        ("curl -f http://localhost:9000/other", None),
        ("curl -f http://localhost/no-port", None),
        ("curl -f https://example.com:3000/", None),
        ("pg_isready -h localhost", None),
    ],
)
def test_the_path_is_used_where_the_port_fits(tmp_path: Path, test: str, path: str | None) -> None:
    (service,) = converted(
        tmp_path, f"services:\n  web:\n    image: w\n    ports: [3000]\n    healthcheck:\n      test: {test}\n"
    )

    assert service.settings.get("health_check") == (None if path is None else {"path": path})


def test_secrets_in_files_are_named(tmp_path: Path) -> None:
    text = "services: {web: {image: w, secrets: [token]}}"

    assert noticed(tmp_path, text, Group.CHECK)[0] == (
        "web",
        "reads secrets from /run/secrets, which does not exist on ECS: read variables of secrets",
    )


def test_services_with_different_values_have_parameters_of_their_own(tmp_path: Path) -> None:
    one, two = converted(
        tmp_path,
        """
services:
  one: {image: acme/one, environment: {SHARED_TOKEN: a, OWN_TOKEN: b}}
  two: {image: acme/two, environment: {SHARED_TOKEN: a, OWN_TOKEN: c}}
""",
    )

    assert one.secrets == {"SHARED_TOKEN": "SHARED_TOKEN", "OWN_TOKEN": "one/OWN_TOKEN"}
    assert two.secrets == {"SHARED_TOKEN": "SHARED_TOKEN", "OWN_TOKEN": "two/OWN_TOKEN"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("API_URL", "http://api:4000/v1"),
        ("API_URL", "http://user@api:4000"),
        ("API_HOST", "api"),
        ("API_ADDR", "api:4000"),
        ("PEERS", "other:1,api:4000"),
        ("CONNECTION", "Server=api;Database=x"),
        ("CONNECTION", "host=api port=4000"),
        ("GO_DSN_LIKE", "tcp(api:4000)/x"),
        ("JDBC", "jdbc:custom://api:4000/x"),
    ],
)
def test_a_host_name_in_a_value_switches_connect_on(tmp_path: Path, variable: str, value: str) -> None:
    web, api = converted(
        tmp_path,
        f"services: {{web: {{image: w, environment: {{{variable}: '{value}'}}}}, api: {{image: a, expose: [4000]}}}}",
    )

    assert (web.connect, api.connect, api.connect_port) == (True, True, 4000)


@pytest.mark.parametrize(("variable", "value"), [("MODE", "api"), ("TEXT", "the api"), ("API_URL", "https://api.com")])
def test_other_text_is_not_a_host_name(tmp_path: Path, variable: str, value: str) -> None:
    web, api = converted(
        tmp_path, f"services: {{web: {{image: w, environment: {{{variable}: '{value}'}}}}, api: {{image: a}}}}"
    )

    assert (web.connect, api.connect) == (False, False)


def test_a_port_that_a_service_does_not_serve_is_named(tmp_path: Path) -> None:
    text = """
services:
  web: {image: w, environment: {A: "http://api:8080", B: "http://backend", C: "http://unknown"}}
  api: {image: a, ports: ["8080:3000"], container_name: backend}
"""
    assert noticed(tmp_path, text, Group.CHECK) == [
        ("api", "other services call port 80, 8080 of it, and it serves port 3000"),
        ("api", "Service Connect has one name for it, api; not backend"),
    ]


def test_a_file_that_is_not_utf_8_is_not_a_compose_file(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_bytes(b"services: {web: {image: caf\xe9}}")

    with pytest.raises(ValueError, match="utf-8"):
        compose_services(tmp_path / "compose.yml")


def test_too_many_services_are_refused(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("services:\n" + "".join(f"  s{number}: {{}}\n" for number in range(201)))

    with pytest.raises(ValueError, match="more than 200 services"):
        compose_services(tmp_path / "compose.yml")


def test_aliases_are_used(tmp_path: Path) -> None:
    services = converted(
        tmp_path,
        "x-common: &common {image: nginx, environment: &env {A: b}}\n"
        "services: {web: {<<: *common}, api: {image: api, environment: *env}}\n",
    )

    assert [(each.name, each.image, dict(each.environment)) for each in services] == [
        ("web", "nginx", {"A": "b"}),
        ("api", "api", {"A": "b"}),
    ]


def test_compose_file_of_the_env_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("COMPOSE_FILE=compose.yaml:compose.prod.yaml\n")
    (tmp_path / "compose.prod.yaml").write_text("services: {web: {ports: [5000]}}")

    assert converted(tmp_path, "services: {web: {image: acme/web}}") == (ServiceDraft("web", "acme/web", 5000),)


@pytest.mark.parametrize(
    "sysctls",
    [
        "{net.core.somaxconn: 1024, kernel.pid_max: 4, net.ipv4.ip_forward: }",
        "[net.core.somaxconn=1024, kernel.pid_max=4, net.ipv4.ip_forward]",
    ],
)
def test_kernel_parameters_and_the_init_process_are_converted(tmp_path: Path, sysctls: str) -> None:
    text = f"services: {{web: {{image: acme/web, init: true, sysctls: {sysctls}}}}}"

    (web,) = converted(tmp_path, text)

    assert web.settings["system_controls"] == {"net.core.somaxconn": "1024"}
    assert web.settings["init_process"] is True
    assert noticed(tmp_path, text, Group.DROPPED) == [("web", "sysctls.kernel.pid_max, sysctls.net.ipv4.ip_forward")]


def test_without_an_init_process_there_is_none(tmp_path: Path) -> None:
    (web,) = converted(tmp_path, "services: {web: {image: acme/web, init: false, sysctls: 5}}")

    assert {"init_process", "system_controls"} & web.settings.keys() == set()
