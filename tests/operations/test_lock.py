"""One command at a time in a stack's folder."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.lock import folder_lock, stack_lock
from stacks.errors import TerraformError

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
