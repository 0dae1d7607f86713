"""The environment variables that Terraform and OpenTofu run with.

The project file says what a stack is, and a plan shows what will happen. Variables in the user's shell must not change
either: `TF_CLI_ARGS_plan=-target=...` plans a part of the stack, `TF_WORKSPACE` selects another state,
`TF_AWS_DEFAULT_TAGS_Project` replaces tags. So only variables that are known not to do that are passed. All others of
Terraform, OpenTofu and the AWS provider are dropped, also those of later versions, and the command names them.

Sources, for the names that are read:

- https://developer.hashicorp.com/terraform/cli/config/environment-variables, its equivalent for OpenTofu
  (https://opentofu.org/docs/cli/config/environment-variables), and `os.Getenv` in the source of both
- `internal/backend/remote-state/s3/backend.go` of Terraform for endpoints
- `names/data/names_data.hcl` and `internal/conns/config.go` of the AWS provider for `TF_AWS_`
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from stacks.errors import TerraformError
from stacks.project.suggest import listed

LOG_FILE = "TF_LOG_PATH"
ENCRYPTION = "TF_ENCRYPTION"
PASSED = (
    "TF_APPEND_USER_AGENT",
    "TF_CLI_CONFIG_FILE",  # where providers come from
    "TF_PLUGIN_CACHE_DIR",
    "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE",
    "TF_PROVIDER_DOWNLOAD_RETRY",
    "TF_REGISTRY_CLIENT_TIMEOUT",
    "TF_REGISTRY_DISCOVERY_RETRY",
    LOG_FILE,
    "TF_BUILD",  # set by Azure Pipelines, not read by Terraform
)
"""Variables that Terraform gets from the user: they change where it downloads and logs, not what it does."""
PASSED_PREFIXES = (
    "TF_TOKEN_",  # credentials
    "TF_VAR_",  # values of the stack's variables, which a plan shows; Terraform ignores undeclared ones
)
_PREFIXES = ("TF_", "TOFU_", "OPENTOFU_")
_LOG_PREFIX = "TF_LOG"  # TF_LOG, TF_LOG_CORE, TF_LOG_PROVIDER, TF_LOG_SDK, ...
# Terraform's S3 backend and the AWS provider read these, boto3 does not: the state and the account that ecsforge looks
# at would be others than Terraform's. Both read AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>.
_ENDPOINTS = ("AWS_DYNAMODB_ENDPOINT", "AWS_IAM_ENDPOINT", "AWS_S3_ENDPOINT", "AWS_STS_ENDPOINT")
# Terraform reads this one if TF_CLI_CONFIG_FILE is not set; ecsforge does not look there for the sources of providers.
_OLD_CONFIG = "TERRAFORM_CONFIG"
# A folder for everything that a provider receives and returns, secrets included, whatever the level of the log.
_PROTOCOL_DATA = "TF_LOG_SDK_PROTO_DATA_DIR"
_OURS = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}


def terraform_env_vars(env_vars: Mapping[str, str]) -> dict[str, str]:
    """The environment that Terraform runs in: without prompts or calls to HashiCorp, and with one state per stack.

    A relative TF_LOG_PATH is relative to the current folder, not to the stack's.
    """
    kept = {name: value for name, value in env_vars.items() if _is_passed(name, env_vars)}
    if kept.get(LOG_FILE):
        kept[LOG_FILE] = str(Path.cwd() / kept[LOG_FILE])
    return kept | _OURS


def missing_cli_config(env_vars: Mapping[str, str]) -> str | None:
    """The value of TF_CLI_CONFIG_FILE if that file does not exist: Terraform would warn about it on every call."""
    named = env_vars.get("TF_CLI_CONFIG_FILE")
    return named if named and not Path(named).is_file() else None


def notices(env_vars: Mapping[str, str], product: str = "Terraform") -> tuple[str, ...]:
    """What the user should know about these variables: which ones `product` does not get, and that its log has secrets.

    Without a notice are empty variables, those that ecsforge sets itself, and a TF_CLI_CONFIG_FILE that is missing,
    which has a message of its own.
    """
    dropped = sorted(
        name
        for name, value in env_vars.items()
        if value and name not in (*_OURS, "TF_CLI_CONFIG_FILE") and not _is_passed(name, env_vars)
    )
    logging = [name for name in dropped if name.startswith(_LOG_PREFIX) and name != _PROTOCOL_DATA]
    others = [name for name in dropped if name not in logging]
    found = []
    if others:
        found.append(
            f"{product} runs without {listed(others, 'and')}: the project file and the options decide what it does"
        )
    if logging:
        found.append(f"{product} runs without {listed(logging, 'and')}: set {LOG_FILE} to the file for the log")
    if log := _log(env_vars):
        found.append(f"{product}'s log in {log} contains secrets in plain text: delete it when you no longer need it")
    return tuple(found)


def require_supported(env_vars: Mapping[str, str], product: str) -> None:
    """Check the variables that can't be dropped, and make the file of Terraform's log readable for its owner only.

    Without TF_ENCRYPTION, OpenTofu could not read an encrypted state, or would write a plain one that was to be
    encrypted. With it, ecsforge can't read a local state.

    Raises:
        TerraformError: TF_ENCRYPTION is set for OpenTofu, or the log can't be written.
    """
    if product == "OpenTofu" and env_vars.get(ENCRYPTION):
        raise TerraformError.of(
            ENCRYPTION,
            "ecsforge does not support state encryption by OpenTofu",
            fix="unset it; to encrypt the state, keep it in S3 with `state.kms_key`",
        )
    if log := _log(env_vars):
        try:
            os.close(os.open(log, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600))
        except OSError as error:
            got, fix = f"{log}: {error.strerror}", "set it to a file that can be written, or unset it"
            raise TerraformError.of(LOG_FILE, "the log can't be written", got=got, fix=fix) from error


def _is_passed(name: str, env_vars: Mapping[str, str]) -> bool:
    if name in (_PROTOCOL_DATA, _OLD_CONFIG):
        return False
    if name.startswith(_LOG_PREFIX) and name != LOG_FILE:
        # A log contains write-only values from `trace` on, and requests from `debug` on. On stderr it would get into
        # error messages, so it goes to a file or nowhere.
        return bool(env_vars.get(LOG_FILE))
    if name == "TF_CLI_CONFIG_FILE":
        return missing_cli_config(env_vars) is None
    if name.startswith(_PREFIXES):
        return name in PASSED or name.startswith(PASSED_PREFIXES)
    return name not in _ENDPOINTS


def _log(env_vars: Mapping[str, str]) -> str | None:
    """The absolute path of Terraform's log; None when it does not write one."""
    path = env_vars.get(LOG_FILE)
    others = (LOG_FILE, _PROTOCOL_DATA)
    levels = (value for name, value in env_vars.items() if name.startswith(_LOG_PREFIX) and name not in others)
    return str(Path.cwd() / path) if path and any(each and each.lower() != "off" for each in levels) else None
