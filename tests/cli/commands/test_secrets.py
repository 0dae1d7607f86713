"""`ecsforge secrets` with moto as AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cli.commands.conftest import Answer
from tests.conftest import Invoke
from tests.support.scripted_terraform import ScriptedTerraform

PROJECT = """\
project_id: shop
region: eu-west-1
environments: {dev: {}, prod: {protected: true, account_id: "123456789012"}}
services:
  web: {image: "nginx:1.27", port: 80, secrets: {URL: "ssm:/shop/url", KEY: "secretsmanager:shop/payment:key"}}
"""
VALUE = "s3cret-value"
WHERE = "shop-dev in eu-west-1, account 123456789012\n"
SHARED = "warning: prod, which is protected, uses {} too\n"


@pytest.fixture(autouse=True)
def project(terraform: ScriptedTerraform, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT)


def parameter() -> str:
    found = boto3.client("ssm", "eu-west-1").get_parameter(Name="/shop/url", WithDecryption=True)
    value: str = found["Parameter"]["Value"]
    return value


def test_a_value_on_stdin_is_stored_without_its_line_break_and_never_shown(invoke: Invoke) -> None:
    result = invoke("secrets", "set", "URL", "--env", "dev", "-v", input=f"{VALUE}\n")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == (
        f"{WHERE}{SHARED.format('ssm:/shop/url')}Created ssm:/shop/url\nNext: ecsforge deploy --env dev\n"
    )
    assert parameter() == VALUE


def test_a_deployed_environment_is_pointed_to_a_restart(invoke: Invoke) -> None:
    tags = [{"key": "Project", "value": "shop"}, {"key": "Environment", "value": "dev"}]
    boto3.client("ecs", "eu-west-1").create_cluster(clusterName="web-cluster-shop-dev", tags=tags)  # type: ignore[arg-type]

    result = invoke("secrets", "set", "URL", "--env", "dev", input=VALUE)

    assert result.stderr.splitlines()[-1] == ("Running tasks keep the old value. Next: ecsforge restart web --env dev")


def test_an_empty_value_is_invalid_input(invoke: Invoke) -> None:
    result = invoke("secrets", "set", "URL", "--env", "dev", input="")

    assert result.exit_code == 2
    assert "error: URL: the value is empty; pass it on stdin, or type it at the prompt\n" in result.stderr


def test_a_value_that_is_not_text_is_invalid_input(invoke: Invoke) -> None:
    result = invoke("secrets", "set", "URL", "--env", "dev", input=b"\xff\xfe")

    assert result.exit_code == 2
    assert "error: URL: the value on stdin is not UTF-8 text; encode it, for example with base64\n" in result.stderr


def test_an_unknown_name_is_refused_before_aws_is_asked(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    result = invoke("secrets", "set", "URI", "--env", "dev", input=VALUE)

    assert (result.exit_code, result.stderr.splitlines()[0]) == (
        2,
        "error: unknown secret; got URI; did you mean URL?",
    )


def test_a_protected_environment_needs_the_name_of_the_stack(invoke: Invoke) -> None:
    refused = invoke("secrets", "set", "URL", "--env", "prod", input=VALUE)
    wrong = invoke("secrets", "set", "URL", "--env", "prod", "--yes-i-mean", "shop-dev", input=VALUE)
    agreed = invoke("secrets", "set", "URL", "--env", "prod", "--yes-i-mean", "shop-prod", input=VALUE)

    assert (refused.exit_code, wrong.exit_code, agreed.exit_code) == (2, 2, 0)
    assert (
        "error: cannot ask 'prod is protected. To set URL, type shop-prod' because the input is not a terminal; pass "
        "--yes-i-mean shop-prod\n"
    ) in refused.stderr
    assert "error: --yes-i-mean: wrong stack name; got shop-dev; the selected stack is shop-prod\n" in wrong.stderr


def test_credentials_for_another_account_are_refused(invoke: Invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT.replace('"123456789012"', '"210987654321"'))

    result = invoke("secrets", "list", "--env", "prod")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: account_id: the environment prod belongs to account 210987654321; got ")


def test_the_list_shows_what_is_set_and_exits_with_1_for_the_rest(invoke: Invoke) -> None:
    invoke("secrets", "set", "URL", "--env", "dev", input=VALUE)

    result = invoke("secrets", "list", "--env", "dev")

    assert result.exit_code == 1
    url, key = (line.split("\t") for line in result.stdout.splitlines())
    assert (url[:2], url[3:]) == (["URL", "set"], ["web", "ssm:/shop/url"])
    assert key == ["KEY", "missing", "-", "web", "secretsmanager:shop/payment:key"]
    assert result.stderr == f"{WHERE}Not set: KEY. Next: ecsforge secrets set KEY --env dev\n"
    assert VALUE not in result.output


def test_the_list_as_json(invoke: Invoke) -> None:
    for name in ("URL", "KEY"):
        invoke("secrets", "set", name, "--env", "dev", input=VALUE)

    result = invoke("secrets", "list", "--env", "dev", "--json")

    assert result.exit_code == 0
    url, key = json.loads(result.stdout)
    assert url.pop("changed").endswith("+00:00")
    assert url == {
        "name": "URL",
        "state": "set",
        "reference": "ssm:/shop/url",
        "services": ["web"],
        "kind": "SecureString",
    }
    assert key["kind"] == "secret"


def test_a_project_without_secrets_has_an_empty_list(invoke: Invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: shop\nenvironments: {dev: {}}\nservices: {w: {type: worker}}\n")

    result = invoke("secrets", "list", "--env", "dev")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.endswith("The project file names no secrets\n")


def test_unset_asks_and_says_what_is_left(invoke: Invoke, answer: Answer) -> None:
    invoke("secrets", "set", "URL", "--env", "dev", input=VALUE)

    declined = answer("n\n", "secrets", "unset", "URL", "--env", "dev")
    deleted = answer("y\n", "secrets", "unset", "URL", "--env", "dev")
    absent = invoke("secrets", "unset", "URL", "--env", "dev")

    assert (declined.exit_code, deleted.exit_code, absent.exit_code) == (1, 0, 0)
    assert declined.stderr.endswith("Nothing was changed\n")
    assert deleted.stderr.endswith(
        "Deleted ssm:/shop/url\nNext: remove URL from the project file, or set it again: ecsforge secrets set URL "
        "--env dev\n"
    )
    assert absent.stderr.endswith("ssm:/shop/url is not set; nothing was changed\n")


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_before_the_value_changes_nothing(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.secrets.set.cluster_exists", interrupt)

    result = invoke("secrets", "set", "URL", "--env", "dev", input=VALUE)

    assert result.exit_code == 130
    assert result.stderr.endswith("Interrupted: nothing was changed. To continue: ecsforge secrets set --env dev URL\n")


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_after_the_value_points_to_the_list(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.secrets.set._put_parameter", interrupt)

    result = invoke("secrets", "set", "URL", "--env", "dev", input=VALUE)

    assert result.exit_code == 130
    assert result.stderr.endswith(
        "Interrupted: the value may be set; ecsforge secrets list --env dev shows when it was changed. To continue: "
        "ecsforge secrets set --env dev URL\n"
    )


def interrupt(*_: Any) -> None:
    """Ctrl-C is pressed."""
    raise KeyboardInterrupt


HELP = "Try 'ecsforge secrets rotate --help' for help.\n"
DATABASES = """\
resources:
  db: {type: postgres, instance: db.t4g.micro}
  files: {type: bucket}
"""
USING = PROJECT.replace("services:\n", "services:\n  api: {type: worker, image: 'nginx:1.27', uses: {db: {url: DB}}}\n")


def test_rotate_prints_the_line_to_add(invoke: Invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(USING + DATABASES)

    result = invoke("secrets", "rotate", "db", "--env", "dev")

    assert (result.exit_code, result.stdout) == (0, "password_version: 2\n")
    assert result.stderr == (
        "Add this line to resources.db at ecsforge.yaml:8:3:\n"
        "The deploy replaces the tasks of api; until then they can't open new connections\n"
        "Next: ecsforge deploy --env dev\n"
    )


def test_rotate_prints_the_line_to_change_where_it_is_written(invoke: Invoke, folder: Path) -> None:
    own = PROJECT.replace("{dev: {}", "{dev: {resources: {db: {password_version: 7}}}")
    (folder / "ecsforge.yaml").write_text(own + DATABASES)

    result = invoke("secrets", "rotate", "db", "--env", "dev")

    assert (result.exit_code, result.stdout) == (0, "password_version: 8\n")
    assert result.stderr == ("Change the line at ecsforge.yaml:3:57:\nNext: ecsforge deploy --env dev\n")


@pytest.mark.parametrize("name", ["bd", "files"])
def test_rotate_refuses_what_is_not_a_database(invoke: Invoke, folder: Path, name: str) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT + DATABASES)

    result = invoke("secrets", "rotate", name, "--env", "dev")

    fix = "did you mean db?" if name == "bd" else "the only one is db"
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"error: resources.{name}: dev does not have this database; {fix}\n{HELP}"
