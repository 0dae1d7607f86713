"""`ecsforge schema`."""

from __future__ import annotations

import json
from pathlib import Path

from stacks.project.schema import json_schema


def test_the_schema_is_printed(invoke) -> None:
    result = invoke("schema")

    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == json_schema()


def test_the_schema_is_written_to_a_file(invoke, folder: Path) -> None:
    result = invoke("schema", "--out", ".ecsforge/schema.json")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Wrote .ecsforge/schema.json\n")
    assert json.loads((folder / ".ecsforge" / "schema.json").read_text()) == json_schema()


def test_a_folder_as_the_output_file_is_rejected(invoke, folder: Path) -> None:
    (folder / "existing").mkdir()

    result = invoke("schema", "--out", "existing")

    assert result.exit_code == 2
    assert "File 'existing' is a directory." in result.stderr


def test_it_is_not_written_into_a_linked_folder(invoke, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / ".ecsforge").symlink_to(tmp_path / "elsewhere")

    result = invoke("schema", "--out", ".ecsforge/schema.json")

    assert (result.exit_code, result.stderr) == (
        1,
        "error: .ecsforge: the folder is a symbolic link, and nothing is written through it; "
        f"got {tmp_path}/elsewhere; remove the link, or name the folder that it leads to\n",
    )
    assert list((tmp_path / "elsewhere").iterdir()) == []
