"""The real Terraform with the real AWS provider, for the tests that need them."""

from __future__ import annotations

import os
import shutil
import urllib.request
from functools import cache
from pathlib import Path

import pytest

from operations.rehearsal import providers as plugins

REGISTRY = "https://registry.terraform.io/.well-known/terraform.json"


def terraform_environment(folder: Path) -> dict[str, str]:
    """The variables with which `terraform init` finds its providers, made in `folder`; skips where it can't.

    A mirror is taken where there is one: named by ECSFORGE_PROVIDER_MIRROR, or beside a development checkout.
    """
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on the PATH")
    mirror = plugins.named_mirror(os.environ)
    if mirror is not None:
        return {"TF_CLI_CONFIG_FILE": str(plugins.prepare(mirror, folder).config_file)}
    if not _registry_answers():
        pytest.skip("there is neither a provider mirror (ECSFORGE_PROVIDER_MIRROR) nor a way to registry.terraform.io")
    return {}


@cache
def _registry_answers() -> bool:
    try:
        with urllib.request.urlopen(REGISTRY, timeout=5):
            return True
    except OSError:
        return False
