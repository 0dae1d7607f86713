"""The generated Terraform, file by file, against the reviewed files in `tests/golden`.

`make golden` rewrites those files; review the difference.
"""

from __future__ import annotations

import json
import os
import shutil
from difflib import unified_diff
from pathlib import Path
from typing import Literal

import pytest

from stacks.app import synthesize
from stacks.project import Selection, load
from tests.support.synthesized import Stack

GOLDEN = Path(__file__).parents[1] / "golden"
WRITE = os.environ.get("ECSFORGE_WRITE_GOLDEN") == "1"
MAX_DIFF_LINES = 60

CASES = [
    ("article-json", "article.yaml", "json"),
    ("article-hcl", "article.yaml", "hcl"),
    ("everything-json", "everything.yaml", "json"),
    ("everything-hcl", "everything.yaml", "hcl"),
    ("rails-shop-hcl", "rails-shop.yaml", "hcl"),
]


def files_in(folder: Path) -> dict[str, str]:
    """The text of every file below a folder, except the built-in template, which is always the same."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".tpl")
    return {path.relative_to(folder).as_posix(): text(path) for path in files}


def text(path: Path) -> str:
    """A file's text; JSON without cdktf's metadata, which contains its version."""
    content = path.read_text("utf-8")
    if path.name != "cdk.tf.json":
        return content
    return json.dumps(Stack(path.parent).content, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def difference(expected: dict[str, str], actual: dict[str, str]) -> str:
    """A diff from the golden to the generated files, shortened if it is long."""
    lines: list[str] = []
    for name in sorted({*expected, *actual}):
        one, other = expected.get(name, "").splitlines(), actual.get(name, "").splitlines()
        lines += unified_diff(one, other, f"golden/{name}", f"generated/{name}", lineterm="")
    rest = [f"... and {len(lines) - MAX_DIFF_LINES} more lines"] if len(lines) > MAX_DIFF_LINES else []
    return "\n".join([*lines[:MAX_DIFF_LINES], *rest])


def write(folder: Path, files: dict[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")


@pytest.mark.parametrize(("golden", "file", "format_"), CASES)
def test_the_terraform_equals_the_golden_files(
    specs: Path, tmp_path: Path, golden: str, file: str, format_: Literal["json", "hcl"]
) -> None:
    (stack,) = synthesize(load(Selection(file=specs / file, env="prod")), tmp_path / "out", format=format_)
    generated = files_in(stack.path)
    if WRITE:
        write(GOLDEN / golden, generated)

    found = difference(files_in(GOLDEN / golden), generated)

    assert not found, f"{found}\n\nIf this change is intended: make golden"


@pytest.mark.parametrize("format_", ["json", "hcl"])
def test_the_terraform_of_built_images_equals_the_golden_files(
    specs: Path, tmp_path: Path, format_: Literal["json", "hcl"]
) -> None:
    stacks = synthesize(load(Selection(file=specs / "built.yaml", env="prod")), tmp_path / "out", format=format_)
    assert [stack.name for stack in stacks] == ["built-shared", "built-prod"]
    for stack in stacks:
        golden, generated = GOLDEN / f"{stack.name}-{format_}", files_in(stack.path)
        if WRITE:
            write(golden, generated)

        found = difference(files_in(golden), generated)

        assert not found, f"{found}\n\nIf this change is intended: make golden"


def test_the_addresses_of_the_shop_never_change(specs: Path, tmp_path: Path) -> None:
    """Terraform replaces a resource whose address changes."""
    (stack,) = synthesize(load(Selection(file=specs / "shop.yaml", env="prod")), tmp_path / "out")
    addresses = "".join(f"{address}\n" for address in sorted(Stack(stack.path).addresses))
    pinned = GOLDEN / "shop-prod-addresses.txt"
    if WRITE:
        pinned.write_text(addresses, "utf-8")

    assert pinned.read_text("utf-8") == addresses
