"""`ecsforge output` with a script as Terraform; tests/e2e reads real outputs."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Invoke
from tests.support.scripted_terraform import ScriptedTerraform


def test_naming_one_before_the_first_deploy_is_an_error(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    result = invoke("output", "--env", "dev", "alb_url")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "error: shop-dev: no outputs yet; got alb_url; deploy it first: ecsforge deploy --env dev\n"
    )


def test_before_the_first_deploy_there_are_none(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    plain = invoke("output", "--env", "dev", "--set", "services.web.count=2")
    as_json = invoke("output", "--env", "dev", "--json")

    assert (plain.exit_code, plain.stdout) == (0, "")
    assert plain.stderr == (
        "shop-dev: no outputs yet; deploy it first: ecsforge deploy --set services.web.count=2 --env dev\n"
    )
    assert (as_json.stdout, as_json.stderr) == ("{}\n", "")


def test_an_unknown_name_is_an_error_with_the_known_ones(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.outputs({"alb_url": "http://x", "aws_region": "eu-west-1"})

    near, far = (invoke("output", "--env", "dev", name) for name in ("alburl", "zzz"))

    assert near.exit_code == far.exit_code == 2
    assert near.stderr.startswith("error: unknown output; got alburl; did you mean alb_url?\n")
    assert far.stderr.startswith("error: unknown output; got zzz; choose one of alb_url, aws_region\n")


@pytest.mark.parametrize(
    ("value", "raw", "as_json"), [("http://x", "http://x\n", '"http://x"\n'), (["a", "ü"], '["a", "ü"]\n', None)]
)
def test_one_is_printed_raw_or_as_json(
    invoke: Invoke, terraform: ScriptedTerraform, value: object, raw: str, as_json: str | None
) -> None:
    terraform.outputs({"one": value})

    assert invoke("output", "--env", "dev", "one").stdout == raw
    assert invoke("output", "--env", "dev", "one", "--json").stdout == (as_json or raw)


def test_sensitive_values_are_masked_except_in_json_and_when_named(
    invoke: Invoke, terraform: ScriptedTerraform
) -> None:
    secret = {"value": "hunter2", "sensitive": True}
    terraform.answers("output", [{"token": secret, "aws_region": {"value": "eu-west-1"}}])

    table, document, named = (invoke("output", "--env", "dev", *more) for more in ([], ["--json"], ["token"]))

    assert table.stdout == "aws_region\teu-west-1\ntoken\t(sensitive)\n"
    assert json.loads(document.stdout) == {"aws_region": "eu-west-1", "token": "hunter2"}
    assert named.stdout == "hunter2\n"


def test_terraform_is_initialized_once_and_needs_no_credentials(
    invoke: Invoke, terraform: ScriptedTerraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    terraform.outputs({"aws_region": "eu-west-1"})

    first, second = (invoke("output", "--env", "dev") for _ in range(2))

    assert first.stdout == second.stdout == "aws_region\teu-west-1\n"
    assert terraform.calls == ["init", "output", "output"]


def test_a_state_that_can_not_be_read_is_an_error(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.answers("output", [], exit_code=1, stderr="Error: Failed to load state: AccessDenied")

    result = invoke("output", "--env", "dev")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: reading the outputs: ")
    assert "Failed to load state: AccessDenied" in result.stderr
