"""The list of what moto accepts and AWS refuses is complete, and each test that it names exists."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parent
ROWS: list[dict[str, str]] = yaml.safe_load((FOLDER / "moto_accepts.yaml").read_text(encoding="utf-8"))
ANSWERS = {"test", "out_of_reach", "left"}


def test_every_row_is_in_the_list_once() -> None:
    assert len(ROWS) == 115
    assert len({row["asked"] for row in ROWS}) == 115


@pytest.mark.parametrize("row", ROWS, ids=[row["asked"] for row in ROWS])
def test_each_row_has_a_test_or_a_reason(row: dict[str, str]) -> None:
    (answer,) = row.keys() - {"asked", "aws"}
    assert answer in ANSWERS
    if answer == "test":
        file, _, name = row["test"].partition("::")
        tree = ast.parse((FOLDER / file).read_text(encoding="utf-8"))
        assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
    else:
        assert len(row[answer]) > 20
