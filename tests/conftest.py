"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ecsforge", deadline=None)
settings.load_profile("ecsforge")


@pytest.fixture(scope="session")
def specs() -> Path:
    """The folder of project files that tests share: the article's, a shop's, two web services."""
    return Path(__file__).parent / "specs"
