"""`{env}` and `{project_id}`, and services that only one environment has."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.errors import ProjectError
from stacks.project import Selection, load
from stacks.project.models import Project
from tests.project.conftest import Check

FILE = """\
project_id: shop
state: {backend: s3, bucket: states}
load_balancer: {https: {certificate_arn: "arn:aws:acm:us-east-1:123456789012:certificate/a"}}
services:
  web:
    image: registry.example.com/{project_id}-{env}:1.2
    image_credentials: secretsmanager:{env}/registry
    secrets: {DB: "ssm:/shop/{env}/db", JSON: "secretsmanager:shop:{{key}}"}
    env_files: ["s3://{project_id}-config/{env}.env"]
    logs: {driver: firelens, options: {Name: "{x}"}, secret_options: {apikey: "ssm:/{env}/key"}}
    environment: {TEXT: "{env} {{x}}"}
    http: {auth: {oidc: {issuer: "https://id.example.com", authorization_endpoint: "https://id.example.com/a",
      token_endpoint: "https://id.example.com/t", user_info_endpoint: "https://id.example.com/u", client_id: "{env}",
      client_secret: "secretsmanager:{project_id}/{env}/oidc"}}}
    sidecars:
      proxy: {image: "proxy:{env}", secrets: {A: "ssm:/{env}/a"}, env_files: ["s3://config/{env}/proxy.env"]}
environments:
  dev: {}
  prod: {services: {web: {image: "app:{env}"}}}
"""


def loaded(folder: Path, text: str, env: str, *sets: str) -> Project:
    (folder / "ecsforge.yaml").write_text(text, "utf-8")
    return load(Selection(file=folder / "ecsforge.yaml", env=env, sets=sets)).projects[0]


def test_placeholders_are_replaced_in_images_secrets_and_files(tmp_path: Path) -> None:
    web = loaded(tmp_path, FILE, "dev").services["web"]

    assert web.image == "registry.example.com/shop-dev:1.2"
    assert web.image_credentials == "secretsmanager:dev/registry"
    assert web.secrets == {"DB": "ssm:/shop/dev/db", "JSON": "secretsmanager:shop:{key}"}
    assert web.env_files == ("s3://shop-config/dev.env",)
    assert web.logs.secret_options == {"apikey": "ssm:/dev/key"}
    assert web.http.auth and web.http.auth.oidc
    assert web.http.auth.oidc.client_secret == "secretsmanager:shop/dev/oidc"
    proxy = web.sidecars["proxy"]
    assert (proxy.image, proxy.secrets["A"], proxy.env_files) == (
        "proxy:dev",
        "ssm:/dev/a",
        ("s3://config/dev/proxy.env",),
    )


def test_other_texts_have_no_placeholders(tmp_path: Path) -> None:
    web = loaded(tmp_path, FILE, "dev").services["web"]

    assert web.environment == {"TEXT": "{env} {{x}}"}
    assert web.logs.options == {"Name": "{x}"}
    assert web.http.auth and web.http.auth.oidc
    assert web.http.auth.oidc.client_id == "{env}"


def test_overrides_and_options_have_placeholders_too(tmp_path: Path) -> None:
    assert loaded(tmp_path, FILE, "prod").services["web"].image == "app:prod"
    assert loaded(tmp_path, FILE, "prod", "services.web.image=other:{env}").services["web"].image == "other:prod"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "secrets: {DB: 'ssm:/shop/{stage}/db'}",
            "5:19: services.web.secrets.DB has an unknown placeholder; got {stage}; "
            "use {env} or {project_id}; {{ and }} write braces",
        ),
        (
            "env_files: ['s3://b-1/a.env', 's3://b-1/{env.env']",
            "5:35: services.web.env_files[1] has an unknown placeholder; got {; "
            "use {env} or {project_id}; {{ and }} write braces",
        ),
        (
            "sidecars: {proxy: {image: 'proxy:{Env}'}}",
            "5:31: services.web.sidecars.proxy.image has an unknown placeholder; got {Env}; "
            "use {env} or {project_id}; {{ and }} write braces",
        ),
    ],
)
def test_an_unknown_placeholder_is_one_problem(check: Check, line: str, message: str) -> None:
    text = f"project_id: shop\nservices:\n  web:\n    image: app:1\n    {line}\n"

    assert check(text) == [f"error ecsforge.yaml:{message}"]


def test_a_value_that_may_be_a_secret_is_not_shown(check: Check) -> None:
    (message,) = check("project_id: shop\nservices: {web: {image: app:1, secrets: {DB: 'hunter{2}'}}}\n")

    assert "hunter" not in message
    assert "must be ssm:/name" in message


ONLY_DEV = """\
project_id: shop
services:
  web: {image: app:1}
environments:
  dev: {services: {mailhog: {type: worker, image: mailhog:1}}}
  prod: {}
"""


def test_an_environment_can_have_a_service_of_its_own(tmp_path: Path) -> None:
    assert [*loaded(tmp_path, ONLY_DEV, "dev").services] == ["web", "mailhog"]
    assert [*loaded(tmp_path, ONLY_DEV, "prod").services] == ["web"]


def test_a_service_without_an_image_is_a_misspelt_override(tmp_path: Path, check: Check) -> None:
    assert check(ONLY_DEV.replace(", image: mailhog:1", "")) == [
        "error ecsforge.yaml:5:20: an environment can only override services that are in the file, or add one with an "
        "image; got mailhog; the only one is web"
    ]
    with pytest.raises(ProjectError):
        loaded(tmp_path, ONLY_DEV.replace("image: mailhog:1", "repository: false"), "dev")


def test_an_environment_can_have_all_services(tmp_path: Path) -> None:
    text = "project_id: shop\nenvironments: {dev: {services: {api: {image: api:1}}}, prod: {}}\n"

    assert [*loaded(tmp_path, text, "dev").services] == ["api"]


def test_the_repository_of_a_service_of_one_environment_is_shared(tmp_path: Path) -> None:
    (tmp_path / "ecsforge.yaml").write_text(ONLY_DEV.replace("image: mailhog:1", "repository: true"), "utf-8")

    for env in ("dev", "prod"):
        shared = load(Selection(file=tmp_path / "ecsforge.yaml", env=env)).shared
        names = [*shared.project.services] if shared else []
        assert names == (["mailhog"] if env == "dev" else [])
