"""The environment variables that Terraform runs with."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.terraform.env_vars import ignored, terraform_env_vars, warning

OURS = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}


def test_terraform_runs_without_prompts_or_calls_to_hashicorp() -> None:
    assert terraform_env_vars({"PATH": "/bin", "TF_INPUT": "1"}) == {"PATH": "/bin", **OURS}


@pytest.mark.parametrize(
    "name",
    [
        "TF_CLI_ARGS",
        "TF_CLI_ARGS_apply",
        "TF_CLI_ARGS_plan",
        "TF_WORKSPACE",
        "TF_DATA_DIR",
        "TF_REATTACH_PROVIDERS",
        "TF_FORCE_LOCAL_BACKEND",
        "TF_CLOUD_HOSTNAME",
        "TF_CLOUD_ORGANIZATION",
        "TF_AWS_DEFAULT_TAGS_Team",
    ],
)
def test_a_variable_that_changes_a_command_is_removed_and_named(name: str) -> None:
    assert terraform_env_vars({name: "x"}) == OURS
    assert ignored({name: "x", "PATH": "/bin"}) == (name,)
    assert ignored({name: ""}) == ()


@pytest.mark.parametrize(
    "name",
    ["TF_VAR_image", "TF_TOKEN_app_terraform_io", "TF_PLUGIN_CACHE_DIR", "TF_ENCRYPTION", "TF_REGISTRY_CLIENT_TIMEOUT"],
)
def test_other_variables_are_kept(name: str) -> None:
    assert terraform_env_vars({name: "x"}) == {name: "x", **OURS}
    assert ignored({name: "x"}) == ()


def test_the_warning_names_every_variable() -> None:
    env_vars = {"TF_WORKSPACE": "other", "TF_CLI_ARGS": "-lock=false", "HOME": "/home/me"}

    assert warning(env_vars) == (
        "ignoring TF_CLI_ARGS, TF_WORKSPACE, which would change what Terraform does; unset them"
    )
    assert warning({"HOME": "/home/me"}) is None


def test_the_log_is_written_to_a_file_or_not_at_all() -> None:
    log = {"TF_LOG": "trace", "TF_LOG_PROVIDER": "debug"}

    assert terraform_env_vars(log) == OURS
    assert terraform_env_vars({**log, "TF_LOG_PATH": "x.log"}) == {**log, "TF_LOG_PATH": "x.log", **OURS}


def test_a_configuration_file_that_does_not_exist_is_removed(tmp_path: Path) -> None:
    config = tmp_path / "rc"
    config.touch()

    assert terraform_env_vars({"TF_CLI_CONFIG_FILE": str(config)})["TF_CLI_CONFIG_FILE"] == str(config)
    assert terraform_env_vars({"TF_CLI_CONFIG_FILE": str(tmp_path / "none")}) == OURS
