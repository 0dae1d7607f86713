"""An AWS account in this process, for tests of operations."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up AWS credentials in the process environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")


@pytest.fixture
def account(credentials: None) -> Iterator[boto3.Session]:
    """A session in an empty account, which moto mocks."""
    with mock_aws():
        yield boto3.Session(region_name="eu-west-1")
