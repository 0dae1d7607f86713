"""The parts of a rehearsal's stages that do not run Terraform; tests/e2e runs all stages."""

from __future__ import annotations

from operations.rehearsal.lifecycle import without_overrides


def test_variables_that_override_terraform_are_dropped() -> None:
    environment = {"HOME": "/home/me", "TF_VAR_image": "other:1", "TF_CLI_ARGS_plan": "-target=x", "TF_LOG": "debug"}

    assert without_overrides(environment) == {"HOME": "/home/me", "TF_LOG": "debug"}
