"""Where a state is. That states move, and are never left behind, is shown with Terraform under tests/deploy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from operations.state import migrate as state_module
from operations.state.migrate import (
    Backend,
    _restore,
    is_ready,
    read_state,
    recorded_backend,
    resources,
    wanted_backend,
)
from stacks.errors import TerraformError


def stack(folder: Path, **settings: Any) -> Path:
    (folder / "cdk.tf.json").write_text(json.dumps({"terraform": settings}))
    return folder


def recorded(folder: Path, kind: str, **config: Any) -> Path:
    (folder / ".terraform").mkdir()
    record = {"version": 3, "backend": {"type": kind, "config": config, "hash": 1}}
    (folder / ".terraform" / "terraform.tfstate").write_text(json.dumps(record))
    return folder


def s3(key: str = "shop/dev/terraform.tfstate", **more: Any) -> Backend:
    return Backend("s3", {"bucket": "states", "key": key, "region": "eu-west-1", **more}, Path("/x"))


def test_a_local_state_is_beside_the_project_file_wherever_the_stack_is(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere" / "cdktf.out" / "stacks" / "shop-dev"
    folder.mkdir(parents=True)
    stack(folder, backend={"local": {"path": "../../../terraform.shop-dev.tfstate"}})

    backend = wanted_backend(folder, tmp_path / "project" / "terraform.shop-dev.tfstate")

    assert backend.settings == {"path": "../../../../project/terraform.shop-dev.tfstate"}


def test_an_s3_state_is_named_by_bucket_and_key(tmp_path: Path) -> None:
    stack(tmp_path, backend={"s3": {"bucket": "states", "key": "a/b", "region": "eu-west-1"}})

    assert str(wanted_backend(tmp_path, tmp_path / "x.tfstate")) == "s3://states/a/b"


@pytest.mark.parametrize("workspaces", [{"name": "shop-dev"}, [{"name": "shop-dev"}]])
def test_a_cloud_state_is_named_by_organization_and_workspace(tmp_path: Path, workspaces: Any) -> None:
    stack(tmp_path, cloud={"organization": "acme", "workspaces": workspaces})

    assert str(wanted_backend(tmp_path, tmp_path / "x.tfstate")) == "HCP Terraform, acme/shop-dev"


def test_what_init_set_up_is_read_back_without_empty_settings(tmp_path: Path) -> None:
    recorded(tmp_path, "s3", bucket="states", key="a/b", region="eu-west-1", profile=None)

    assert recorded_backend(tmp_path) == Backend(
        "s3", {"bucket": "states", "key": "a/b", "region": "eu-west-1"}, tmp_path
    )


@pytest.mark.parametrize("text", ["", "{}", '{"backend": null}', '{"backend": {"type": "s3"}}', "[]"])
def test_a_record_that_can_not_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform" / "terraform.tfstate").write_text(text)

    assert recorded_backend(tmp_path) is None


def test_encryption_and_locks_do_not_make_it_another_place() -> None:
    assert s3(encrypt=True, use_lockfile=True).identity == s3().identity


def test_another_key_does() -> None:
    assert s3("other").identity != s3().identity


def test_local_paths_are_compared_by_where_they_lead(tmp_path: Path) -> None:
    one = Backend("local", {"path": "../x.tfstate"}, tmp_path / "a")
    other = Backend("local", {"path": "../../x.tfstate"}, tmp_path / "b" / "c")

    assert one.identity == other.identity


def test_only_managed_resources_count() -> None:
    state = {
        "resources": [
            {"mode": "managed", "type": "aws_vpc", "name": "main", "instances": [{"attributes": {"id": "vpc-1"}}]},
            {"mode": "data", "type": "aws_partition", "name": "current", "instances": [{"attributes": {"id": "aws"}}]},
            {"mode": "managed", "type": "aws_eip", "name": "gone", "instances": []},
        ]
    }

    assert resources(state) == {("aws_vpc.main[]", "vpc-1")}


def test_no_state_file_is_an_empty_state(tmp_path: Path) -> None:
    assert read_state(tmp_path / "none.tfstate") == {}


@pytest.mark.parametrize("text", ["{oh", "[]", "3", '{"resources": []}'])
def test_a_broken_state_file_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.tfstate"
    file.write_text(text)

    with pytest.raises(TerraformError, match=r"this is no Terraform state; got .*; restore it from a backup"):
        read_state(file)


def stored(serial: int, *names: str, lineage: str = "a") -> dict[str, Any]:
    instance = {"attributes": {"id": "1"}}
    made = [{"mode": "managed", "type": "aws_eip", "name": name, "instances": [instance]} for name in names]
    return {"version": 4, "lineage": lineage, "serial": serial, "resources": made}


DEPLOYED = json.dumps(stored(5, "x"))


@pytest.mark.parametrize("left", ["", DEPLOYED[:40]])
def test_a_state_that_terraform_was_killed_over_is_the_one_before(tmp_path: Path, left: str) -> None:
    file, said = tmp_path / "terraform.shop-dev.tfstate", list[str]()
    file.write_text(left)
    file.with_name(f"{file.name}.backup").write_text(DEPLOYED)

    _restore(file, said.append)

    assert file.read_text() == DEPLOYED
    assert file.with_name(f"{file.name}.broken").read_text() == left
    assert len(said) == 1
    assert said[0].startswith("Terraform was killed while it wrote ")
    assert said[0].endswith("terraform.shop-dev.tfstate.backup")


def test_of_a_first_deploy_what_is_in_the_account_is_taken_over(tmp_path: Path) -> None:
    file, said = tmp_path / "terraform.shop-dev.tfstate", list[str]()
    file.write_text(DEPLOYED[:40])

    _restore(file, said.append)

    assert [each.name for each in tmp_path.iterdir()] == [f"{file.name}.broken"]
    assert said[0].endswith("going on from what bears its tags in the account")


@pytest.mark.parametrize(
    ("state", "backup"), [(DEPLOYED, "{}"), ("{}", DEPLOYED), ("", None), ("", ""), (None, DEPLOYED)]
)
def test_no_other_state_is_touched(tmp_path: Path, state: str | None, backup: str | None) -> None:
    """One that holds nothing after a destroy, one that was never written, one that was taken away."""
    file = tmp_path / "terraform.shop-dev.tfstate"
    for path, text in ((file, state), (file.with_name(f"{file.name}.backup"), backup)):
        if text is not None:
            path.write_text(text)

    _restore(file, pytest.fail)

    assert (file.read_text() if file.exists() else None) == state


@pytest.mark.parametrize(
    ("here", "there", "outcome"),
    [
        (stored(5, "x"), {}, "moves"),
        (stored(5), stored(3, "x"), "stays"),
        (stored(3, "x"), stored(5, "x", "y"), "stays"),
        (stored(5, "x"), stored(5, "x"), "stays"),
        # What is there was left behind by an earlier move: what is here has been deployed since.
        (stored(5, "x"), stored(3, "x"), "moves"),
        (stored(5, "x", "y"), stored(3, "x"), "moves"),
        # Both have been deployed since, or something is gone from one: nobody can tell which is right.
        (stored(5, "x"), stored(3, "x", "y"), "is refused"),
        (stored(3, "x", "y"), stored(5, "x"), "is refused"),
        (stored(5, "x", "y", lineage="b"), stored(3, "x"), "is refused"),
    ],
)
def test_of_two_states_the_newer_one_is_kept(
    monkeypatch: pytest.MonkeyPatch, here: dict[str, Any], there: dict[str, Any], outcome: str
) -> None:
    before, wanted = s3("before"), s3("wanted")
    monkeypatch.setattr(state_module, "_pulled", lambda terraform, backend: here if backend is before else there)
    said: list[str] = []

    def to_move() -> dict[str, Any] | None:
        return state_module._to_move(None, before, wanted, said.append)  # type: ignore[arg-type]  # it is not run

    if outcome == "is refused":
        with pytest.raises(TerraformError, match="hold different states of this stack"):
            to_move()
    else:
        assert to_move() == (here if outcome == "moves" else None)


def test_a_folder_is_ready_when_it_was_set_up_for_what_its_stack_names(tmp_path: Path) -> None:
    state_file = tmp_path / "terraform.shop-dev.tfstate"
    stack(tmp_path, backend={"s3": {"bucket": "states", "key": "a/b", "region": "eu-west-1"}})

    assert not is_ready(tmp_path, state_file)
    recorded(tmp_path, "s3", bucket="states", key="a/b", region="eu-west-1")
    assert is_ready(tmp_path, state_file)
    stack(tmp_path, backend={"s3": {"bucket": "states", "key": "other", "region": "eu-west-1"}})
    assert not is_ready(tmp_path, state_file)
    (tmp_path / "cdk.tf.json").unlink()
    assert not is_ready(tmp_path, state_file)


class Pushed:
    """A Terraform that stores states in a file, unless what is there can't be read, as the real one."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.folder, self._file = folder, file

    def push_state(self, state: Path) -> None:
        read_state(self._file)
        self._file.write_text(state.read_text())


@pytest.mark.parametrize("before", ["", '{"version": 4, "ser'])
def test_a_state_that_could_not_be_stored_is_stored_by_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "terraform.shop-dev.tfstate"
    file.write_text(before)
    (tmp_path / "errored.tfstate").write_text(json.dumps(stored(1, "x")))
    said: list[str] = []

    backend = Backend("local", {"path": file.name}, tmp_path)
    state_module._recover(Pushed(tmp_path, file), backend, said.append)  # type: ignore[arg-type]  # only what is used

    assert read_state(file) == stored(1, "x")
    assert not (tmp_path / "errored.tfstate").exists()
    assert said[0] == "The last deploy could not save its state and left it here: saving it now"
    set_aside = f"{file.name} can't be read and is now {file.name}.broken"
    assert said[1:] == ([set_aside] if before else [])


def test_one_that_holds_nothing_stops_no_command(tmp_path: Path) -> None:
    """Terraform makes the file before it finds that the disk is full."""
    (tmp_path / "errored.tfstate").touch()

    state_module._recover(Pushed(tmp_path, tmp_path / "x"), s3(), print)  # type: ignore[arg-type]  # only what is used

    assert list(tmp_path.iterdir()) == []
