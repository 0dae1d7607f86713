"""Terraform's lock of a local state file. tests/e2e shows that the real Terraform holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.state.file_lock import locked_state, refuse_if_locked
from stacks.errors import SynthError, TerraformError
from tests.support.locks import locked, still_changing


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made = Path("x.tfstate")
    made.write_text("{}")
    return made


def test_a_state_that_another_process_has_locked_is_refused_with_its_holder(file: Path) -> None:
    with locked(file) as pid, pytest.raises(TerraformError) as caught:
        refuse_if_locked(file)

    assert sentences(caught.value) == f"x.tfstate: {still_changing(pid)}"


def test_without_information_about_the_holder_its_process_is_named(file: Path) -> None:
    with locked(file) as pid:
        info = Path(".x.tfstate.lock.info")
        info.write_text("not JSON")
        with pytest.raises(TerraformError) as caught:
            refuse_if_locked(file)

    assert sentences(caught.value) == (
        f"x.tfstate: Terraform is still changing this state; got process {pid}; wait until that process has ended, "
        "then run the same command again"
    )


def test_after_its_process_has_ended_the_state_is_free(file: Path) -> None:
    with locked(file):
        pass
    Path(".x.tfstate.lock.info").write_text('{"ID": "left behind"}')

    refuse_if_locked(file)

    with locked_state(file) as opened:
        assert opened.read() == b"{}"


def test_while_it_is_held_here_another_process_can_not_take_it(file: Path) -> None:
    with locked_state(file), pytest.raises(AssertionError), locked(file):
        pass


def test_a_state_that_does_not_exist_is_not_locked(tmp_path: Path) -> None:
    refuse_if_locked(tmp_path / "x.tfstate")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("link", ["a.tfstate", "a.tfstate.backup", ".a.tfstate.lock.info"])
def test_terraform_does_not_write_a_state_through_a_symbolic_link(tmp_path: Path, link: str) -> None:
    (tmp_path / link).symlink_to("elsewhere")

    with pytest.raises(SynthError) as caught:
        refuse_if_locked(tmp_path / "a.tfstate")

    assert sentences(caught.value) == (
        f"{tmp_path / link}: the state file is a symbolic link, and nothing is written through it; got elsewhere; "
        "remove the link, and move the file that it leads to here"
    )
