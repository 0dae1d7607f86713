"""Alternating rounds of fake commands, and what is left out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.measure import Command, CommandFailed
from benchmarks.rounds import measure
from benchmarks.workplace import Case, Prepare, Unavailable, Workplace


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    with Workplace(tmp_path / "peers") as made:
        yield made


def python(code: str, log: Path | None = None, name: str = "") -> Prepare:
    @contextmanager
    def prepare(workplace: Workplace) -> Iterator[Sequence[Command]]:
        if log is not None:
            log.write_text(f"{log.read_text() if log.exists() else ''}{name} ")
        yield [Command([sys.executable, "-c", code], workplace.folder)]

    return prepare


@contextmanager
def unavailable(workplace: Workplace) -> Iterator[Sequence[Command]]:
    workplace.once("peer", missing)
    yield []


def missing() -> None:
    raise Unavailable("it can't be installed")


def test_cases_alternate_after_one_round_that_is_not_measured(workplace: Workplace, tmp_path: Path) -> None:
    log = tmp_path / "log"
    cases = [Case("group", f"case {name}", tool, python("", log, name)) for name, tool in (("a", "one"), ("b", "two"))]

    measurements, left_out = measure(cases, 3, workplace, pytest.fail)

    assert log.read_text().split() == ["a", "b"] * 4
    assert [len(each.all_seconds) for each in measurements] == [3, 3]
    assert left_out == []


def test_an_unavailable_tool_is_left_out_with_one_notice(workplace: Workplace) -> None:
    notices: list[str] = []
    cases = [Case("synth", "1 service", "ecsforge", python("")), Case("synth", "1 service", "cdktn", unavailable)]

    measurements, left_out = measure(cases, 2, workplace, notices.append)

    assert [each.tool for each in measurements] == ["ecsforge"]
    assert [(each.tool, each.reason) for each in left_out] == [("cdktn", "it can't be installed")]
    assert notices == ["synth, 1 service: cdktn is left out: it can't be installed"]


def test_a_case_over_its_limit_is_left_out(workplace: Workplace) -> None:
    slow = Case("synth", "100 services", "cdktf", python("import time; time.sleep(60)"), limit=1)

    measurements, left_out = measure([slow], 1, workplace, lambda text: None)

    assert measurements == []
    assert [each.reason for each in left_out] == ["it takes longer than 1 s"]


def test_a_failure_ends_the_run(workplace: Workplace) -> None:
    with pytest.raises(CommandFailed, match="no such service"):
        measure([Case("a", "b", "c", python("raise SystemExit('no such service')"))], 1, workplace, pytest.fail)


def test_the_folder_of_a_round_is_deleted_after_it(workplace: Workplace) -> None:
    with workplace.round_folder() as folder:
        (folder / "jsii").mkdir()

    assert not folder.exists()


def test_what_rounds_share_is_made_once_and_deleted_at_the_end(tmp_path: Path) -> None:
    with Workplace(tmp_path) as workplace:
        folders = {workplace.once("folder", workplace.new_folder) for _ in range(3)}
        other = workplace.new_folder()
        assert len(folders) == 1
        assert other not in folders

    assert not workplace.folder.exists()
