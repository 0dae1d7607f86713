"""A stack's folder is initialized for its state, and the state is moved, with a script as Terraform.

tests/e2e moves real states.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentences
from operations.state.apply_marker import last_ending, marked
from operations.state.backend import Backend, recorded_backend
from operations.state.migrate import prepare
from operations.terraform.runner import Terraform
from stacks.errors import TerraformError
from tests.support.locks import locked, still_changing
from tests.support.scripted_terraform import ScriptedTerraform

LOCAL = "terraform.shop-dev.tfstate"
KEY = "shop/dev/terraform.tfstate"


def s3(bucket: str) -> dict[str, str]:
    return {"bucket": bucket, "key": KEY, "region": "eu-west-1"}


def state(serial: int, *names: str, lineage: str = "a") -> dict[str, Any]:
    instance = {"attributes": {"id": "1"}}
    made = [{"mode": "managed", "type": "aws_eip", "name": name, "instances": [instance]} for name in names]
    return {"version": 4, "lineage": lineage, "serial": serial, "resources": made}


@dataclass
class Folder:
    """A stack's folder next to its project file, both in the current folder."""

    terraform: ScriptedTerraform
    answer: bool = True
    asked: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    stack: Path = Path("cdktf.out/stacks/shop-dev")

    def initialized_for(self, kind: str, **config: str) -> None:
        record = self.stack / ".terraform" / "terraform.tfstate"
        record.parent.mkdir()
        record.write_text(json.dumps({"backend": {"type": kind, "config": config}}))

    def prepare(self, bucket: str | None = None) -> Backend:
        """Prepare it for a state in `bucket`, or for a local one."""
        backend = {"local": {"path": f"../../../{LOCAL}"}} if bucket is None else {"s3": s3(bucket)}
        if bucket is not None:
            self.terraform.initializes("s3", **s3(bucket))
        runs = self.terraform.runs_in(self.stack, {"backend": backend})

        def may_move(question: str) -> bool:
            self.asked.append(question)
            return self.answer

        unfinished = last_ending(self.stack) is not None
        return prepare(runs, Path(LOCAL), unfinished=unfinished, may_move=may_move, say=self.messages.append)


@pytest.fixture
def stack(tmp_path: Path, folder: Path) -> Iterator[Folder]:
    made = Folder(ScriptedTerraform.write(tmp_path / "terraform"))
    made.stack.mkdir(parents=True)
    yield made


def test_a_first_deploy_is_initialized_without_a_question(stack: Folder) -> None:
    backend = stack.prepare()

    assert str(backend) == LOCAL
    assert stack.terraform.calls == ["init"]
    assert (stack.asked, stack.messages) == ([], [])


def test_a_folder_that_is_ready_is_not_initialized_again(stack: Folder) -> None:
    stack.prepare()
    stack.prepare()

    assert stack.terraform.calls == ["init"]


def test_a_local_state_is_moved_to_a_bucket_and_set_aside(stack: Folder) -> None:
    Path(LOCAL).write_text(json.dumps(state(5, "x")))

    stack.prepare("states")

    assert stack.asked == [f"Move the state from {LOCAL} to s3://states/{KEY}?"]
    assert stack.messages == [f"Moved the state from {LOCAL} to s3://states/{KEY}"]
    assert stack.terraform.pushed == state(5, "x")
    assert stack.terraform.calls == ["init", "state pull", "init", "state push"]
    assert not Path(LOCAL).exists()
    assert json.loads(Path(f"{LOCAL}.moved").read_text()) == state(5, "x")


def test_a_state_in_a_bucket_is_moved_to_a_file_and_remains_there(stack: Folder) -> None:
    stack.initialized_for("s3", **s3("states"))
    stack.terraform.holds("states", state(5, "x"))

    stack.prepare()

    assert stack.messages == [
        f"Moved the state from s3://states/{KEY} to {LOCAL}",
        f"The state in s3://states/{KEY} remains there and is no longer used",
    ]
    assert stack.terraform.pushed == state(5, "x")


def test_a_state_that_a_terraform_is_changing_is_neither_moved_nor_read(stack: Folder) -> None:
    Path(LOCAL).write_text(json.dumps(state(5, "x")))

    with locked(Path(LOCAL)) as pid, pytest.raises(TerraformError) as caught:
        stack.prepare("states")

    assert sentences(caught.value) == f"{LOCAL}: {still_changing(pid)}"
    assert stack.terraform.calls == []
    assert json.loads(Path(LOCAL).read_text()) == state(5, "x")


def test_a_state_in_a_bucket_that_another_command_has_locked_is_not_moved(stack: Folder) -> None:
    stack.initialized_for("s3", **s3("states"))
    stack.terraform.holds("states", state(5, "x"))
    info = "Lock Info:\n  ID:        630cac8a\n  Operation: OperationTypeApply\n  Who:       ada@laptop\n"
    stack.terraform.answers(
        "push", [], exit_code=1, stderr=f"Error acquiring the state lock\n\nError message: x\n{info}"
    )

    with pytest.raises(TerraformError) as caught:
        stack.prepare()

    assert sentences(caught.value).startswith(
        "saving the state: the state is locked; got apply by ada@laptop, lock 630cac8a; ada@laptop is changing this "
        "stack"
    )
    recorded = recorded_backend(stack.stack)
    assert recorded is not None
    assert recorded.kind == "s3"


def test_if_a_state_can_not_be_stored_the_next_command_still_moves_it(stack: Folder) -> None:
    Path(LOCAL).write_text(json.dumps(state(5, "x")))
    stack.terraform.answers("push", [], exit_code=1, stderr="Error: AccessDenied: no")

    with pytest.raises(TerraformError):
        stack.prepare("states")
    stack.terraform.answers("push", [])
    stack.prepare("states")

    assert stack.terraform.pushed == state(5, "x")
    assert not Path(LOCAL).exists()


def test_a_state_that_may_not_be_moved_is_an_error_and_the_folder_is_unchanged(stack: Folder) -> None:
    Path(LOCAL).write_text(json.dumps(state(5, "x")))
    stack.answer = False

    with pytest.raises(TerraformError) as caught:
        stack.prepare("states")

    assert sentences(caught.value) == (
        f"state: the state of this stack is in {LOCAL}, but the project file now names s3://states/{KEY}; "
        "deploy with --migrate-state to move it, or change `state` back"
    )
    assert Path(LOCAL).exists()
    assert list(stack.stack.iterdir()) == []
    assert stack.terraform.pushed is None


@pytest.mark.parametrize(
    ("here", "there", "outcome"),
    [
        (state(5, "x"), {}, "moves"),
        (state(5), state(3, "x"), "stays"),
        (state(3, "x"), state(5, "x", "y"), "stays"),
        (state(5, "x"), state(5, "x"), "stays"),
        # The one there was left by an earlier move: the one here has been deployed since.
        (state(5, "x"), state(3, "x"), "moves"),
        (state(5, "x", "y"), state(3, "x"), "moves"),
        # Both have been deployed since, or one lacks something: only the user knows which is right.
        (state(5, "x"), state(3, "x", "y"), "is refused"),
        (state(3, "x", "y"), state(5, "x"), "is refused"),
        (state(5, "x", "y", lineage="b"), state(3, "x"), "is refused"),
    ],
)
def test_of_two_states_the_newer_one_is_kept(
    stack: Folder, here: dict[str, Any], there: dict[str, Any], outcome: str
) -> None:
    stack.initialized_for("s3", **s3("before"))
    stack.terraform.holds("before", here)
    stack.terraform.holds("wanted", there)

    if outcome == "is refused":
        with pytest.raises(TerraformError) as caught:
            stack.prepare("wanted")
        counts = f"{len(here['resources'])} and {len(there['resources'])} resources"
        assert sentences(caught.value) == (
            f"state: s3://before/{KEY} and s3://wanted/{KEY} contain different states of this stack; got {counts}; "
            "find out which one is correct, move the other one elsewhere, then try again"
        )
    else:
        stack.prepare("wanted")

    assert stack.terraform.pushed == (here if outcome == "moves" else None)


def test_a_state_that_was_moved_before_is_reported(stack: Folder) -> None:
    Path(LOCAL).write_text(json.dumps(state(3, "x")))
    stack.terraform.holds("states", state(5, "x"))

    stack.prepare("states")

    assert stack.messages == [f"The state is already in s3://states/{KEY}; the one in {LOCAL} is not newer"]
    assert stack.asked == []


def test_a_state_that_could_not_be_stored_is_stored_now(stack: Folder) -> None:
    errored = stack.stack / "errored.tfstate"
    errored.write_text(json.dumps(state(6, "x")))

    stack.prepare()

    assert stack.terraform.pushed == state(6, "x")
    assert stack.messages == [
        "The last deploy could not store its state and saved it in the stack's folder: storing it now"
    ]
    assert not errored.exists()


def test_after_an_interrupted_apply_a_truncated_state_is_restored(stack: Folder) -> None:
    with pytest.raises(KeyboardInterrupt), marked(stack.stack):
        raise KeyboardInterrupt
    Path(LOCAL).write_text('{"version": 4, "resou')
    Path(f"{LOCAL}.backup").write_text(json.dumps(state(4, "x")))

    stack.prepare()

    assert json.loads(Path(LOCAL).read_text()) == state(4, "x")
    assert stack.messages == [
        f"Terraform was killed while writing {LOCAL}, now {LOCAL}.broken; continuing with {LOCAL}.backup"
    ]


@pytest.mark.parametrize("name", [LOCAL, f"{LOCAL}.backup", f".{LOCAL}.lock.info"])
def test_nothing_is_written_through_a_link_next_to_the_project_file(stack: Folder, name: str) -> None:
    Path("mine").write_text("keep")
    Path(name).symlink_to("mine")

    with pytest.raises(TerraformError) as caught:
        stack.prepare()

    assert sentences(caught.value) == (
        f"{name}: this is a symbolic link, and Terraform would write through it; got mine; "
        "replace the link with the file that it leads to, or remove it"
    )
    assert stack.terraform.calls == []
    assert Path("mine").read_text() == "keep"


def test_a_copy_of_a_state_is_in_the_private_folder_of_the_stack(
    stack: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the next command deletes it when this one is killed."""
    Path(LOCAL).write_text(json.dumps(state(5, "x")))
    pushed: list[Path] = []
    monkeypatch.setattr(Terraform, "push_state", lambda self, file: pushed.append(file))

    stack.prepare("states")

    assert pushed == [stack.stack / ".ecsforge" / "state.json"]
    assert not pushed[0].parent.exists()
