"""What Terraform gets in a rehearsal."""

from __future__ import annotations

from operations.rehearsal.rehearsed_stack import without_overrides


def test_variables_that_influence_terraform_are_dropped() -> None:
    env_vars = {
        "HOME": "/home/me",
        "TF_VAR_image": "other:1",
        "TF_TOKEN_app_terraform_io": "x",
        "TF_CLI_ARGS_plan": "-target=x",
        "TF_REATTACH_PROVIDERS": "{}",
        "TF_PLUGIN_CACHE_DIR": "/cache",
    }

    kept = without_overrides(env_vars)

    ours = {"CHECKPOINT_DISABLE", "TF_IN_AUTOMATION", "TF_INPUT"}
    assert kept.keys() == {"HOME", "TF_PLUGIN_CACHE_DIR", *ours}
