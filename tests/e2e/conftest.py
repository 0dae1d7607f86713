"""The real Terraform, the real AWS provider and an emulator, for tests from the command line to the AWS API."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from operations.rehearsal.emulator.client import Emulator
from tests.support.terraform import terraform_environment
from tests.support.workplace import REGION, SUBNETS, VPC, Workplace

NewWorkplace = Callable[[str], Workplace]


LONGEST = ("test_databases", "test_rails_shop", "test_actions", "test_own_terraform", "test_event_system")
"""The files that take longest, at most a quarter of an hour each. They start first."""
INDEPENDENT = ("test_examples",)
"""The files whose tests are independent of each other, and take minutes each."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder runs Terraform. With `--dist loadgroup`, one worker runs the tests of a file."""
    items.sort(key=lambda item: _place(item.path.stem))
    for item in items:
        alone = item.path.stem in INDEPENDENT
        item.add_marker(pytest.mark.xdist_group(item.nodeid if alone else str(item.path)))
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.terraform)


def _place(name: str) -> int:
    first = (*LONGEST, *INDEPENDENT)
    return first.index(name) if name in first else len(first)


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
