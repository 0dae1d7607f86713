"""`ecsforge output` with Terraform replaced; tests/e2e reads real outputs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from operations import stack
from operations.terraform.stream import Output, Outputs


def replace_outputs(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Set the outputs of the stack `shop-dev`."""
    outputs = Outputs({name: Output(value, False) for name, value in values.items()})
    terraform = SimpleNamespace(output=lambda: outputs)
    monkeypatch.setattr(stack, "initialized_stack", lambda *arguments, **options: ("shop-dev", terraform))


@pytest.fixture(autouse=True)
def project_file(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text('project_id: shop\nservices: {web: {image: "app:1", port: 8080}}\n')


def test_naming_an_output_before_the_first_deploy_is_an_error(invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_outputs(monkeypatch)

    result = invoke("output", "--env", "dev", "alb_url")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "error: shop-dev: no outputs yet; got alb_url; deploy it first: ecsforge deploy --env dev\n"
    )


def test_before_the_first_deploy_there_are_no_outputs(invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_outputs(monkeypatch)

    plain = invoke("output", "--env", "dev")
    as_json = invoke("output", "--env", "dev", "--json")

    assert (plain.exit_code, plain.stdout) == (0, "")
    assert plain.stderr == "shop-dev: no outputs yet; deploy it first: ecsforge deploy --env dev\n"
    assert (as_json.stdout, as_json.stderr) == ("{}\n", "")


def test_an_unknown_name_is_an_error_with_the_known_ones(invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_outputs(monkeypatch, alb_url="http://x", aws_region="eu-west-1")

    near, far = (invoke("output", "--env", "dev", name) for name in ("alburl", "zzz"))

    assert near.exit_code == far.exit_code == 2
    assert near.stderr.startswith("error: unknown output; got alburl; did you mean alb_url?\n")
    assert far.stderr.startswith("error: unknown output; got zzz; choose one of alb_url, aws_region\n")


def test_a_named_output_is_printed_raw(invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_outputs(monkeypatch, alb_url="http://x")

    assert invoke("output", "--env", "dev", "alb_url").stdout == "http://x\n"
