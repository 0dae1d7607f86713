"""`ecsforge output` with a stand-in for Terraform; tests/e2e reads real outputs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from cli.commands import output as command
from operations.terraform.stream import Output, Outputs


def holding(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """The stack `shop-dev` has these outputs."""
    outputs = Outputs({name: Output(value, False) for name, value in values.items()})
    terraform = SimpleNamespace(output=lambda: outputs)
    monkeypatch.setattr(command, "existing_terraform", lambda ctx, binary: ("shop-dev", terraform))


@pytest.fixture(autouse=True)
def project_file(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: shop\n")


def test_one_that_is_named_before_the_first_deploy_is_an_error(invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    holding(monkeypatch)

    result = invoke("output", "--env", "dev", "alb_url")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "error: shop-dev: there are no outputs yet; got alb_url; deploy it first: ecsforge deploy --env dev\n"
    )


def test_before_the_first_deploy_there_are_none(invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    holding(monkeypatch)

    told = invoke("output", "--env", "dev")
    as_json = invoke("output", "--env", "dev", "--json")

    assert (told.exit_code, told.stdout) == (0, "")
    assert told.stderr == "shop-dev: no outputs yet; deploy it first: ecsforge deploy --env dev\n"
    assert (as_json.stdout, as_json.stderr) == ("{}\n", "")


def test_an_unknown_name_is_an_error_that_lists_those_that_are_known(invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    holding(monkeypatch, alb_url="http://x", aws_region="eu-west-1")

    near, far = (invoke("output", "--env", "dev", name) for name in ("alburl", "zzz"))

    assert near.exit_code == far.exit_code == 2
    assert near.stderr.startswith("error: there is no output of this name; got alburl; did you mean alb_url?\n")
    assert far.stderr.startswith("error: there is no output of this name; got zzz; choose one of alb_url, aws_region\n")


def test_one_is_printed_raw(invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    holding(monkeypatch, alb_url="http://x")

    assert invoke("output", "--env", "dev", "alb_url").stdout == "http://x\n"
