"""An environment in the emulator whose services are changed; new for each test."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from operations.health.environment import Environment, open_environment
from operations.rehearsal.emulator.client import Emulator
from stacks.project.models import Project
from tests.support.deployed import PROJECT, Deployed

Open = Callable[..., Environment]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def environment(emulator: Emulator) -> Deployed:
    """The environment, whose clients the tests of a module share: they take a second to create."""
    return Deployed(emulator)


@pytest.fixture
def deployed(environment: Deployed, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    for name, value in emulator.settings().items():
        monkeypatch.setenv(name, value)
    urllib.request.urlopen(urllib.request.Request(f"{emulator.endpoint}/moto-api/reset", method="POST")).close()
    environment.create()
    return environment


@pytest.fixture
def opened(deployed: Deployed) -> Open:
    """`opened("web", protected=True)` is the environment with one service, or with all of them."""

    def open_(*services: str, changes: dict[str, Any] | None = None, **settings: Any) -> Environment:
        values = {key: value for key, value in PROJECT.items() if key != "environments"} | {"env": "dev"} | settings
        for name, change in (changes or {}).items():
            values["services"] = values["services"] | {name: values["services"][name] | change}
        return open_environment(Project.model_validate(values), services)

    return open_
