"""Finds Terraform or OpenTofu, and prepares the environment that it runs in."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from operations.terraform import embedded, process
from operations.terraform.env_vars import notices, require_supported, terraform_env_vars
from operations.text import INSTALL_ALL, undecorated
from stacks.errors import TerraformError

MINIMUM_VERSION = (1, 5)
BINARY_VARIABLE = "TERRAFORM_BINARY_NAME"  # the name cdktf gave this variable
CANDIDATES = ("terraform", "tofu")
INSTALL = (
    "install Terraform (https://developer.hashicorp.com/terraform/install), OpenTofu (https://opentofu.org/docs/intro/"
    f"install), or Terraform together with ecsforge: {INSTALL_ALL} in its clone"
)
FIX_CONFIG = "correct the file that TF_CLI_CONFIG_FILE names, or .terraformrc in the home folder"


@dataclass(frozen=True)
class Binary:
    """A Terraform or OpenTofu that can be run.

    Attributes:
        argv: The start of its command line.
        product: `Terraform` or `OpenTofu`.
        version: Its version, without a pre-release suffix.
        origin: Where it was found, for messages: a path or `ecsforge[terraform]`.
        config_problem: The first error in its CLI configuration (`.terraformrc`), of which it ignores that part.
    """

    argv: tuple[str, ...]
    product: str
    version: tuple[int, ...]
    origin: str
    config_problem: str | None = None

    def __str__(self) -> str:
        return f"{self.product} {_dotted(self.version)} ({self.origin})"

    def require(self, version: tuple[int, ...], what: str) -> None:
        """Raise TerraformError unless this is at least `version`, which `what` needs."""
        if self.version < version:
            raise TerraformError.of(
                self.origin,
                f"{what} needs {self.product} {_dotted(version)} or later",
                got=_dotted(self.version),
                fix=INSTALL,
            )


def find_terraform(
    named: str | None = None,
    env_vars: Mapping[str, str] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Binary:
    """Find the Terraform to use and check its version.

    Searches in this order: `named` (the option `--terraform`), the variable TERRAFORM_BINARY_NAME, `terraform` on the
    PATH, `tofu` on the PATH, the extra `ecsforge[terraform]`. Relative folders on the PATH are ignored, so that a file
    in the current folder never runs unnoticed. `env_vars` defaults to those of this process. `warn` is called with a
    message if a part of its CLI configuration or some environment variables are ignored.

    Raises:
        TerraformError: It is not found, older than 1.5, or a variable is set that it can't run with.
    """
    env_vars = os.environ if env_vars is None else env_vars
    argv, origin = _locate(named, env_vars)
    require_supported(env_vars, _product(argv))  # also makes the log private, before `version` writes to it
    version, messages = _version(argv, origin, env_vars)
    binary = Binary(argv, _product(argv), version, origin, _config_problem(messages))
    binary.require(MINIMUM_VERSION, "ecsforge")
    if warn is None:
        return binary
    for notice in notices(env_vars, binary.product):
        warn(notice)
    if binary.config_problem is not None:
        warn(f"{binary.product} ignores a part of its CLI configuration: {binary.config_problem}; {FIX_CONFIG}")
    return binary


def _locate(named: str | None, env_vars: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    folders = env_vars.get("PATH", os.defpath).split(os.pathsep)
    search = os.pathsep.join(folder for folder in folders if Path(folder).is_absolute())
    for asked, source in ((named, "--terraform"), (env_vars.get(BINARY_VARIABLE), BINARY_VARIABLE)):
        if asked:
            path = shutil.which(asked, path=search)
            if path is None:
                fix = "pass the name or path of terraform or tofu"
                raise TerraformError.of(source, "executable not found", got=repr(asked), fix=fix)
            path = str(Path.cwd() / path)  # Terraform runs in the stack's folder
            return (path,), path
    for candidate in CANDIDATES:
        path = shutil.which(candidate, path=search)
        if path is not None:
            return (path,), path
    if embedded.installed():
        # By path, so that it is found from the stack's folder too; -P keeps our modules from shadowing Python's own.
        return (sys.executable, "-P", embedded.__file__), "ecsforge[terraform]"
    raise TerraformError.of("PATH", "terraform and tofu not found", fix=INSTALL)


def _product(argv: Sequence[str]) -> str:
    return "OpenTofu" if Path(argv[0]).name.startswith("tofu") else "Terraform"


def _version(argv: Sequence[str], origin: str, env_vars: Mapping[str, str]) -> tuple[tuple[int, ...], str]:
    """The version, and what it printed to stderr."""
    try:
        answer = process.capture([*argv, "version", "-json"], env_vars=terraform_env_vars(env_vars))
        text = str(json.loads(answer.stdout)["terraform_version"])
        return tuple(int(part) for part in text.partition("-")[0].split(".")), answer.stderr
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = "`version -json` did not return a Terraform version"
        raise TerraformError.of(origin, what, got=str(error), fix=INSTALL) from error


def _config_problem(messages: str) -> str | None:
    """The first error between Terraform's lines about its CLI configuration."""
    _, found, rest = messages.partition("problems with the CLI configuration:")
    text = " ".join(undecorated(rest.partition("As a result of")[0]).split())
    return text.removeprefix("Error: ") or None if found else None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
