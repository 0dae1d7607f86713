"""A stop request reaches Terraform when Terraform does not drop it, and what was done is known afterwards.

The executable here behaves like Terraform: it drops an interrupt that comes before its first operation, and stops after
one that comes later. tests/e2e interrupts the real one.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentence
from operations.terraform.binary import Binary
from operations.terraform.runner import Terraform
from operations.terraform.stop import (
    STOPPING,
    STOPPING_DISPOSABLE,
    STOPPING_LATER,
    STOPPING_READ_ONLY,
    Interrupted,
)
from operations.terraform.stream import Event, Step

# Waits for files instead of for some time: `printed` exists once the message that the command is stopping is printed,
# `seen` once the start of an operation has been read.
PROGRAM = """#!{python} -u
import json, os, pathlib, signal, sys, time
folder = pathlib.Path({folder!r})
received = {{"early": 0, "late": 0}}
phase = "early"
def stop(number, frame): received[phase] += 1
signal.signal(signal.SIGINT, stop)
def say(kind, **content): print(json.dumps({{"type": kind, "@message": kind, **content}}), flush=True)
def resource(name): return {{"addr": "aws_eip." + name, "resource_type": "aws_eip", "resource_name": name}}
def wait(condition):
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end: time.sleep(0.01)
def press():
    (folder / "printed").unlink(missing_ok=True)
    os.kill(os.getppid(), signal.{signal})
    wait((folder / "printed").exists)
def press_when_seen():
    wait((folder / "seen").exists)
    press()
def plan(*names):
    for name in names: say("planned_change", change={{"resource": resource(name), "action": "create"}})
def start(name): say("apply_start", hook={{"resource": resource(name), "action": "create"}})
def end(name, how="complete"): say("apply_" + how, hook={{"resource": resource(name), "action": "create"}})
def fail(summary, detail=""):
    say("diagnostic", diagnostic={{"severity": "error", "summary": summary, "detail": detail}})
def walk():
    global phase
    phase = "late"
def leave(code):
    (folder / "received").write_text(json.dumps(received))
    sys.exit(code)
{body}
"""
STOPS = """
plan("a", "b", "c")
{pressed}
walk()
start("a"); start("b")
wait(lambda: received["late"])
end("a"); end("b", "errored")
fail("execution halted")
leave(1)
"""


class Run:
    """A Terraform in a folder whose program is `body`."""

    def __init__(self, folder: Path, body: str, number: signal.Signals = signal.SIGINT, **options: Any) -> None:
        program = folder / "terraform"
        text = PROGRAM.format(python=sys.executable, folder=str(folder), body=body, signal=number.name)
        program.write_text(text)
        program.chmod(0o755)
        self.folder, self.warnings = folder, list[str]()
        binary = Binary((str(program),), "Terraform", (1, 11, 4), "terraform")
        self.terraform = Terraform(binary, folder, os.environ, warn=self.warn, **options)

    def warn(self, text: str) -> None:
        self.warnings.append(text)
        (self.folder / "printed").touch()

    @property
    def received(self) -> dict[str, int]:
        counts: dict[str, int] = json.loads((self.folder / "received").read_text())
        return counts

    def apply(self, terraform: Terraform) -> None:
        terraform.apply(self.folder / "plan", on_event=self.see)

    def see(self, event: Event) -> None:
        if isinstance(event, Step):
            (self.folder / "seen").touch()

    def interrupted(self, command: Callable[[Terraform], object] | None = None) -> Interrupted:
        with pytest.raises(Interrupted) as caught:
            (command or self.apply)(self.terraform)
        return caught.value


@pytest.fixture
def not_under_nohup() -> Iterator[None]:
    """SIGHUP as in a terminal: `nohup` ignores it, and so do the processes that it starts."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("not_under_nohup")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_before_the_first_operation_is_held_until_it_has_started(tmp_path: Path, number: signal.Signals) -> None:
    run = Run(tmp_path, STOPS.format(pressed="press()"), number)

    stop = run.interrupted()

    assert run.received == {"early": 0, "late": 1}
    assert (stop.doing, stop.ending, stop.stored) == ("applying", "stopped", True)
    assert (stop.made, stop.unfinished, stop.planned) == (1, 1, 3)
    assert run.warnings == [STOPPING_LATER]


def test_a_stop_during_operations_is_sent_at_once(tmp_path: Path) -> None:
    run = Run(tmp_path, STOPS.format(pressed="").replace('start("b")', 'start("b"); press_when_seen()'))

    stop = run.interrupted()

    assert run.received == {"early": 0, "late": 1}
    assert (stop.made, stop.unfinished, stop.planned) == (1, 1, 3)
    assert run.warnings == [STOPPING]


def test_terraform_gets_one_interrupt_however_often_ctrl_c_is_pressed(tmp_path: Path) -> None:
    """A second one ends Terraform without saving what it is creating."""
    run = Run(tmp_path, STOPS.format(pressed="press(); press()").replace('end("a")', 'press(); end("a")'))

    run.interrupted()

    assert run.received == {"early": 0, "late": 1}
    assert run.warnings[0] == STOPPING_LATER
    assert [text.partition(":")[0] for text in run.warnings[1:]] == ["still stopping", "still stopping"]


@pytest.mark.parametrize("operation", ["refresh_start", "ephemeral_op_start", "provision_start", "action_start"])
def test_every_operation_of_the_walk_releases_the_stop(tmp_path: Path, operation: str) -> None:
    body = f'plan("a"); press(); walk(); say("{operation}", hook={{}}); wait(lambda: received["late"]); leave(1)'
    run = Run(tmp_path, body)

    run.interrupted()

    assert run.received == {"early": 0, "late": 1}


def test_a_plan_that_was_carried_out_all_the_same_is_reported_as_completed(tmp_path: Path) -> None:
    """The stop came when the last change was running."""
    run = Run(tmp_path, 'plan("a"); walk(); start("a"); press(); end("a"); leave(0)')

    stop = run.interrupted()

    assert (stop.ending, stop.made, stop.unfinished, stop.planned) == ("completed", 1, 0, 1)


def test_a_plan_without_operations_ends_before_the_stop_is_sent(tmp_path: Path) -> None:
    run = Run(tmp_path, "press(); leave(0)")

    stop = run.interrupted()

    assert run.received == {"early": 0, "late": 0}
    assert (stop.ending, stop.made, stop.planned) == ("completed", 0, 0)


def test_a_terraform_that_was_killed_is_reported_as_killed(tmp_path: Path) -> None:
    run = Run(tmp_path, 'plan("a"); walk(); start("a"); press(); os.kill(os.getpid(), signal.SIGKILL)')

    stop = run.interrupted()

    assert (stop.ending, stop.made, stop.unfinished, stop.planned) == ("killed", 0, 1, 1)


def test_what_failed_is_kept_without_what_the_stop_itself_caused(tmp_path: Path) -> None:
    body = """
plan("a"); walk(); start("a"); press()
fail("execution halted")
fail("waiting for EIP (a) create: context canceled")
fail("creating EC2 EIP", "AddressLimitExceeded: too many addresses")
leave(1)
"""
    stop = Run(tmp_path, body).interrupted()

    assert [sentence(each) for each in stop.problems] == [
        "applying: creating EC2 EIP; got AddressLimitExceeded: too many addresses; request a higher limit in the "
        "console under Service Quotas, or remove unused resources, then run the same command again; completed changes "
        "are kept"
    ]


def test_a_state_that_could_not_be_stored_is_not_reported_as_stored(tmp_path: Path) -> None:
    body = 'plan("a"); walk(); start("a"); press(); say("log", state={"version": 4}); leave(1)'
    run = Run(tmp_path, body, keep_state=lambda state, folder: "kept")

    assert not run.interrupted().stored
    assert run.warnings[-1] == "kept"


def test_replacements_count_as_two_changes_and_reads_as_none(tmp_path: Path) -> None:
    body = """
for name, action in (("a", "replace"), ("b", "read"), ("c", "noop")):
    say("planned_change", change={"resource": resource(name), "action": action})
walk(); say("apply_start", hook={"resource": resource("b"), "action": "read"}); press(); leave(1)
"""
    stop = Run(tmp_path, body).interrupted()

    assert (stop.made, stop.unfinished, stop.planned) == (0, 0, 2)


def test_a_plan_is_interrupted_at_once_and_again_when_it_continues(tmp_path: Path) -> None:
    """Its second interrupt loses nothing."""
    body = """
press(); wait(lambda: received["early"]); walk(); say("refresh_start", hook={})
wait(lambda: received["late"]); leave(1)
"""
    run = Run(tmp_path, body)

    stop = run.interrupted(lambda terraform: terraform.plan(tmp_path / "plan"))

    assert run.received == {"early": 1, "late": 1}
    assert (stop.doing, stop.made, stop.planned) == ("planning", 0, 0)
    assert run.warnings == [STOPPING_READ_ONLY]


def test_init_is_interrupted_at_once(tmp_path: Path) -> None:
    run = Run(tmp_path, 'press(); wait(lambda: received["early"]); leave(1)')

    stop = run.interrupted(lambda terraform: terraform.init())

    assert run.received == {"early": 1, "late": 0}
    assert stop.doing == "preparing the stack"
    assert run.warnings == [STOPPING_READ_ONLY]


def test_a_rehearsal_does_not_say_that_nothing_is_changed(tmp_path: Path) -> None:
    run = Run(
        tmp_path, STOPS.format(pressed="").replace('start("b")', 'start("b"); press_when_seen()'), disposable=True
    )

    stop = run.interrupted()

    assert (stop.made, stop.planned) == (1, 3)
    assert run.warnings == [STOPPING_DISPOSABLE]


def test_a_stop_before_the_process_starts_does_not_start_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, "leave(0)")
    create = tempfile.TemporaryDirectory

    def pressed(*arguments: Any, **options: Any) -> Any:
        made = create(*arguments, **options)
        monkeypatch.setattr(Path, "open", press)
        return made

    def press(self: Path, *arguments: Any, **options: Any) -> Any:
        monkeypatch.undo()
        os.kill(os.getpid(), signal.SIGINT)
        return self.open(*arguments, **options)

    monkeypatch.setattr(tempfile, "TemporaryDirectory", pressed)
    stop = run.interrupted()

    assert (stop.doing, stop.ending, stop.made, stop.planned) == ("applying", "stopped", 0, 0)
    assert not (tmp_path / "received").exists()
