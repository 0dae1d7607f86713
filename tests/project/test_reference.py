"""The reference of the project file is generated from the models."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.project.reference import reference, yaml_text

PAGE = Path(__file__).parents[2] / "docs" / "project-file.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run `make docs`"


def test_each_key_has_its_type_default_and_meaning() -> None:
    row = "| `nat` | single, per_az or none | `single` | NAT for the tasks: one gateway, one per zone, or none "

    assert any(line.startswith(row) for line in reference().splitlines())


def test_required_keys_come_first() -> None:
    table = reference().split("## Top level")[1].split("|---|---|---|---|\n")[1]

    assert table.startswith("| `project_id` | text | required |")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (512, "512"),
        ("nginx:latest", "nginx:latest"),
        ("1000", "'1000'"),
        ("on", "'on'"),
        ("日本", "日本"),
        ("two\nlines", '"two\\nlines"'),
        ((), "[]"),
        (("a", "b c"), "[a, b c]"),
        ({"web": {"count": 1}}, "{web: {count: 1}}"),
    ],
)
def test_values_are_written_as_in_the_project_file(value: object, text: str) -> None:
    assert yaml_text(value) == text
