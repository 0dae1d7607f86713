"""The real cdktf-cli from npm, on a copy of the parts that make this repository a cdktf project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CDKTF_CLI = "cdktf-cli@0.21.0"
PARTS = ("main.py", "cdktf.json", "ecsforge.yaml", "stacks")


def install(folder: Path) -> Path:
    """Install cdktf-cli into `folder` and return its binary; skip the test without npm."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on the PATH, so cdktf-cli can't be installed")
    subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", CDKTF_CLI], check=True)
    return folder / "node_modules" / ".bin" / "cdktf"


def copy_project(folder: Path) -> None:
    """Copy the parts that make this repository a cdktf project."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)


def run(
    binary: Path, folder: Path, *arguments: str, base: Mapping[str, str] = os.environ, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run cdktf in `folder`, with the Python of this test first on the PATH."""
    env_vars = {name: value for name, value in base.items() if not name.startswith("ECSFORGE_")}
    env_vars |= {"CI": "1", "CHECKPOINT_DISABLE": "1", **variables}
    env_vars["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env_vars['PATH']}"
    return subprocess.run([binary, *arguments], cwd=folder, env=env_vars, capture_output=True, text=True, timeout=600)
