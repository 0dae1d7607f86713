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


def test_the_stacks_one_a_line(invoke) -> None:
    result = invoke("list")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "node-app-dev\nnode-app-prod\n", "")


def test_one_environment(invoke) -> None:
    assert invoke("--env", "prod", "list").stdout == "node-app-prod\n"


def test_another_project_id(invoke) -> None:
    assert invoke("list", "--project-id", "shop", "--env", "dev").stdout == "shop-dev\n"


def test_json_says_where_each_stack_goes(invoke) -> None:
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


def test_an_environment_that_is_not_in_the_file(invoke) -> None:
    result = invoke("list", "--env", "prd")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean prod?" in result.stderr
