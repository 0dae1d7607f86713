"""The environment variables that Terraform and OpenTofu run with.

Some variables change what a command does: `TF_CLI_ARGS_plan=-destroy` turns a plan around. ecsforge removes these and
names them in a warning. Sources: https://developer.hashicorp.com/terraform/cli/config/environment-variables,
https://opentofu.org/docs/cli/config/environment-variables/, and for TF_REATTACH_PROVIDERS
https://developer.hashicorp.com/terraform/plugin/debugging, for TF_AWS_DEFAULT_TAGS_
https://registry.terraform.io/providers/hashicorp/aws/latest/docs#default_tags-configuration-block.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from pathlib import Path

_OURS = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
# With a workspace or data folder of another project, a stack would look as if it had never been deployed.
_CHANGES_COMMANDS = (
    "TF_CLI_ARGS",
    "TF_CLI_ARGS_*",
    "TF_WORKSPACE",
    "TF_DATA_DIR",
    "TF_REATTACH_PROVIDERS",
    "TF_FORCE_LOCAL_BACKEND",
    "TF_CLOUD_HOSTNAME",
    "TF_CLOUD_ORGANIZATION",
    "TF_AWS_DEFAULT_TAGS_*",
)
_LOGS = ("TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER", "TF_LOG_PROVIDER_*")


def terraform_env_vars(env_vars: Mapping[str, str]) -> dict[str, str]:
    """The environment of Terraform: without prompts or calls to HashiCorp, and with one state per stack.

    Terraform's log goes to the file that TF_LOG_PATH names, or nowhere: on stderr it would be mixed with errors.
    """
    removed = {*ignored(env_vars)}
    if not env_vars.get("TF_LOG_PATH"):
        removed |= {*_matching(env_vars, _LOGS)}
    if missing_cli_config(env_vars):
        removed.add("TF_CLI_CONFIG_FILE")
    return {name: value for name, value in env_vars.items() if name not in removed} | _OURS


def ignored(env_vars: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the variables that would change what a command does, sorted."""
    return _matching(env_vars, _CHANGES_COMMANDS)


def warning(env_vars: Mapping[str, str]) -> str | None:
    """The warning about variables that are ignored; None if there are none."""
    names = ignored(env_vars)
    return f"ignoring {', '.join(names)}, which would change what Terraform does; unset them" if names else None


def missing_cli_config(env_vars: Mapping[str, str]) -> str | None:
    """The value of TF_CLI_CONFIG_FILE if that is not a file: Terraform would warn about it on every call."""
    named = env_vars.get("TF_CLI_CONFIG_FILE")
    return named if named and not Path(named).is_file() else None


def _matching(env_vars: Mapping[str, str], patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the variables with a value that match a pattern. Terraform ignores empty ones."""
    matched = (
        name for name, value in env_vars.items() if value and any(fnmatch.fnmatchcase(name, p) for p in patterns)
    )
    return tuple(sorted(matched))
