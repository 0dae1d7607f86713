"""Commands in this process, with a script as Terraform and moto as AWS."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from moto import mock_aws

from cli.console import Console
from cli.signals import STOP_SIGNALS
from tests.conftest import Invoke
from tests.support.scripted_terraform import ScriptedTerraform

PROJECT = """\
project_id: shop
region: eu-west-1
environments: {dev: {}, prod: {protected: true}}
services: {web: {image: "nginx:1.27", port: 80}}
"""
Answer = Callable[..., Result]


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
