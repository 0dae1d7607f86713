"""Golden files: folders in the shapes that public repositories have, and what `init` writes and prints for them.

`ECSFORGE_WRITE_GOLDEN=1` writes them again.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.cli.init.validated import errors_of

SHAPES = Path(__file__).parent / "shapes"
NAMES = sorted(path.name for path in SHAPES.iterdir())
RESULTS = ("expected.yaml", "expected.txt")
REFUSED = {"build-forms": ["services.outside.build.context must be in the project file's folder"]}
"""What `validate` refuses in the file of a shape, which `init` names too."""


@pytest.fixture
def shape(request: pytest.FixtureRequest, folder: Path) -> Path:
    """A copy of the folder, without the results."""
    source = SHAPES / request.param
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*RESULTS))
    return source


@pytest.mark.parametrize("shape", NAMES, indirect=True)
def test_what_init_writes_and_prints(invoke, folder: Path, shape: Path, tmp_path: Path) -> None:
    result = invoke("init", "--project-id", "shop")

    assert (result.exit_code, result.stdout) == (0, "")
    found = {"expected.yaml": (folder / "ecsforge.yaml").read_text(), "expected.txt": result.stderr}
    if os.environ.get("ECSFORGE_WRITE_GOLDEN"):
        for name, text in found.items():
            (shape / name).write_text(text)
    assert errors_of(found["expected.yaml"], tmp_path) == REFUSED.get(shape.name, [])
    assert found == {name: (shape / name).read_text() for name in RESULTS}
    assert max(map(len, found["expected.txt"].splitlines())) <= 100


@pytest.mark.parametrize("shape", NAMES, indirect=True)
def test_every_key_is_written_with_full(invoke, folder: Path, shape: Path, tmp_path: Path) -> None:
    assert invoke("init", "--project-id", "shop", "--full").exit_code == 0

    assert errors_of((folder / "ecsforge.yaml").read_text(), tmp_path) == REFUSED.get(shape.name, [])
