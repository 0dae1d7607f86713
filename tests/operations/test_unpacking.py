"""The bindings are unpacked in a process of its own, which ends by itself and prints nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest

from operations import unpacking
from stacks import jsii_cache


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The processes that are started, each with its command and arguments."""
    processes: list[Any] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **options: processes.append((command, options)))
    return processes


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of jsii."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(folder))
    return folder


def test_nothing_is_started_where_the_bindings_are_unpacked(started: list[Any], cache: Path) -> None:
    package = cache / "@cdktf/provider-aws" / version("cdktf-cdktf-provider-aws") / "0a1b"
    package.mkdir(parents=True)
    for name in (".jsii-runtime-package-cache", ".jsii.runtime.v1.json"):
        (package / name).touch()

    assert not unpacking.unpack_in_background()
    assert started == []


def test_the_process_is_independent_of_the_command_and_its_folder(
    started: list[Any], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of the user that is called `operations` is not imported."""
    monkeypatch.setenv("PYTHONPATH", "/of/the/user")

    assert unpacking.unpack_in_background()

    ((command, options),) = started
    assert command == [sys.executable, "-m", "operations.unpacking"]
    assert (options["cwd"], options["start_new_session"]) == (unpacking.ROOT, True)
    assert options["env"]["PYTHONPATH"] == f"{unpacking.ROOT}{os.pathsep}/of/the/user"
    assert {options["stdin"], options["stdout"], options["stderr"]} == {subprocess.DEVNULL}


def test_a_machine_that_starts_no_process_is_not_an_error(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    assert not unpacking.unpack_in_background()


def test_a_process_that_takes_too_long_ends_itself(cache: Path) -> None:
    code = """
import sys, time, types
from operations import unpacking
unpacking.LONGEST_SECONDS = 0.2
class Slow(types.ModuleType):
    pass
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "stacks.bindings":
            time.sleep(60)
sys.meta_path.insert(0, Finder())
unpacking.unpack()
"""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=unpacking.ROOT, timeout=50)

    assert done.returncode == 1
    assert time.monotonic() - began < 50


@pytest.mark.slow
def test_processes_of_two_commands_unpack_with_a_low_priority_and_end(cache: Path) -> None:
    before = set(psutil.pids())

    assert unpacking.unpack_in_background()
    assert unpacking.unpack_in_background()

    processes = [each for each in psutil.Process().children() if each.pid not in before]
    niceness = dict.fromkeys(processes, 0)
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and any(each.status() != psutil.STATUS_ZOMBIE for each in processes):
        for each in processes:
            niceness[each] = max(niceness[each], each.nice())
        time.sleep(0.05)
    assert [each.wait(timeout=10) for each in processes] == [0, 0]
    assert min(niceness.values()) >= unpacking.NICENESS
    assert jsii_cache.bindings_are_unpacked()


@pytest.mark.slow
def test_a_synth_after_a_killed_process_unpacks_again(cache: Path) -> None:
    before = set(psutil.pids())
    unpacking.unpack_in_background()
    (process,) = (each for each in psutil.Process().children() if each.pid not in before)
    deadline = time.monotonic() + 60
    while not list(cache.rglob("*.lock")) and time.monotonic() < deadline:
        time.sleep(0.01)
    for each in [*process.children(recursive=True), process]:
        each.kill()
    process.wait(timeout=10)
    assert not jsii_cache.bindings_are_unpacked()

    done = subprocess.run(
        [sys.executable, "-c", "import stacks.bindings"],
        cwd=unpacking.ROOT,
        capture_output=True,
        text=True,
        timeout=180,
    )

    assert (done.returncode, done.stderr) == (0, f"{jsii_cache.FIRST_RUN}\n")
    assert jsii_cache.bindings_are_unpacked()
