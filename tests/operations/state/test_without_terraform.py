"""A state is read without Terraform where it is a file or in a bucket."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from operations.state.without_terraform import readable_state
from stacks.errors import TerraformError
from stacks.project.models import Project, State

STATE = {"version": 4, "outputs": {"protected": {"value": True, "type": "bool"}}}


def shop(state: State) -> Project:
    return Project(project_id="shop", env="prod", region="eu-west-1", state=state)


def test_a_local_state(tmp_path: Path) -> None:
    project = shop(State())

    assert readable_state(project, tmp_path).outputs == {}
    (tmp_path / "terraform.shop-prod.tfstate").write_text(json.dumps(STATE))
    assert readable_state(project, tmp_path).outputs == {"protected": True}
    (tmp_path / "terraform.shop-prod.tfstate").write_text("{")
    with pytest.raises(TerraformError):
        readable_state(project, tmp_path)


def test_a_state_in_a_bucket(account: boto3.Session, tmp_path: Path) -> None:
    project = shop(State(backend="s3", bucket="states", key_prefix="teams"))

    assert readable_state(project, tmp_path).outputs == {}
    s3 = account.client("s3")
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="states", Key="teams/shop/prod/terraform.tfstate", Body=json.dumps(STATE))
    assert readable_state(project, tmp_path).outputs == {"protected": True}


def test_another_backend_is_not_read(tmp_path: Path) -> None:
    assert readable_state(shop(State(backend="cloud", organization="acme")), tmp_path).content == {}
