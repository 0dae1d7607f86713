"""`ecsforge doctor` on the project file; tests/operations/test_doctor.py tests the checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from operations import aws, doctor
from tests.conftest import Invoke
from tests.support.refusals import DENIED, EXPIRED, THROTTLED, UNAVAILABLE, refuse
from tests.support.scripted_terraform import ScriptedTerraform


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is missing on the machine."""
    monkeypatch.setattr(doctor, "machine", lambda *arguments: iter(()))


def finding(invoke: Invoke) -> dict[str, str]:
    result = invoke("doctor", "--json")
    (found,) = json.loads(result.stdout)

    assert result.exit_code == 1
    assert result.stderr == "Missing for a deploy: project file\n"
    return dict(found)


def test_a_missing_project_file_is_reported_with_a_fix(invoke: Invoke) -> None:
    assert finding(invoke) == {
        "check": "project file",
        "status": "missing",
        "found": "ecsforge.yaml: not found in this folder or a parent folder",
        "fix": "run `ecsforge init` to write one, or pass --project-id and --env",
        "calls": [],
    }


def test_the_first_of_several_problems_is_reported_with_the_command_that_lists_all(
    folder: Path, invoke: Invoke
) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: shop\nregio: x\ntag: {}\nenvironments: {dev: {}}\n")

    found = finding(invoke)

    assert found["found"].startswith("ecsforge.yaml:2:1: unknown key")
    assert found["fix"] == "ecsforge validate lists every problem"


def test_a_complete_environment_is_a_line_per_check(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    result = invoke("doctor", "--env", "dev")

    assert (result.exit_code, result.stderr) == (0, "Everything that a deploy needs is available.\n")
    account, state, quotas = (line.split("\t") for line in result.stdout.splitlines())
    assert (account[:2], account[4]) == (["dev: AWS", "ok"], "sts:GetCallerIdentity")
    assert state == ["dev: state", "ok", "terraform.shop-dev.tfstate, not deployed yet", "", ""]
    assert quotas[:4] == ["dev: quotas", "ok", "6 quotas not exceeded", ""]


def test_every_environment_is_checked_and_what_is_missing_exits_with_1(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path
) -> None:
    with (folder / "ecsforge.yaml").open("a") as file:
        file.write("state: {backend: s3, bucket: states}\n")

    result = invoke("doctor")

    assert result.exit_code == 1
    assert result.stderr == "Missing for a deploy: dev: state, prod: state\n"
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [(row[0], row[1], row[3]) for row in rows if "state" in row[0]] == [
        ("dev: state", "MISSING", "ecsforge state init"),
        ("prod: state", "MISSING", "ecsforge state init"),
    ]


def test_a_file_in_a_parent_folder_is_named(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "apps").mkdir()
    monkeypatch.chdir(folder / "apps")

    found, named = invoke("doctor", "--env", "dev"), invoke("doctor", "--env", "dev", "-f", "../ecsforge.yaml")

    assert found.stderr == "Using ../ecsforge.yaml\nEverything that a deploy needs is available.\n"
    assert named.stderr == "Everything that a deploy needs is available.\n"


def test_a_missing_secret_is_named_with_the_command_and_the_environment(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path
) -> None:
    (folder / "ecsforge.yaml").write_text(
        "project_id: shop\nregion: eu-west-1\nenvironments: {dev: {}}\n"
        "services: {web: {image: nginx, port: 80, secrets: {URL: 'ssm:/shop/url'}}}\n"
    )

    result = invoke("doctor", "--json")

    assert (result.exit_code, result.stderr) == (1, "Missing for a deploy: dev: secrets\n")
    (found,) = [each for each in json.loads(result.stdout) if each["check"] == "dev: secrets"]
    assert found == {
        "check": "dev: secrets",
        "status": "missing",
        "found": "services.web.secrets.URL: the parameter does not exist; got ssm:/shop/url",
        "fix": "set its value: `ecsforge secrets set URL --env dev`",
        "calls": ["ssm:DescribeParameters"],
    }


WITH_SECRET = (
    "project_id: shop\nregion: eu-west-1\nenvironments: {dev: {}}\n"
    "services: {web: {image: nginx, port: 80, secrets: {URL: 'ssm:/shop/url'}}}\n"
)


@pytest.mark.parametrize("trouble", [THROTTLED, UNAVAILABLE, EXPIRED])
def test_a_check_that_aws_does_not_answer_is_one_finding_and_exits_with_1(
    invoke: Invoke,
    terraform: ScriptedTerraform,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: tuple[str, int],
) -> None:
    (folder / "ecsforge.yaml").write_text(WITH_SECRET)
    open_session = aws.session

    def refusing(*arguments: Any, **more: Any) -> Any:
        session = open_session(*arguments, **more)
        for call in ("ssm.DescribeParameters", "service-quotas.GetServiceQuota"):
            refuse(session, call, *trouble)
        return session

    monkeypatch.setattr(aws, "session", refusing)

    result = invoke("doctor", "--env", "dev")

    assert result.exit_code == 1
    assert result.stderr == "Not checked, because AWS did not answer: dev: secrets\n"
    (failed,) = [line.split("\t") for line in result.stdout.splitlines() if "FAILED" in line]
    assert failed[:3] == [
        "dev: secrets",
        "FAILED",
        f"ssm:DescribeParameters: AWS refused DescribeParameters; got {trouble[0]}: refused",
    ]
    assert failed[4] == "ssm:DescribeParameters"


def test_what_the_credentials_may_not_check_is_a_warning(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_session = aws.session

    def refusing(*arguments: Any, **more: Any) -> Any:
        session = open_session(*arguments, **more)
        refuse(session, "service-quotas.GetServiceQuota", *DENIED)
        return session

    monkeypatch.setattr(aws, "session", refusing)

    result = invoke("doctor", "--env", "dev")

    assert (result.exit_code, result.stderr) == (
        0,
        "Everything that a deploy needs is available. See the warnings: dev: quotas\n",
    )
