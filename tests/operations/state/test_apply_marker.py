"""The marker of an apply that has not succeeded."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from operations.state.apply_marker import last_ending, marked
from stacks.app import synthesize
from stacks.errors import TerraformError
from stacks.project import Selection, load


def test_an_apply_that_succeeds_leaves_no_marker(tmp_path: Path) -> None:
    with marked(tmp_path):
        assert last_ending(tmp_path) == "interrupted"

    assert last_ending(tmp_path) is None


def test_a_synth_of_other_stacks_keeps_the_marker(tmp_path: Path) -> None:
    (tmp_path / "ecsforge.yaml").write_text(
        "project_id: shop\nenvironments: {dev: {}, prod: {}}\nservices: {web: {}}\n"
    )
    out = tmp_path / "cdktf.out"
    dev, prod = (load(Selection(file=tmp_path / "ecsforge.yaml", env=env)) for env in ("dev", "prod"))
    (stack,) = synthesize(dev, out)
    with suppress(KeyboardInterrupt), marked(stack.path):
        raise KeyboardInterrupt

    synthesize(prod, out, prune=True)

    assert not (stack.path / "cdk.tf.json").exists()
    assert last_ending(stack.path) == "interrupted"


@pytest.mark.parametrize(
    ("error", "ending"), [(TerraformError.of("applying", "no"), "failed"), (KeyboardInterrupt(), "interrupted")]
)
def test_any_other_apply_leaves_how_it_ended(tmp_path: Path, error: BaseException, ending: str) -> None:
    with pytest.raises(type(error)), marked(tmp_path):
        raise error

    assert last_ending(tmp_path) == ending


def test_a_part_of_a_plan_leaves_the_marker_as_it_was(tmp_path: Path) -> None:
    with marked(tmp_path, whole=False):
        assert last_ending(tmp_path) == "interrupted"
    assert last_ending(tmp_path) is None

    with pytest.raises(TerraformError), marked(tmp_path):
        raise TerraformError.of("applying", "no")
    with marked(tmp_path, whole=False):
        assert last_ending(tmp_path) == "interrupted"
    assert last_ending(tmp_path) == "failed"
