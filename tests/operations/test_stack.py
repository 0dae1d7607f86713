"""A stack made ready, with a stand-in for Terraform; tests/e2e makes real ones ready."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.console import Console
from operations import stack
from stacks.errors import TerraformError


def failing(*arguments: object, **options: object) -> None:
    raise TerraformError("preparing the stack: Failed to query available provider packages")


@pytest.mark.parametrize("exists", [False, True])
def test_where_init_fails_a_missing_configuration_of_terraform_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], exists: bool
) -> None:
    config = tmp_path / "terraformrc"
    if exists:
        config.touch()
    monkeypatch.setattr(stack.state, "prepare", failing)
    ctx: Any = SimpleNamespace(console=Console())
    terraform: Any = SimpleNamespace(environment={"TF_CLI_CONFIG_FILE": str(config)})
    loaded: Any = SimpleNamespace(root=tmp_path)

    with pytest.raises(TerraformError):
        stack._with_state(ctx, terraform, loaded, "shop-dev", lambda question: False)

    told = f"warning: TF_CLI_CONFIG_FILE names {config}, which does not exist: left out\n"
    assert capsys.readouterr().err == ("" if exists else told)
