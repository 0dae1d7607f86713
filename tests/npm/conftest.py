"""The real cdktf-cli, installed once per session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import cdktf


@pytest.fixture(scope="session")
def cdktf_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the cdktf binary."""
    return cdktf.install(tmp_path_factory.mktemp("npm"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of this repository's cdktf project."""
    cdktf.copy_project(tmp_path)
    return tmp_path
