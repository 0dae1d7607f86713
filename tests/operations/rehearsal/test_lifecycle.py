"""The stages of a rehearsal as far as they need no Terraform; tests/e2e runs them all."""

from __future__ import annotations

from operations.rehearsal.lifecycle import without_overrides


def test_variables_that_change_what_terraform_does_are_dropped() -> None:
    environment = {"HOME": "/home/me", "TF_VAR_image": "other:1", "TF_CLI_ARGS_plan": "-target=x", "TF_LOG": "debug"}

    assert without_overrides(environment) == {"HOME": "/home/me", "TF_LOG": "debug"}
