"""Real engines and a registry that answers for ECR, for tests from a Dockerfile to an image in the emulator's ECR."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import boto3
import pytest

from operations.images.engine import Engine, EngineName, find_engine
from operations.rehearsal.emulator.client import Emulator
from tests.support.registry.certificate import write_certificate
from tests.support.registry.engines import sandbox
from tests.support.registry.front import LAYERS, Front, running
from tests.support.registry.programs import program
from tests.support.registry.servers import docker_registry, dockerd
from tests.support.registry.workshop import DOCKERFILE, HOST, REGION, Workshop
from tests.support.reporter import Recorder

_numbers = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder runs container engines."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.images)


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """One account for all tests."""
    with Emulator() as started:
        yield started


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The certificate for ECR's host name, and the one with its key."""
    return write_certificate(tmp_path_factory.mktemp("certificate"), HOST, LAYERS)


@pytest.fixture(scope="session")
def shared_front(
    emulator: Emulator, certificates: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """The registry behind ECR's host name."""
    with (
        docker_registry(tmp_path_factory.mktemp("registry")) as upstream,
        running(Front({HOST: emulator.client("ecr", REGION)}, upstream), certificates[1]) as front,
    ):
        yield front


@pytest.fixture
def front(shared_front: Front) -> Front:
    """The registry behind ECR's host name; nothing fails."""
    shared_front.reset()
    return shared_front


@pytest.fixture(scope="session")
def daemon(shared_front: Front, certificates: tuple[Path, Path]) -> Iterator[dict[str, str]]:
    """The environment of a docker client whose daemon is running."""
    with tempfile.TemporaryDirectory(prefix="ef-", dir="/tmp") as name:
        folder = Path(name)
        with dockerd(folder, sandbox(folder, shared_front.url, certificates[0])) as env_vars:
            yield env_vars


@pytest.fixture(params=get_args(EngineName))
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each engine."""
    name: str = request.param
    return name


@pytest.fixture
def engine(
    engine_name: str, front: Front, certificates: tuple[Path, Path], tmp_path: Path, request: pytest.FixtureRequest
) -> Engine:
    """A running engine with no images; docker keeps those of earlier tests."""
    if engine_name == "docker":
        env_vars = request.getfixturevalue("daemon")
    else:
        if shutil.which(engine_name) is None:
            pytest.skip(f"{engine_name} is not installed: run .ci/engines")
        folder = tmp_path / engine_name
        folder.mkdir()
        env_vars = sandbox(folder, front.url, certificates[0])
    return find_engine(Recorder(), engine_name, env_vars=env_vars)


@pytest.fixture
def workshop(
    engine: Engine,
    front: Front,
    emulator: Emulator,
    certificates: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Workshop:
    """A service to build with the engine."""
    for name, value in {**emulator.settings(), "HTTPS_PROXY": front.url, "AWS_CA_BUNDLE": certificates[0]}.items():
        monkeypatch.setenv(name, str(value))
    ecr = emulator.client("ecr", REGION)
    repository = f"shop/web-{next(_numbers)}"
    ecr.create_repository(repositoryName=repository, imageTagMutability="IMMUTABLE")
    context = tmp_path / "web"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE)
    (context / "app").write_bytes(program("amd64"))
    (context / "app").chmod(0o755)
    return Workshop(engine, front, ecr, boto3.Session(region_name=REGION), context, repository)
