"""The task definition: values of the project file reach the containers unchanged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.stacks.conftest import Synth
from tests.support.some import some
from tests.support.synthesized import Json, Stack

TRICKY = {
    "QUOTES": 'say "hi", it\'s me',
    "DOLLARS": "${USER} and $${USER} and $USER and $$",
    "PERCENT": "100%{off} and %%{off} and 100%",
    "LINES": "one\ntwo\r\n\tthree",
    "BACKSLASHES": 'C:\\temp\\new \\" \\n \\u0041 \\',
    "NON_ASCII": "naïve 日本語 🐘 \u2028",
    "HTML": "<a href='x'>&amp;</a>",
    "JSON": '{"a": ["${b}", "%{c}"]}',
    "HCL": '"} ${jsonencode("x")} %{ for x in y }${x}%{ endfor }',
    "NUMBER": "0100",
    "EMPTY": "",
    "SPACES": "  x  ",
}


def quoted(value: Any) -> str:
    """A value in YAML, which treats a line separator as a line break unless it is escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028")


TRICKY_FILE = f"""
    services:
      web:
        environment: {quoted(TRICKY)}
        command: [sh, -c, {quoted(TRICKY["HCL"])}, {quoted(TRICKY["BACKSLASHES"])}]
        sidecars:
          proxy: {{image: envoy, environment: {quoted(TRICKY)}, essential: false}}
"""


def validated(definition: Json) -> Json:
    """The task definition, after validation with the API model of `aws ecs register-task-definition`."""
    model = botocore.session.get_session().get_service_model("ecs")
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    assert shape is not None
    report = ParamValidator().validate(definition, shape)
    assert not report.has_errors(), report.generate_report()
    return definition


def test_values_reach_the_container_unchanged(small: Synth) -> None:
    made = small(TRICKY_FILE)

    assert made.environment("web") == {**TRICKY, "PORT": "3000"}
    assert made.container("web")["command"] == ["sh", "-c", TRICKY["HCL"], TRICKY["BACKSLASHES"]]
    pairs = made.container("web", "proxy")["environment"]
    assert {pair["name"]: pair["value"] for pair in pairs} == TRICKY


def test_expression_markers_are_escaped_in_the_terraform(small: Synth) -> None:
    written = {pair["name"]: pair["value"] for pair in small(TRICKY_FILE).variables("web")["environment"]}

    assert written["DOLLARS"] == "$${USER} and $$${USER} and $USER and $$"
    assert written["PERCENT"] == "100%%{off} and %%%{off} and 100%"


@pytest.mark.terraform
def test_terraform_renders_every_value_unchanged(small: Synth, tmp_path: Path) -> None:
    """The real template, rendered by the real Terraform."""
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("terraform is not on the PATH")
    made = small(TRICKY_FILE)
    shutil.copytree(made.folder / "templates", tmp_path / "templates")
    (tmp_path / "main.tf.json").write_text(json.dumps({"locals": locals_without_references(made, "web")}))
    (tmp_path / "rc").touch()
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(tmp_path / "rc"), "CHECKPOINT_DISABLE": "1"}

    expression = "nonsensitive(base64encode(local.web_task_definition))"
    done = subprocess.run(
        [terraform, "console"],
        cwd=tmp_path,
        env=environment,
        input=expression,
        capture_output=True,
        text=True,
        check=True,
    )

    definition = validated(json.loads(b64decode(done.stdout.strip().strip('"'))))
    assert definition == made.definition("web")


def locals_without_references(made: Stack, service: str) -> Json:
    """A service's locals in which references to resources are plain text."""

    def text(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: text(item) for key, item in value.items()}
        if isinstance(value, list):
            return [text(item) for item in value]
        return value.replace("${aws_", "$${aws_") if isinstance(value, str) else value

    names = (f"{service}_task", f"{service}_task_definition")
    return {name: text(made.content["locals"][name]) for name in names}


def test_ecs_accepts_it(everything: Stack) -> None:
    for service in some(everything.names("aws_ecs_task_definition")):
        definition = validated(everything.definition(service))
        assert definition["networkMode"] == "awsvpc"
        assert definition["requiresCompatibilities"] == ["FARGATE"]


def test_its_size_and_platform_come_from_the_project_file(small: Synth) -> None:
    made = small("services: {web: {cpu: 1024, memory: 4096, architecture: arm64, ephemeral_storage: 100}}")

    arguments, definition = made["aws_ecs_task_definition.web"], made.definition("web")
    assert (arguments["cpu"], arguments["memory"]) == (definition["cpu"], definition["memory"]) == ("1024", "4096")
    assert arguments["runtime_platform"] == {"cpu_architecture": "ARM64", "operating_system_family": "LINUX"}
    assert definition["runtimePlatform"] == {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
    assert arguments["ephemeral_storage"] == {"size_in_gib": 100}
    assert definition["ephemeralStorage"] == {"sizeInGiB": 100}


def test_the_file_for_ci_equals_the_task_definition_that_terraform_registers(everything: Stack) -> None:
    """A pipeline that registers the file with another image changes only the image."""
    for service in some(everything.names("aws_ecs_task_definition")):
        arguments, definition = everything[f"aws_ecs_task_definition.{service}"], everything.definition(service)
        assert arguments["family"] == definition["family"]
        assert arguments["execution_role_arn"] == definition["executionRoleArn"]
        assert arguments["task_role_arn"] == definition["taskRoleArn"]
        assert arguments["requires_compatibilities"] == definition["requiresCompatibilities"]
        volumes = {volume["name"] for volume in arguments.get("volume", [])}
        assert volumes == {volume["name"] for volume in definition.get("volumes", [])}


def test_the_container_has_its_port_unless_the_project_file_sets_it(small: Synth) -> None:
    assert small("services: {web: {port: 8080}}").environment("web") == {"PORT": "8080"}
    assert small("services: {web: {environment: {PORT: '9'}}}").environment("web") == {"PORT": "9"}


def test_a_secret_takes_precedence_over_a_variable_of_ecsforge(small: Synth) -> None:
    """ECS rejects a name that is both."""
    made = small("services: {web: {secrets: {PORT: 'ssm:/port'}}}")

    assert made.environment("web") == {}
    assert [secret["name"] for secret in made.container("web")["secrets"]] == ["PORT"]


def test_variables_are_sorted_as_ecs_returns_them(small: Synth) -> None:
    made = small("services: {web: {environment: {B: '1', A: '2', Z: '3'}}}")

    assert list(made.environment("web")) == ["A", "B", "PORT", "Z"]


def test_a_template_has_these_variables(small: Synth) -> None:
    """Users' own templates rely on them."""
    assert set(small().variables("web")) == {
        "aws_region",
        "container_options",
        "cpu",
        "cpu_architecture",
        "ecs_execution_role",
        "ecs_task_role",
        "env",
        "environment",
        "family",
        "image",
        "launch_type",
        "log_group",
        "memory",
        "memory_reservation",
        "name",
        "network_mode",
        "port",
        "port_mappings",
        "project_id",
        "secrets",
        "sidecars",
        "task_options",
    }


def test_earlier_revisions_stay_registered(reviewed: list[Stack]) -> None:
    """ECS runs no task from a deregistered revision, so a rollback would fail."""
    definitions = some(made for stack in reviewed for made in stack.all("aws_ecs_task_definition").values())

    assert {made["skip_destroy"] for made in definitions} == {True}
