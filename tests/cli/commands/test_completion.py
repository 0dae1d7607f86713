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
