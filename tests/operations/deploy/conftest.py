"""An emulator in a process of its own, with what moto lacks."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from operations.rehearsal.emulator.client import Emulator
from tests.support.emulator_with_tasks import EmulatorWithTasks
from tests.support.released import REGION, reset


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """The emulator of a module."""
    with EmulatorWithTasks() as running:
        yield running


@pytest.fixture
def emulated(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """A session in an empty account of the emulator."""
    for name, value in emulator.settings().items():
        monkeypatch.setenv(name, value)
    reset(emulator)
    return boto3.Session(region_name=REGION)
