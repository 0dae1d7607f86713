"""The real Terraform with the real AWS provider, for the tests that need them."""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.request
from functools import cache
from pathlib import Path

import pytest

from operations.rehearsal import providers

FINDER = Path(__file__).parents[3] / "shared" / "bin" / "provider-mirror"
"""A script next to a development checkout that prints the path of a provider mirror; `.ci/run` uses it too."""
REGISTRY = "https://registry.terraform.io/.well-known/terraform.json"


def terraform_environment(folder: Path) -> dict[str, str]:
    """The environment variables for `terraform init` to find its providers, prepared in `folder`.

    Skips the test on a machine with neither a provider mirror nor access to the registry.
    """
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on the PATH")
    mirror = provider_mirror()
    if mirror is not None:
        return {"TF_CLI_CONFIG_FILE": str(providers.prepare_mirror(mirror, folder).config_file)}
    if not _registry_is_reachable():
        pytest.skip("neither a provider mirror (ECSFORGE_PROVIDER_MIRROR) nor registry.terraform.io is available")
    return {}


@cache
def provider_mirror() -> Path | None:
    """The mirror that ECSFORGE_PROVIDER_MIRROR names, else the one next to a development checkout."""
    mirror = providers.named_mirror(os.environ)
    if mirror is None and FINDER.is_file():
        printed = subprocess.run([str(FINDER)], capture_output=True, text=True, check=False).stdout.strip()
        mirror = providers.named_mirror({providers.VARIABLE: printed})
    return mirror


@cache
def _registry_is_reachable() -> bool:
    try:
        with urllib.request.urlopen(REGISTRY, timeout=5):
            return True
    except OSError:
        return False
