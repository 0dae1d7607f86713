"""The variables that Terraform gets from the user, and the notices about the others."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.terraform.env_vars import notices, require_supported, terraform_env_vars
from stacks.errors import TerraformError

OURS = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}

# Read by Terraform 1.11, OpenTofu 1.9 or the AWS provider 5.100, and each changes what a command does.
CHANGE_MEANING = (
    "TF_CLI_ARGS",
    "TF_CLI_ARGS_plan",
    "TF_CLI_ARGS_apply",
    "TF_CLI_ARGS_init",
    "TF_CLI_ARGS_state_push",
    "TF_CLI_ARGS_force_unlock",
    "TF_WORKSPACE",
    "TF_DATA_DIR",
    "TF_STATE_PERSIST_INTERVAL",
    "TF_REATTACH_PROVIDERS",
    "TF_FORCE_LOCAL_BACKEND",
    "TF_CLOUD_HOSTNAME",
    "TF_CLOUD_ORGANIZATION",
    "TF_CLOUD_PROJECT",
    "TF_HTTP_ADDRESS",
    "TF_ENCRYPTION",
    "TF_IGNORE",
    "TF_ACC",
    "TF_TEMP_LOG_PATH",
    "TF_DISABLE_PLUGIN_TLS",
    "TF_SCHEMA_PANIC_ON_ERROR",
    "TF_AWS_DEFAULT_TAGS_Project",
    "TF_AWS_IGNORE_TAGS_KEYS",
    "TF_AWS_ECS_ENDPOINT",
    "TF_OF_A_LATER_VERSION",
    "TOFU_CPU_PROFILE",
    "OPENTOFU_STATEFILE_PROVIDER_ADDRESS_TRANSLATION",
    "TERRAFORM_CONFIG",
    "TF_LOG_SDK_PROTO_DATA_DIR",
    "AWS_S3_ENDPOINT",
    "AWS_STS_ENDPOINT",
)


@pytest.mark.parametrize("name", CHANGE_MEANING)
def test_a_variable_that_changes_a_command_is_dropped_with_a_notice(name: str) -> None:
    base = {"PATH": "/bin", name: "x"}

    assert terraform_env_vars(base) == {"PATH": "/bin", **OURS}
    assert notices(base) == (f"Terraform runs without {name}: the project file and the options decide what it does",)


@pytest.mark.parametrize(
    "name",
    [
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL_S3",
        "HTTPS_PROXY",
        "TF_APPEND_USER_AGENT",
        "TF_BUILD",
        "TF_LOG_PATH",
        "TF_PLUGIN_CACHE_DIR",
        "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE",
        "TF_PROVIDER_DOWNLOAD_RETRY",
        "TF_REGISTRY_CLIENT_TIMEOUT",
        "TF_REGISTRY_DISCOVERY_RETRY",
        "TF_TOKEN_app_terraform_io",
        "TF_VAR_web_force_new_deployment",
    ],
)
def test_other_variables_are_passed_without_a_notice(name: str) -> None:
    assert terraform_env_vars({name: "/x"}) == {name: "/x", **OURS}
    assert notices({name: "/x"}) == ()


def test_prompts_and_calls_to_hashicorp_can_not_be_turned_on() -> None:
    base = {"TF_INPUT": "1", "TF_IN_AUTOMATION": "", "CHECKPOINT_DISABLE": ""}

    assert terraform_env_vars(base) == OURS
    assert notices(base) == ()


def test_one_notice_names_all_variables_and_no_value() -> None:
    base = {"TF_WORKSPACE": "other", "TF_CLI_ARGS_plan": "-var password=hunter2", "TF_DATA_DIR": "/x", "TF_IGNORE": ""}

    assert notices(base, "OpenTofu") == (
        "OpenTofu runs without TF_CLI_ARGS_plan, TF_DATA_DIR and TF_WORKSPACE: the project file and the options decide "
        "what it does",
    )


def test_a_configuration_file_is_passed_if_it_exists(tmp_path: Path) -> None:
    config = tmp_path / "rc"
    missing = {"TF_CLI_CONFIG_FILE": str(config)}

    assert terraform_env_vars(missing) == OURS
    assert notices(missing) == ()  # `missing_cli_config` reports it
    config.touch()
    assert terraform_env_vars(missing) == {**missing, **OURS}


@pytest.mark.parametrize("name", ["TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER", "TF_LOG_SDK_PROTO"])
def test_a_log_is_written_to_a_file_or_not_at_all(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    log, with_file = tmp_path / "terraform.log", {name: "trace", "TF_LOG_PATH": "terraform.log"}

    assert terraform_env_vars({name: "trace"}) == OURS
    assert notices({name: "trace"}) == (f"Terraform runs without {name}: set TF_LOG_PATH to the file for the log",)
    assert terraform_env_vars(with_file) == {name: "trace", "TF_LOG_PATH": str(log), **OURS}
    assert notices(with_file) == (
        f"Terraform's log in {log} contains secrets in plain text: delete it when you no longer need it",
    )
    require_supported(with_file, "Terraform")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_log_file_does_not_turn_on_copies_of_what_providers_receive(tmp_path: Path) -> None:
    log = {"TF_LOG_PATH": str(tmp_path / "log")}

    assert terraform_env_vars({**log, "TF_LOG_SDK_PROTO_DATA_DIR": "/x"}) == {**log, **OURS}


def test_without_a_level_there_is_no_log(tmp_path: Path) -> None:
    log = tmp_path / "terraform.log"

    assert notices({"TF_LOG": "off", "TF_LOG_PATH": str(log)}) == ()
    require_supported({"TF_LOG": "OFF", "TF_LOG_PATH": str(log)}, "Terraform")
    assert not log.exists()


def test_a_log_that_can_not_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TerraformError) as caught:
        require_supported({"TF_LOG": "debug", "TF_LOG_PATH": str(tmp_path)}, "Terraform")

    assert sentences(caught.value) == (
        f"TF_LOG_PATH: the log can't be written; got {tmp_path}: Is a directory; set it to a file that can be written, "
        "or unset it"
    )


def test_state_encryption_is_only_refused_for_opentofu() -> None:
    require_supported({"TF_ENCRYPTION": "{}"}, "Terraform")
    with pytest.raises(TerraformError, match="ecsforge does not support state encryption by OpenTofu"):
        require_supported({"TF_ENCRYPTION": "{}"}, "OpenTofu")
