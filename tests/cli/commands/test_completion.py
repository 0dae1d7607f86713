"""`ecsforge completion`."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_calls_ecsforge(invoke, shell: str) -> None:
    result = invoke("completion", shell)

    assert result.exit_code == 0
    assert f"_ECSFORGE_COMPLETE={shell}_complete" in result.stdout


def test_an_unknown_shell_is_rejected(invoke) -> None:
    result = invoke("completion", "tcsh")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: Invalid value for '{bash|zsh|fish}': 'tcsh' is not one of")


def test_commands_are_completed(ecsforge) -> None:
    result = ecsforge(_ECSFORGE_COMPLETE="bash_complete", COMP_WORDS="ecsforge val", COMP_CWORD="1")

    assert result.stdout == "plain,validate\n"


def test_environments_are_completed_from_the_file(ecsforge, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: node-app\nenvironments: {dev: {}, prod: {}}\n")

    result = ecsforge(_ECSFORGE_COMPLETE="bash_complete", COMP_WORDS="ecsforge synth --env p", COMP_CWORD="3")

    assert result.stdout == "plain,prod\n"


FILE = """\
project_id: shop
services: {web: {}, worker: {type: worker}}
environments: {dev: {services: {debug: {type: worker}}}, prod: {}}
"""


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("ecsforge logs w", ["web", "worker"]),
        ("ecsforge logs web w", ["worker"]),
        ("ecsforge status --env dev d", ["debug"]),
        ("ecsforge status --env prod d", []),
        ("ecsforge rollback wo", ["worker"]),
        ("ecsforge scale we", ["web"]),
    ],
)
def test_services_are_completed_from_the_file(ecsforge, folder: Path, line: str, completed: list[str]) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)

    result = ecsforge(_ECSFORGE_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(line.count(" ")))

    assert result.stdout.split() == [f"plain,{name}" for name in completed]


def test_outputs_are_completed_from_the_last_synth(ecsforge, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)
    stack = folder / "cdktf.out" / "stacks" / "shop-dev"
    stack.mkdir(parents=True)
    (stack / "cdk.tf.json").write_text('{"output": {"alb_url": {}, "aws_region": {}, "cluster_name": {}}}')

    def completed(line: str) -> list[str]:
        words = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        return ecsforge(_ECSFORGE_COMPLETE="bash_complete", **words).stdout.split()

    assert completed("ecsforge output --env dev a") == ["plain,alb_url", "plain,aws_region"]
    assert completed("ecsforge output --env prod a") == []


@pytest.mark.parametrize("command", ["logs", "output"])
def test_without_a_readable_project_file_nothing_is_completed(ecsforge, folder: Path, command: str) -> None:
    (folder / "ecsforge.yaml").write_text("services: [")

    result = ecsforge(_ECSFORGE_COMPLETE="bash_complete", COMP_WORDS=f"ecsforge {command} w", COMP_CWORD="2")

    assert (result.stdout.strip(), result.stderr, result.returncode) == ("", "", 0)


def test_a_completion_loads_neither_cdktf_nor_boto3(ecsforge, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)
    code = "import sys; from cli.main import main\ntry: main()\nfinally: print('LOADED', *sys.modules, file=sys.stderr)"
    words = {"_ECSFORGE_COMPLETE": "bash_complete", "COMP_WORDS": "ecsforge logs w", "COMP_CWORD": "2"}

    result = ecsforge(code=code, **words)

    assert set(result.stderr.split()).isdisjoint(("cdktf", "jsii", "boto3", "botocore", "rich"))
