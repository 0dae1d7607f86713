"""One command at a time in a stack's folder."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.lock import folder_lock, stack_lock
from stacks.errors import SynthError, TerraformError

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from operations.lock import stack_lock
with stack_lock(Path(sys.argv[1]), "shop-dev"):
    print("locked", flush=True)
    sys.stdin.read()
"""


def holder(out: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until its stdin is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(out)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process


def test_a_second_command_on_the_same_stack_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    process = holder(tmp_path / "cdktf.out")

    try:
        with pytest.raises(TerraformError) as caught, stack_lock(Path("cdktf.out"), "shop-dev"):
            pass
        with stack_lock(Path("cdktf.out"), "shop-prod"):
            pass
    finally:
        process.communicate("")

    assert sentences(caught.value) == (
        "cdktf.out/stacks/shop-dev: another ecsforge command is working on this stack; wait until it has finished"
    )
    with stack_lock(Path("cdktf.out"), "shop-dev"):
        pass


def test_the_lock_of_a_killed_process_is_released(tmp_path: Path) -> None:
    process = holder(tmp_path)
    process.kill()
    process.wait()

    with stack_lock(tmp_path, "shop-dev"):
        pass


def test_folder_lock_waits_for_the_lock(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def worker(name: str) -> None:
        with folder_lock(tmp_path):
            log.open("a").write(f"{name} in\n")
            log.open("a").write(f"{name} out\n")

    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=worker, args=(name,)) for name in ("a", "b", "c")]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    lines = log.read_text().splitlines()
    assert [lines[i].split()[0] for i in (0, 2, 4)] == [lines[i].split()[0] for i in (1, 3, 5)]


@pytest.mark.parametrize("place", ["cdktf.out", "cdktf.out/stacks", "cdktf.out/stacks/shop-dev"])
def test_a_lock_is_not_created_through_a_symbolic_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    elsewhere, link = tmp_path / "elsewhere", Path(place)
    elsewhere.mkdir()
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere)

    with pytest.raises(SynthError) as caught, stack_lock(Path("cdktf.out"), "shop-dev"):
        pass

    assert sentences(caught.value) == (
        f"{place}: the output folder is a symbolic link, and nothing is written through it; got {elsewhere}; "
        "remove the link, or pass the folder that it leads to with --out"
    )
    assert list(elsewhere.iterdir()) == []


def test_a_link_in_place_of_the_lock_file_is_not_followed(tmp_path: Path) -> None:
    lock, victim = tmp_path / "out" / "stacks" / ".shop-dev.lock", tmp_path / "victim"
    lock.parent.mkdir(parents=True)
    victim.write_text("precious")
    lock.symlink_to(victim)

    with pytest.raises(OSError, match="symbolic link") as caught, stack_lock(tmp_path / "out", "shop-dev"):
        pass

    assert caught.value.filename == str(lock)
    assert victim.read_text() == "precious"


def test_a_folder_in_place_of_the_lock_file_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "out" / "stacks" / ".shop-dev.lock"
    lock.mkdir(parents=True)

    with pytest.raises(IsADirectoryError) as caught, stack_lock(tmp_path / "out", "shop-dev"):
        pass

    assert caught.value.filename == str(lock)


def test_a_lock_file_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another command is not the reason."""

    def denied(path: str, *arguments: object, **named: object) -> int:
        raise PermissionError(13, "Permission denied", path)

    (tmp_path / "out" / "stacks").mkdir(parents=True)
    monkeypatch.setattr("os.open", denied)

    with pytest.raises(PermissionError, match=r"shop-dev\.lock"), stack_lock(tmp_path / "out", "shop-dev"):
        pass
