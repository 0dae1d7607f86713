"""`python -m benchmarks`: its options with fake cases, and for real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks.ecsforge import show_help
from benchmarks.measure import ROOT, Command
from benchmarks.workplace import Case, commands
from tests.support.terraform import provider_mirror, terraform_environment

FAIL = commands(lambda workplace: [Command([sys.executable, "-c", "raise SystemExit('broken')"], workplace.folder)])


def test_only_the_selected_group_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = (Case("commands", "--help", "ecsforge", show_help()), Case("synth", "1 service", "ecsforge", FAIL))
    monkeypatch.setattr(program, "CASES", cases)

    program.main(["--only", "commands", "--rounds", "1", "--json", str(tmp_path / "a.json"), "--peers", str(tmp_path)])

    content = json.loads((tmp_path / "a.json").read_text())
    assert [each["case"] for each in content["measurements"]] == ["--help"]
    assert {"ecsforge", "Python"} <= set(content["versions"])
    output = capsys.readouterr()
    assert "--help" in output.out
    assert output.err.splitlines() == [
        "1 of at least 5 rounds: do not publish these numbers",
        "Measuring commands ...",
    ]


def test_a_command_that_fails_ends_the_run_without_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "CASES", (Case("commands", "--help", "ecsforge", FAIL),))

    with pytest.raises(SystemExit, match=r"(?s)^error: .*exit code 1\nbroken$"):
        program.main(["--only", "commands", "--json", str(tmp_path / "a.json"), "--peers", str(tmp_path)])

    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--only", "nothing"]])
def test_invalid_options_are_rejected(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        program.main(arguments)

    assert stop.value.code == 2


def test_without_terraform_its_groups_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    program.main(["--only", "terraform", "release", "--json", str(tmp_path / "a.json"), "--peers", str(tmp_path)])

    content = json.loads((tmp_path / "a.json").read_text())
    assert content["measurements"] == []
    assert len(content["left_out"]) == 8
    assert {each["reason"] for each in content["left_out"]} == {"terraform is not on the PATH"}


@pytest.mark.terraform
def test_a_run_with_the_real_terraform(tmp_path: Path) -> None:
    terraform_environment(tmp_path)  # skips the test on a machine without Terraform or its providers
    file = tmp_path / "results.json"
    command = [sys.executable, "-m", "benchmarks", "--rounds", "1", "--only", "commands", "release"]

    done = subprocess.run(
        [*command, "--json", file, "--peers", tmp_path / "peers"], cwd=ROOT, env=real(), capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    content = json.loads(file.read_text())
    seconds = {(each["case"], each["tool"]): each["seconds"] for each in content["measurements"]}
    assert seconds.keys() == {
        ("validate, 1 service", "ecsforge"),
        ("validate, 300 services", "ecsforge"),
        ("--help", "ecsforge"),
        ("release, one worker", "ecsforge"),
        ("release, one worker", "boto3"),
    }
    assert all(0 < each < 60 for each in seconds.values())
    assert all(each["megabytes"] > 5 for each in content["measurements"])
    assert content["left_out"] == []


def real() -> dict[str, str]:
    """The environment variables with the provider mirror that the tests use."""
    mirror = provider_mirror()
    return {**os.environ, **({} if mirror is None else {"ECSFORGE_PROVIDER_MIRROR": str(mirror)})}
