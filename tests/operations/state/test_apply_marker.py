"""The marker of an apply that has not succeeded."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from operations.state.apply_marker import last_ending, marked
from stacks.errors import TerraformError


def test_an_apply_that_succeeds_leaves_no_marker(tmp_path: Path) -> None:
    with marked(tmp_path):
        assert last_ending(tmp_path) == "interrupted"

    assert last_ending(tmp_path) is None


def test_a_synth_of_other_stacks_keeps_the_marker(tmp_path: Path) -> None:
    from stacks.output import CACHED, GENERATED

    with suppress(KeyboardInterrupt), marked(tmp_path):
        raise KeyboardInterrupt
    for path in tmp_path.iterdir():
        if any(path.match(pattern) for pattern in (*GENERATED, *CACHED)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    assert last_ending(tmp_path) == "interrupted"


@pytest.mark.parametrize(
    ("error", "ending"), [(TerraformError.of("applying", "no"), "failed"), (KeyboardInterrupt(), "interrupted")]
)
def test_any_other_apply_leaves_how_it_ended(tmp_path: Path, error: BaseException, ending: str) -> None:
    with pytest.raises(type(error)), marked(tmp_path):
        raise error

    assert last_ending(tmp_path) == ending
