"""The real cdktf-cli, from npm."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CDKTF_CLI = "cdktf-cli@0.21.0"
PARTS = ("main.py", "cdktf.json", "ecsforge.yaml", "stacks")

Cdktf = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def cdktf_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """cdktf-cli in a folder of its own."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on the PATH, so cdktf-cli can't be installed")
    folder = tmp_path_factory.mktemp("npm")
    subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", CDKTF_CLI], check=True)
    return folder / "node_modules" / ".bin" / "cdktf"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The parts of this repository that make it a cdktf project."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / part)
    return tmp_path


@pytest.fixture
def cdktf(cdktf_binary: Path, checkout: Path) -> Cdktf:
    """Runs cdktf in the checkout, with this test's own Python first on the PATH."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ECSFORGE_")}
        environment |= {"CI": "1", "CHECKPOINT_DISABLE": "1", **variables}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        return subprocess.run(
            [cdktf_binary, *arguments], cwd=checkout, env=environment, capture_output=True, text=True, timeout=300
        )

    return run
