"""Where a state is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from operations.state.backend import Backend, is_ready, recorded_backend, wanted_backend


def recorded(folder: Path, kind: str, **config: Any) -> Path:
    (folder / ".terraform").mkdir()
    record = {"version": 3, "backend": {"type": kind, "config": config, "hash": 1}}
    (folder / ".terraform" / "terraform.tfstate").write_text(json.dumps(record))
    return folder


def s3(key: str = "shop/dev/terraform.tfstate", **more: Any) -> Backend:
    return Backend("s3", {"bucket": "states", "key": key, "region": "eu-west-1", **more}, Path("/x"))


def test_a_local_state_is_next_to_the_project_file_for_any_output_folder(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere" / "cdktf.out" / "stacks" / "shop-dev"
    folder.mkdir(parents=True)
    settings = {"backend": {"local": {"path": "../../../terraform.shop-dev.tfstate"}}}

    backend = wanted_backend(settings, folder, tmp_path / "project" / "terraform.shop-dev.tfstate")

    assert backend.settings == {"path": "../../../../project/terraform.shop-dev.tfstate"}


def test_an_s3_state_is_named_by_bucket_and_key(tmp_path: Path) -> None:
    settings = {"backend": {"s3": {"bucket": "states", "key": "a/b", "region": "eu-west-1"}}}

    assert str(wanted_backend(settings, tmp_path, tmp_path / "x.tfstate")) == "s3://states/a/b"


@pytest.mark.parametrize("workspaces", [{"name": "shop-dev"}, [{"name": "shop-dev"}]])
def test_a_cloud_state_is_named_by_organization_and_workspace(tmp_path: Path, workspaces: Any) -> None:
    settings = {"cloud": {"organization": "acme", "workspaces": workspaces}}

    assert str(wanted_backend(settings, tmp_path, tmp_path / "x.tfstate")) == "HCP Terraform, acme/shop-dev"


def test_the_backend_of_the_last_init_is_read_without_empty_settings(tmp_path: Path) -> None:
    recorded(tmp_path, "s3", bucket="states", key="a/b", region="eu-west-1", profile=None)

    assert recorded_backend(tmp_path) == Backend(
        "s3", {"bucket": "states", "key": "a/b", "region": "eu-west-1"}, tmp_path
    )


@pytest.mark.parametrize("text", ["", "{}", '{"backend": null}', '{"backend": {"type": "s3"}}', "[]"])
def test_an_unreadable_record_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform" / "terraform.tfstate").write_text(text)

    assert recorded_backend(tmp_path) is None


def test_encryption_and_locks_do_not_change_the_identity() -> None:
    assert s3(encrypt=True, use_lockfile=True).identity == s3().identity


def test_another_key_changes_the_identity() -> None:
    assert s3("other").identity != s3().identity


def test_local_paths_are_compared_resolved(tmp_path: Path) -> None:
    one = Backend("local", {"path": "../x.tfstate"}, tmp_path / "a")
    other = Backend("local", {"path": "../../x.tfstate"}, tmp_path / "b" / "c")

    assert one.identity == other.identity


def test_a_folder_is_ready_when_it_was_initialized_for_this_backend(tmp_path: Path) -> None:
    wanted = Backend("s3", {"bucket": "states", "key": "a/b", "region": "eu-west-1"}, tmp_path)

    assert not is_ready(wanted)
    recorded(tmp_path, "s3", bucket="states", key="a/b", region="eu-west-1")
    assert is_ready(wanted)
    assert not is_ready(Backend("s3", {**wanted.settings, "key": "other"}, tmp_path))
