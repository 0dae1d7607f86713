"""The complete examples are valid, are on a page, and are the specs that tests rehearse."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.sentences import sentence
from stacks.project import Selection, problems_of
from tests.docs.pages import PAGES, ROOT

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.yaml"))
SPECS = ROOT / "tests" / "specs"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_has_no_errors_and_is_a_spec(example: Path) -> None:
    errors = [sentence(each) for each in problems_of(Selection(file=example)) if each.severity == "error"]

    assert errors == []
    assert example.read_text("utf-8") == (SPECS / example.name).read_text("utf-8")
    assert _files(example.with_suffix("")) == _files(SPECS / example.stem)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_a_page_links_to_an_example(example: Path) -> None:
    assert any(f"examples/{example.name})" in page.read_text("utf-8") for page in PAGES)


def _files(folder: Path) -> dict[str, bytes]:
    """The files of an example's own Terraform, by name; empty without a folder."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
