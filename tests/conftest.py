"""What all tests share: settings, the project files, and running the command line here or as a user's shell would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from cli.main import main

ROOT = Path(__file__).parents[1]

Invoke = Callable[..., Result]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

settings.register_profile("ecsforge", deadline=None)
settings.load_profile("ecsforge")


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """The scheduler of the end-to-end tests; None for the default of xdist."""
    if config.getvalue("dist") != "loadfile":
        return None
    from tests.support.scheduling import LongestFirst

    return LongestFirst(config, log)


@pytest.fixture(scope="session")
def specs() -> Path:
    """The folder of project files that tests share: the article's, a shop's, two web services."""
    return Path(__file__).parent / "specs"


@pytest.fixture(scope="session", autouse=True)
def shared_models() -> Iterator[None]:
    """boto3 sessions share the models of AWS's APIs, which each of them would read again from large files."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine that runs the tests reaches a command."""
    for name in ("ECSFORGE_ENV", "ECSFORGE_FILE", "ECSFORGE_PROJECT_ID", "NO_COLOR", "FORCE_COLOR", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that commands run in."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def invoke(folder: Path) -> Invoke:
    """`invoke("list", "--json")` runs a command line in `folder` and this process."""

    def run(*arguments: str, **options: object) -> Result:
        return CliRunner().invoke(main, arguments, **options)

    return run


@pytest.fixture
def ecsforge(folder: Path) -> Run:
    """`ecsforge("list")` runs a command line in `folder` and a process of its own, with nothing on stdin."""

    def run(*arguments: str, code: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        program = ["-c", code] if code else ["-m", "cli"]
        return subprocess.run(
            [sys.executable, *program, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
