"""`ecsforge open` with moto as AWS."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from cli.console import Console
from tests.conftest import Invoke
from tests.support.scripted_terraform import ScriptedTerraform

URL = "http://alb.example.com"
pytestmark = pytest.mark.usefixtures("terraform")


class Screen(Console):
    """A console whose stdout is a terminal."""

    def is_terminal(self, stream: str = "stdout") -> bool:
        return True


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that a browser was started with."""
    urls: list[str] = []
    monkeypatch.setattr(click, "launch", lambda url: urls.append(url) or 0)
    return urls


@pytest.fixture
def deployed(terraform: ScriptedTerraform) -> None:
    outputs = {"alb_url": {"value": URL, "type": "string"}}
    Path("terraform.shop-dev.tfstate").write_text(json.dumps({"version": 4, "outputs": outputs, "resources": []}))


@pytest.mark.usefixtures("deployed")
def test_on_a_pipe_the_url_of_the_state_is_only_printed(invoke: Invoke, launched: list[str]) -> None:
    result = invoke("open", "--env", "dev")

    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{URL}\n", "")
    assert launched == []


@pytest.mark.usefixtures("deployed")
def test_on_a_terminal_a_browser_opens_it_except_with_no_browser(invoke: Invoke, launched: list[str]) -> None:
    shown = invoke("open", "web", "--env", "dev", obj=Screen())
    printed = invoke("open", "--env", "dev", "--no-browser", obj=Screen())

    assert (shown.stdout, printed.stdout) == (f"{URL}\n", f"{URL}\n")
    assert launched == [URL]


@pytest.mark.usefixtures("deployed")
def test_without_a_browser_the_url_is_still_printed(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "launch", lambda url: 1)

    result = invoke("open", "--env", "dev", obj=Screen())

    assert (result.exit_code, result.stdout) == (0, f"{URL}\n")
    assert result.stderr == "No browser was found; open the URL yourself\n"


def test_the_page_of_the_console_needs_no_aws(invoke: Invoke) -> None:
    result = invoke("open", "web", "--env", "dev", "--console")

    assert result.stdout == (
        "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/web-cluster-shop-dev/services/web-service-shop-dev/"
        "health?region=eu-west-1\n"
    )


def test_an_environment_that_is_not_deployed_is_one_message(invoke: Invoke) -> None:
    result = invoke("open", "--env", "dev")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "error: shop-dev: not deployed: eu-west-1, account 123456789012 has no load balancer of this stack; deploy it "
        "first: `ecsforge deploy --env dev`\n"
    )
