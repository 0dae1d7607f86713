"""States that Terraform could not store, or left damaged, are recovered."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentences
from operations.state import emergency
from operations.state.backend import Backend
from operations.state.document import StateDocument
from operations.state.emergency import keep, recover, restore
from operations.terraform.binary import Binary
from operations.terraform.runner import Terraform
from operations.terraform.stream import StateDump, parse
from stacks.errors import TerraformError
from tests.support.locks import locked, still_changing

STATE = {"version": 4, "serial": 1, "lineage": "a", "outputs": {}, "resources": []}


def test_terraform_writes_a_state_that_it_can_not_store_to_its_stream() -> None:
    line = json.dumps({"@level": "info", "@message": "Emergency state dump", "state": STATE, "type": "log"})

    assert parse(line) == StateDump(STATE)


def test_it_is_saved_where_the_next_command_looks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "errored.tfstate").touch()  # Terraform could only create the file

    message = keep(STATE, tmp_path)

    assert message == "the state could not be stored and was saved in errored.tfstate; the next command stores it"
    assert json.loads((tmp_path / "errored.tfstate").read_text()) == STATE
    assert (tmp_path / "errored.tfstate").stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_in_place_of_the_file_does_not_lose_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop-dev" / "errored.tfstate").mkdir(parents=True)

    message = keep(STATE, tmp_path / "shop-dev")

    (file,) = (tmp_path / "shop-dev").glob("shop-dev-*.tfstate")
    assert message == (
        f"the state could not be stored and was saved in shop-dev/{file.name}; delete the folder "
        "shop-dev/errored.tfstate and give the file its name: the next command stores it"
    )
    assert json.loads(file.read_text()) == STATE


def test_on_a_full_disk_it_is_saved_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    full(monkeypatch, tmp_path / "shop-dev")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    message = keep(STATE, tmp_path / "shop-dev")

    (file,) = tmp_path.glob("shop-dev-*.tfstate")
    assert message == (
        f"the state could not be stored and was saved in {file}; free disk space and move it to "
        "shop-dev/errored.tfstate: the next command stores it"
    )
    assert json.loads(file.read_text()) == STATE


def test_if_every_disk_is_full_the_message_contains_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    full(monkeypatch, tmp_path, Path(tempfile.gettempdir()), Path.home())

    message, text = keep(STATE, tmp_path).split("\n")

    assert message == (
        "the state could not be saved anywhere; save what follows as errored.tfstate, and the next command stores it:"
    )
    assert json.loads(text) == STATE


def test_an_apply_that_can_not_store_its_state_saves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    dump = json.dumps({"@message": "Emergency state dump", "state": STATE, "type": "log"})
    failed = json.dumps({"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "Failed to write state"}})
    program = tmp_path / "terraform"
    program.write_text(f"#!/bin/sh\necho '{dump}'\necho '{failed}'\nexit 1\n")
    program.chmod(0o755)
    warnings: list[str] = []
    binary = Binary((str(program),), "Terraform", (1, 11, 4), "terraform")

    with pytest.raises(TerraformError) as caught:
        Terraform(binary, tmp_path, os.environ, warn=warnings.append, keep_state=keep).apply(tmp_path / "plan")

    assert sentences(caught.value).startswith("applying: Failed to write state")

    assert warnings == ["the state could not be stored and was saved in errored.tfstate; the next command stores it"]
    assert json.loads((tmp_path / "errored.tfstate").read_text()) == STATE


def full(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Make writing to these folders fail."""
    write = emergency._written
    monkeypatch.setattr(
        emergency, "_written", lambda text, folder, name: None if folder in folders else write(text, folder, name)
    )


def test_without_keep_state_the_warning_contains_the_state(tmp_path: Path) -> None:
    dump = json.dumps({"@message": "Emergency state dump", "state": STATE, "type": "log"})
    program = tmp_path / "terraform"
    program.write_text(f"#!/bin/sh\necho '{dump}'\nexit 1\n")
    program.chmod(0o755)
    warnings: list[str] = []
    binary = Binary((str(program),), "Terraform", (1, 11, 4), "terraform")

    with pytest.raises(TerraformError):
        Terraform(binary, tmp_path, os.environ, warn=warnings.append).apply(tmp_path / "plan")

    assert json.loads(warnings[0].partition("\n")[2]) == STATE


def stored(serial: int, *names: str, lineage: str = "a") -> dict[str, Any]:
    instance = {"attributes": {"id": "1"}}
    made = [{"mode": "managed", "type": "aws_eip", "name": name, "instances": [instance]} for name in names]
    return {"version": 4, "lineage": lineage, "serial": serial, "resources": made}


DEPLOYED = json.dumps(stored(5, "x"))


@pytest.mark.parametrize("left", ["", DEPLOYED[:40]])
def test_a_damaged_state_is_replaced_by_its_backup(tmp_path: Path, left: str) -> None:
    file, messages = tmp_path / "terraform.shop-dev.tfstate", list[str]()
    file.write_text(left)
    file.with_name(f"{file.name}.backup").write_text(DEPLOYED)

    restore(file, messages.append)

    assert file.read_text() == DEPLOYED
    assert file.with_name(f"{file.name}.broken").read_text() == left
    assert len(messages) == 1
    assert messages[0].startswith("Terraform was killed while writing ")
    assert messages[0].endswith("terraform.shop-dev.tfstate.backup")


def test_after_a_first_deploy_without_a_backup_it_continues_with_the_account(tmp_path: Path) -> None:
    file, messages = tmp_path / "terraform.shop-dev.tfstate", list[str]()
    file.write_text(DEPLOYED[:40])

    restore(file, messages.append)

    assert [each.name for each in tmp_path.iterdir()] == [f"{file.name}.broken"]
    assert messages[0].endswith("continuing with the resources with its tags in the account")


@pytest.mark.parametrize(
    ("state", "backup"), [(DEPLOYED, "{}"), ("{}", DEPLOYED), ("", None), ("", ""), (None, DEPLOYED)]
)
def test_other_states_are_not_touched(tmp_path: Path, state: str | None, backup: str | None) -> None:
    """A state without resources after a destroy, one that was never written, one that was removed."""
    file = tmp_path / "terraform.shop-dev.tfstate"
    for path, text in ((file, state), (file.with_name(f"{file.name}.backup"), backup)):
        if text is not None:
            path.write_text(text)

    restore(file, pytest.fail)

    assert (file.read_text() if file.exists() else None) == state


class Pushed:
    """Stores states in a file, unless the existing file can't be read, as Terraform does."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.folder, self._file = folder, file

    def push_state(self, state: Path) -> None:
        StateDocument.read(self._file)
        self._file.write_text(state.read_text())


@pytest.mark.parametrize("before", ["", '{"version": 4, "ser'])
def test_a_state_that_could_not_be_stored_is_stored_by_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "terraform.shop-dev.tfstate"
    file.write_text(before)
    (tmp_path / "errored.tfstate").write_text(json.dumps(stored(1, "x")))
    messages: list[str] = []

    backend = Backend("local", {"path": file.name}, tmp_path)
    recover(Pushed(tmp_path, file), backend, messages.append)  # type: ignore[arg-type]  # only what is used

    assert StateDocument.read(file).content == stored(1, "x")
    assert not (tmp_path / "errored.tfstate").exists()
    assert messages[0] == (
        "The last deploy could not store its state and saved it in the stack's folder: storing it now"
    )
    set_aside = f"{file.name} can't be read and was renamed to {file.name}.broken"
    assert messages[1:] == ([set_aside] if before else [])


@pytest.mark.parametrize("text", ["{trunc", '{"version": 4, "serial": 3, "resou', "[]"])
def test_a_damaged_errored_state_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "errored.tfstate").write_text(text)
    messages: list[str] = []

    recover(Pushed(tmp_path, tmp_path / "x"), Backend("s3", {}, tmp_path), messages.append)  # type: ignore[arg-type]  # only what is used

    (aside,) = tmp_path.iterdir()
    assert aside.read_text() == text
    assert messages == [
        f"errored.tfstate can't be read and was renamed to {aside.name}; resources that only this file lists are found "
        "by `ecsforge deploy --adopt`"
    ]


def test_an_empty_errored_state_is_removed(tmp_path: Path) -> None:
    """Terraform creates the file before it notices that the disk is full."""
    (tmp_path / "errored.tfstate").touch()

    recover(Pushed(tmp_path, tmp_path / "x"), Backend("s3", {}, tmp_path), print)  # type: ignore[arg-type]  # only what is used

    assert list(tmp_path.iterdir()) == []


def test_the_restored_state_is_not_older_than_the_damaged_one(tmp_path: Path) -> None:
    """Otherwise a plan that was saved for the backup would still be applied."""
    file = tmp_path / "terraform.shop-dev.tfstate"
    file.write_text(json.dumps({"version": 4, "serial": 13, "lineage": "a", "resources": ["x"]})[:-8])
    file.with_name(f"{file.name}.backup").write_text(json.dumps(stored(11, "x")))

    restore(file, lambda text: None)

    assert StateDocument.read(file).content == stored(13, "x")


@pytest.mark.parametrize("left", ["", DEPLOYED[:40]])
def test_a_damaged_state_is_not_touched_while_a_terraform_holds_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    """An ecsforge that was killed leaves its Terraform running, which is writing the file."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "terraform.shop-dev.tfstate"
    file.write_text(left)
    file.with_name(f"{file.name}.backup").write_text(DEPLOYED)

    with locked(file) as pid, pytest.raises(TerraformError) as caught:
        restore(file, pytest.fail)

    assert sentences(caught.value) == f"terraform.shop-dev.tfstate: {still_changing(pid)}"
    assert file.read_text() == left


def test_a_state_is_not_set_aside_while_a_terraform_holds_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "terraform.shop-dev.tfstate"
    file.write_text(DEPLOYED[:40])
    (tmp_path / "errored.tfstate").write_text(json.dumps(stored(1, "x")))
    backend = Backend("local", {"path": file.name}, tmp_path)

    with locked(file) as pid, pytest.raises(TerraformError) as caught:
        recover(Pushed(tmp_path, file), backend, lambda text: None)  # type: ignore[arg-type]  # only what is used

    assert sentences(caught.value) == f"terraform.shop-dev.tfstate: {still_changing(pid)}"
    assert file.read_text() == DEPLOYED[:40]
    assert (tmp_path / "errored.tfstate").exists()
