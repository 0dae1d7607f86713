"""The Terraform settings: providers and the backend of the state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stacks.app import synthesize
from stacks.project import Selection, load
from tests.stacks.conftest import Synth


def terraform(small: Synth, text: str = "") -> Any:
    return small(text).content["terraform"]


def provider(small: Synth, text: str = "") -> Any:
    (aws,) = small(text).content["provider"]["aws"]
    return aws


def test_two_major_versions_of_the_aws_provider_are_allowed(small: Synth) -> None:
    assert terraform(small)["required_providers"] == {
        "aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"},
        "local": {"source": "hashicorp/local", "version": "~> 2.5"},
    }


def test_the_state_is_next_to_the_output_folder_by_default(small: Synth) -> None:
    assert terraform(small)["backend"] == {"local": {"path": "../../../terraform.shop-prod.tfstate"}}


def test_the_state_can_be_in_an_s3_bucket(small: Synth) -> None:
    assert terraform(small, "state: {backend: s3, bucket: states}")["backend"] == {
        "s3": {
            "bucket": "states",
            "encrypt": True,
            "key": "shop/prod/terraform.tfstate",
            "region": "us-east-1",
            "use_lockfile": True,
        }
    }


def test_the_bucket_can_have_another_region_a_kms_key_and_no_lock(small: Synth) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    text = f"{{backend: s3, bucket: states, region: eu-west-1, key_prefix: a/b, lock: false, kms_key: '{key}'}}"

    assert terraform(small, f"state: {text}")["backend"] == {
        "s3": {
            "bucket": "states",
            "encrypt": True,
            "key": "a/b/shop/prod/terraform.tfstate",
            "kms_key_id": key,
            "region": "eu-west-1",
        }
    }


def test_the_state_can_be_in_hcp_terraform(small: Synth) -> None:
    made = terraform(small, "state: {backend: cloud, organization: acme}")

    assert made["cloud"] == {"organization": "acme", "workspaces": {"name": "shop-prod"}}
    assert "backend" not in made


@pytest.mark.parametrize(
    ("state", "version"), [("{}", ">= 1.5"), ("{backend: s3, bucket: states}", ">= 1.10"), (None, ">= 1.5")]
)
def test_hcl_has_the_required_terraform_version(tmp_path: Path, state: str | None, version: str) -> None:
    file = tmp_path / "ecsforge.yaml"
    file.write_text(f"project_id: shop\nservices: {{mailer: {{type: worker}}}}\nstate: {state or 'null'}\n")

    (made,) = synthesize(load(Selection(file=file, env="prod")), tmp_path / "out", format="hcl")

    assert f'required_version = "{version}"' in (made.path / "providers.tf").read_text()


def test_the_provider_has_the_region_and_default_tags(small: Synth) -> None:
    made = provider(small, "region: eu-west-1\ntags: {team: web, cost: '4711'}")

    assert made["region"] == "eu-west-1"
    assert made["default_tags"] == [
        {"tags": {"Environment": "prod", "ManagedBy": "ecsforge", "Project": "shop", "cost": "4711", "team": "web"}}
    ]


def test_any_account_is_allowed_by_default(small: Synth) -> None:
    made = provider(small)

    assert "allowed_account_ids" not in made
    assert "assume_role" not in made


def test_the_provider_only_allows_the_configured_account_and_assumes_the_role(small: Synth) -> None:
    role = "arn:aws:iam::123456789012:role/deploy"

    made = provider(small, f"account_id: '123456789012'\nassume_role: {role}")

    assert made["allowed_account_ids"] == ["123456789012"]
    assert made["assume_role"] == [{"role_arn": role, "session_name": "ecsforge"}]
