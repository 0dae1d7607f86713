"""What the user wrote in the workflow survives; nothing else is overwritten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.ci.github.kept import merged
from operations.ci.github.workflow import FILE, render, write
from stacks.errors import SynthError
from tests.support.pipelines import jobs, workflow

BUILT = render(workflow("built"))
NOTIFY = "      - name: Notify\n        run: ./notify dev\n"


def with_lines(name: str, lines: str, text: str = BUILT) -> str:
    (start,) = [line for line in text.splitlines(keepends=True) if line.strip() == f"# >>> yours: {name}"]
    return text.replace(start, start + lines)


def refused(existing: str, text: str = BUILT) -> str:
    with pytest.raises(SynthError) as caught:
        merged(text, existing, "ecsforge.yml")
    return sentences(caught.value)


def test_lines_between_markers_are_kept_in_their_place() -> None:
    existing = with_lines("after dev", NOTIFY, BUILT.replace("timeout-minutes: 120", "timeout-minutes: 1"))

    assert merged(BUILT, existing, "ecsforge.yml") == with_lines("after dev", NOTIFY)


def test_jobs_and_steps_before_the_build_are_kept_too() -> None:
    own = "  lint:\n    runs-on: ubuntu-24.04\n    steps: []\n"
    existing = with_lines("before the build", "      - run: make test\n", with_lines("jobs", own))
    found = jobs(merged(BUILT, existing, "ecsforge.yml"))

    assert "lint" in found
    assert found["build"]["steps"][1] == {"run": "make test"}


def test_writing_twice_keeps_every_line(tmp_path: Path) -> None:
    built = workflow("built")
    file, _ = write(built, tmp_path)
    file.write_text(with_lines("checks", "      - run: make lint\n"), "utf-8")

    assert write(built, tmp_path) == (tmp_path / FILE, False)
    assert write(workflow("built", "ci.github.branch=trunk"), tmp_path)[1]
    assert "- run: make lint" in file.read_text("utf-8")


def test_lines_without_a_place_are_not_lost(tmp_path: Path) -> None:
    existing = with_lines("after prod", NOTIFY)
    text = render(workflow("built")).replace("yours: after prod", "yours: after production")

    assert refused(existing, text) == (
        "ecsforge.yml: your lines at `yours: after prod` have no place in the new workflow; move them to another "
        "place, then run the command again"
    )


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("# <<< yours: checks", "", "yours: before the build"),
        ("# >>> yours: checks", "", "yours: checks"),
        ("# >>> yours: checks", "# >>> yours: checks\n# >>> yours: checks", "yours: checks"),
        ("# <<< yours: jobs", "", "yours: jobs"),
    ],
)
def test_incomplete_markers_are_refused(before: str, after: str, place: str) -> None:
    assert re.fullmatch(
        rf"ecsforge\.yml(:\d+)?: the lines `# >>> {place}` and `# <<< {place}` must be there once, in this order; "
        "restore them, then run the command again",
        refused(BUILT.replace(before, after)),
    )


@pytest.mark.parametrize(
    ("existing", "message"),
    [
        ("name: deploy\n", "the file exists, and `ecsforge ci github` did not write it; rename it, then"),
        ("", "the file exists, and `ecsforge ci github` did not write it; rename it, then"),
        (render(workflow("shop")), "the workflow is of another project; got shop; rename it, then"),
    ],
)
def test_other_files_are_not_overwritten(tmp_path: Path, existing: str, message: str) -> None:
    assert refused(existing) == f"ecsforge.yml: {message} run the command again"

    file = tmp_path / FILE
    file.parent.mkdir(parents=True)
    file.write_text(existing)
    with pytest.raises(SynthError):
        write(workflow("built"), tmp_path)
    assert file.read_text() == existing
