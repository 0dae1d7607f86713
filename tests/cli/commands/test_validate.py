"""`ecsforge validate`."""

from __future__ import annotations

import json
from pathlib import Path

GOOD = """\
project_id: node-app
services:
  web: {image: "ghcr.io/acme/web:1"}
  api: {image: "ghcr.io/acme/api:1", http: {paths: [/api]}}
environments: {dev: {}, staging: {}, prod: {}}
"""
BAD = """\
project_id: node-app
regon: us-east-1
services:
  web: {image: "ghcr.io/acme/web:1", port: 99999}
"""


def test_a_good_file_says_what_was_checked(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(GOOD)

    result = invoke("validate")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "ecsforge.yaml: 3 environments, 2 services, no problems\n"


def test_one_environment_can_be_checked_alone(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(GOOD)

    assert invoke("validate", "--env", "dev").stderr == "ecsforge.yaml: 1 environment, 2 services, no problems\n"


def test_a_file_without_environments_is_checked_for_any(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(GOOD.split("environments")[0])

    result = invoke("validate")

    assert (result.exit_code, result.stderr) == (0, "ecsforge.yaml: any environment, 2 services, no problems\n")


def test_no_file_is_checked_as_the_defaults(invoke) -> None:
    result = invoke("validate", "--project-id", "node-app", "--env", "prod", "--set", "services.web.port=80")

    assert (result.exit_code, result.stderr) == (0, "the built-in defaults: 1 environment, 1 service, no problems\n")


def test_warnings_are_shown_and_end_with_0(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: node-app\nservices: {web: {image: nginx}}\n")

    result = invoke("validate")

    assert result.exit_code == 0
    warning, summary = result.stderr.splitlines()
    assert warning.startswith("warning: ecsforge.yaml:2:")
    assert summary == "ecsforge.yaml: any environment, 1 service, 1 warning"


def test_every_problem_is_printed_and_ends_with_2(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(BAD)

    result = invoke("validate")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "ecsforge.yaml:2:1: unknown key at the top level; got regon; did you mean region?\n"
        "ecsforge.yaml:4:44: services.web.port must be a whole number from 1 to 65535; got 99999; "
        "write 65535 or less\n"
        "2 problems in ecsforge.yaml\n"
    )


def test_json_is_for_editors(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(BAD)

    result = invoke("validate", "--json")

    assert (result.exit_code, result.stderr) == (2, "")
    assert json.loads(result.stdout)[0] == {
        "file": "ecsforge.yaml",
        "line": 2,
        "column": 1,
        "severity": "error",
        "message": "unknown key at the top level; got regon; did you mean region?",
        "what": "unknown key at the top level",
        "got": "regon",
        "fix": "did you mean region?",
        "path": ["regon"],
    }


def test_json_has_no_line_where_an_option_is_wrong(invoke) -> None:
    result = invoke("validate", "--json", "--project-id", "x--y", "--env", "prod")

    assert result.exit_code == 2
    problem = json.loads(result.stdout)[0]
    assert (problem["file"], problem["line"], problem["column"]) == ("--project-id", None, None)


def test_json_of_a_good_file_is_an_empty_list(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(GOOD)

    result = invoke("validate", "--json", "-q")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "[]\n", "")


def test_a_file_that_is_missing_is_a_problem_not_a_crash(invoke) -> None:
    result = invoke("validate", "-f", "missing.yaml")

    assert result.exit_code == 2
    assert result.stderr.startswith("missing.yaml: ")
