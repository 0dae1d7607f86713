"""The real Terraform, the real AWS provider and an emulator, for tests from the command line to the AWS API."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from operations.rehearsal.emulator.client import Emulator
from tests.support.scheduling import place_of
from tests.support.terraform import terraform_environment
from tests.support.workplace import REGION, SUBNETS, VPC, Workplace

NewWorkplace = Callable[[str], Workplace]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder runs Terraform; the files that take longest are first."""
    items.sort(key=lambda item: place_of(item.path.stem))
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.terraform)


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables for Terraform to find its providers."""
    return terraform_environment(tmp_path_factory.mktemp("providers"))


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """One account for all tests, with an existing network."""
    with Emulator() as running:
        create_network(running)
        yield running


def create_network(emulator: Emulator) -> None:
    """Create the network that `Workplace.write` names."""
    emulator.create_existing(
        "network",
        region=REGION,
        vpc_id=VPC,
        subnet_ids=[each for ids in SUBNETS.values() for each in ids],
        public_subnet_ids=SUBNETS["public_subnet_ids"],
    )


@pytest.fixture
def new_workplace(emulator: Emulator, terraform: dict[str, str], tmp_path: Path) -> Iterator[NewWorkplace]:
    """`new_workplace("one")` is an empty folder in which commands use the emulator."""
    own = {key: value for key, value in os.environ.items() if key.partition("_")[0] not in ("TF", "ECSFORGE")}

    created: list[Workplace] = []

    def create(name: str) -> Workplace:
        folder = tmp_path / name
        folder.mkdir()
        created.append(Workplace(folder, emulator, {**emulator.env_vars(own), **terraform}))
        return created[-1]

    yield create
    for each in created:
        each.stop()


@pytest.fixture
def workplace(new_workplace: NewWorkplace) -> Workplace:
    """One workplace."""
    return new_workplace("here")
