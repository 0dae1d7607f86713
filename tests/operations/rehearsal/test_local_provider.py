"""The bundled hashicorp/local behaves like the real one; the expected values are from version 2.5.3."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from tf.utils import Diagnostics

from operations.rehearsal.local_provider import CHECKSUMS, LocalFile, LocalProvider, write


class Context:
    """The context that the plugin framework passes to a resource."""

    def __init__(self) -> None:
        self.diagnostics = Diagnostics()
        self.type_name = "local_file"

    @property
    def errors(self) -> list[tuple[str, str]]:
        return [(each.summary, each.detail) for each in self.diagnostics.diagnostics]


@pytest.fixture
def resource() -> LocalFile:
    return LocalFile(LocalProvider())


def planned(path: Path, **values: Any) -> dict[str, Any]:
    """A planned `local_file`, as Terraform passes it to `create`."""
    unset = dict.fromkeys(("content", "sensitive_content", "content_base64", "source"))
    modes = {"file_permission": "0777", "directory_permission": "0777"}
    return {**unset, **modes, "filename": str(path), **values}


def test_the_schema_is_that_of_the_real_provider() -> None:
    attributes = {attribute.name: attribute for attribute in LocalFile.get_schema().attributes}

    assert sorted(attributes) == [
        "content",
        "content_base64",
        "content_base64sha256",
        "content_base64sha512",
        "content_md5",
        "content_sha1",
        "content_sha256",
        "content_sha512",
        "directory_permission",
        "file_permission",
        "filename",
        "id",
        "sensitive_content",
        "source",
    ]
    assert [name for name, each in attributes.items() if each.sensitive] == ["sensitive_content"]
    assert [name for name, each in attributes.items() if each.required] == ["filename"]


def test_it_writes_the_file_and_exports_its_checksums(resource: LocalFile, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folders" / "out.json"

    state = resource.create(Context(), planned(path, content="héllo", file_permission="0640"))

    assert path.read_text(encoding="utf-8") == "héllo"
    assert path.stat().st_mode & 0o777 == 0o640
    assert state is not None
    assert state["id"] == "35b5ea45c5e41f78b46a937cc74d41dfea920890"
    assert {name: state[f"content_{name}"] for name in CHECKSUMS} == {
        "md5": "be50e8478cf24ff3595bc7307fb91b50",
        "sha1": "35b5ea45c5e41f78b46a937cc74d41dfea920890",
        "sha256": "3c48591d8d098a4538f5e013dfcf406e948eac4d3277b10bf614e295d6068179",
        "base64sha256": "PEhZHY0JikU49eAT389AbpSOrE0yd7EL9hTildYGgXk=",
        "sha512": (
            "a67e831011aa41ebb2a218c8ff727f1c60d62f06e1681678d176a81cd72ee69e"
            "7250c4c943cacbab28e42768615a5c41b6b0d42591d2c26a65670b38e97306dc"
        ),
        "base64sha512": ("pn6DEBGqQeuyohjI/3J/HGDWLwbhaBZ40XaoHNcu5p5yUMTJQ8rLqyjkJ2hhWlxBtrDUJZHSwmplZws46XMG3A=="),
    }


@pytest.mark.parametrize(
    ("argument", "value"), [("content", "text"), ("sensitive_content", "text"), ("content_base64", "dGV4dA==")]
)
def test_it_accepts_the_content_in_any_form(resource: LocalFile, tmp_path: Path, argument: str, value: str) -> None:
    resource.create(Context(), planned(tmp_path / "file", **{argument: value}))

    assert (tmp_path / "file").read_text() == "text"


def test_it_copies_a_source(resource: LocalFile, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"\x00\xff")

    resource.create(Context(), planned(tmp_path / "file", source=str(tmp_path / "source")))

    assert (tmp_path / "file").read_bytes() == b"\x00\xff"


def test_files_in_one_new_folder_are_written_at_the_same_time(tmp_path: Path) -> None:
    for attempt in range(50):
        together, folder = Barrier(8), tmp_path / str(attempt) / "definitions"

        def create(number: int, together: Barrier = together, folder: Path = folder) -> None:
            together.wait()
            write(folder / str(number), b"", 0o777, 0o777)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(create, range(8)))
        assert len(list(folder.iterdir())) == 8


def test_a_file_that_cannot_be_written_is_an_error(resource: LocalFile, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    context = Context()

    assert resource.create(context, planned(tmp_path / "file" / "file", content="text")) is None

    assert [summary for summary, _ in context.errors] == ["Create local file error"]


def test_an_unchanged_file_is_kept(resource: LocalFile, tmp_path: Path) -> None:
    state = resource.create(Context(), planned(tmp_path / "file", content="text"))
    assert state is not None

    assert resource.read(Context(), state) == state


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.write_text("another text")])
def test_a_missing_or_changed_file_is_recreated(resource: LocalFile, tmp_path: Path, change: Any) -> None:
    state = resource.create(Context(), planned(tmp_path / "file", content="text"))
    assert state is not None
    change(tmp_path / "file")

    assert resource.read(Context(), state) is None


def test_destroying_it_removes_the_file_and_may_be_repeated(resource: LocalFile, tmp_path: Path) -> None:
    state = resource.create(Context(), planned(tmp_path / "file", content="text"))
    assert state is not None

    resource.delete(Context(), state)
    resource.delete(Context(), state)

    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("contents", [{}, {"content": "a", "source": "b"}])
def test_it_requires_exactly_one_content(resource: LocalFile, contents: dict[str, str]) -> None:
    context = Context()

    resource.validate(context.diagnostics, "local_file", planned(Path("file"), **contents))

    assert context.errors == [
        (
            "Invalid Attribute Combination",
            "Exactly one of content, sensitive_content, content_base64, source must be specified.",
        )
    ]
