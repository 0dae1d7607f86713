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


def test_a_valid_file_prints_a_summary(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(GOOD)

    result = invoke("validate")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "ecsforge.yaml: 3 environments, 2 services, no problems\n"


def test_one_environment_can_be_checked(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(GOOD)

    assert invoke("validate", "--env", "dev").stderr == "ecsforge.yaml: 1 environment, 2 services, no problems\n"


def test_a_file_without_environments_is_checked_for_any_environment(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(GOOD.split("environments")[0])

    result = invoke("validate")

    assert (result.exit_code, result.stderr) == (0, "ecsforge.yaml: any environment, 2 services, no problems\n")


def test_without_a_file_the_defaults_are_checked(invoke) -> None:
    result = invoke("validate", "--project-id", "node-app", "--env", "prod", "--set", "services.web.port=80")

    assert (result.exit_code, result.stderr) == (
        0,
        "warning: the built-in defaults: services.web has no image, so it runs the placeholder nginx:latest; "
        "add image: registry.example.com/team/app:1.2 with your own image\n"
        "the built-in defaults: 1 environment, 1 service, 1 warning\n",
    )


def test_warnings_are_printed_and_exit_with_0(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: node-app\nservices: {web: {image: nginx}}\n")

    result = invoke("validate")

    assert result.exit_code == 0
    warning, summary = result.stderr.splitlines()
    assert warning.startswith("warning: ecsforge.yaml:2:")
    assert summary == "ecsforge.yaml: any environment, 1 service, 1 warning"


def test_every_problem_is_printed_and_exits_with_2(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(BAD)

    result = invoke("validate")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "ecsforge.yaml:2:1: unknown key at the top level; got regon; did you mean region?\n"
        "ecsforge.yaml:4:44: services.web.port must be a whole number from 1 to 65535; got 99999; "
        "write 65535 or less\n"
        "2 problems in ecsforge.yaml\n"
    )


def test_json_has_the_fields_of_each_problem(invoke, folder: Path) -> None:
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


def test_json_has_no_line_for_an_invalid_option(invoke) -> None:
    result = invoke("validate", "--json", "--project-id", "x--y", "--env", "prod")

    assert result.exit_code == 2
    problem = json.loads(result.stdout)[0]
    assert (problem["file"], problem["line"], problem["column"]) == ("--project-id", None, None)


def test_json_of_a_valid_file_is_an_empty_list(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(GOOD)

    result = invoke("validate", "--json", "-q")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "[]\n", "")


def test_a_missing_file_is_reported(invoke) -> None:
    result = invoke("validate", "-f", "missing.yaml")

    assert result.exit_code == 2
    assert result.stderr.startswith("missing.yaml: ")


def test_one_of_the_environments_has_its_own_problems(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(GOOD.replace("prod: {}", "prod: {services: {web: {port: 0}}}"))

    assert invoke("validate", "--env", "dev").exit_code == 0
    assert invoke("validate", "--env", "prod").exit_code == 2


def test_quiet_omits_the_summary(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(GOOD)

    result = invoke("validate", "-q")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
