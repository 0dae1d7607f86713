"""`ecsforge list`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FILE = """\
project_id: node-app
services: {web: {image: "ghcr.io/acme/web:1"}}
environments:
  dev: {}
  prod: {account_id: "123456789012", region: eu-west-1, protected: true}
"""


@pytest.fixture(autouse=True)
def file(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)


def test_one_stack_per_line(invoke) -> None:
    result = invoke("list")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "node-app-dev\nnode-app-prod\n", "")


def test_one_environment(invoke) -> None:
    assert invoke("--env", "prod", "list").stdout == "node-app-prod\n"


def test_another_project_id(invoke) -> None:
    assert invoke("list", "--project-id", "shop", "--env", "dev").stdout == "shop-dev\n"


def test_json_has_the_account_and_region_of_each_stack(invoke) -> None:
    assert json.loads(invoke("list", "--json").stdout) == [
        {
            "name": "node-app-dev",
            "env": "dev",
            "project_id": "node-app",
            "account_id": None,
            "region": "us-east-1",
            "protected": False,
        },
        {
            "name": "node-app-prod",
            "env": "prod",
            "project_id": "node-app",
            "account_id": "123456789012",
            "region": "eu-west-1",
            "protected": True,
        },
    ]


def test_an_unknown_environment_is_rejected(invoke) -> None:
    result = invoke("list", "--env", "prd")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean prod?" in result.stderr


def test_a_file_without_environments_needs_one(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: node-app\nservices: {web: {image: x, port: 80}}\n")

    assert invoke("list").exit_code == 2
    assert invoke("list", "--env", "dev").stdout == "node-app-dev\n"


def test_a_file_in_a_parent_folder_is_named(invoke, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "apps" / "web").mkdir(parents=True)
    monkeypatch.chdir(folder / "apps" / "web")

    found, named = invoke("list"), invoke("list", "-f", "../../ecsforge.yaml")

    assert (found.stdout, found.stderr) == ("node-app-dev\nnode-app-prod\n", "Using ../../ecsforge.yaml\n")
    assert named.stderr == ""
