"""Commands in this process, with a script as Terraform and moto as AWS."""

from __future__ import annotations

import os
import signal
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from moto import mock_aws

from cli.console import Console
from cli.signals import STOP_SIGNALS
from operations.rehearsal.emulator.client import Emulator
from tests.conftest import ROOT as ROOT
from tests.conftest import Invoke
from tests.support.deployed import Deployed, write_project
from tests.support.scripted_terraform import ScriptedTerraform

PROJECT = """\
project_id: shop
region: eu-west-1
environments: {dev: {}, prod: {protected: true}}
services: {web: {image: "nginx:1.27", port: 80}}
"""
Answer = Callable[..., Result]
Operate = Callable[..., Result]


class Terminal(Console):
    """A console that somebody answers on."""

    @property
    def interactive(self) -> bool:
        return True


@pytest.fixture
def terraform(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedTerraform]:
    """The Terraform of a project in the current folder, in an empty account."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "TF_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path))
    made = ScriptedTerraform.write(tmp_path / "terraform")
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", made.path)
    (folder / "ecsforge.yaml").write_text(PROJECT)
    with mock_aws():
        yield made


@pytest.fixture
def answer(invoke: Invoke) -> Answer:
    """`answer("yes\\n", "deploy")` runs a command line on a terminal where this is typed."""

    def run(typed: str, *arguments: str) -> Result:
        return invoke(*arguments, input=typed, obj=Terminal())

    return run


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A command may end with Ctrl-C in here: the handlers that it sets are removed."""
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One emulator for the tests of a module."""
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def environment(emulator: Emulator) -> Deployed:
    """The environment, whose clients the tests of a module share: they take a second to create."""
    return Deployed(emulator)


@pytest.fixture
def deployed(environment: Deployed, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """The environment `dev` of `tests.support.deployed`, new for each test."""
    for name, value in emulator.settings().items():
        monkeypatch.setenv(name, value)
    urllib.request.urlopen(urllib.request.Request(f"{emulator.endpoint}/moto-api/reset", method="POST")).close()
    environment.create()
    return environment


@pytest.fixture
def operate(deployed: Deployed, folder: Path, invoke: Invoke) -> Operate:
    """`operate("scale", "web", "3")` runs a command for the environment `dev`."""
    write_project(folder)

    def run(*arguments: str, env: str = "dev") -> Result:
        return invoke("--env", env, *arguments)

    return run
