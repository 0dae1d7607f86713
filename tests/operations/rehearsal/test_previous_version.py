"""The previous version of a project file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.rehearsal.previous_version import previous_file
from stacks.errors import RehearsalError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project file in a folder of a git repository, in two versions, the first of them tagged `v1`."""
    folder = tmp_path / "repository" / "deploy"
    folder.mkdir(parents=True)
    (folder / "templates").mkdir()
    for version in ("one", "two"):
        (folder / "ecsforge.yaml").write_text(f"project_id: {version}\n")
        (folder / "templates" / "task.json").write_text(version)
        if version == "one":
            git(folder.parent, "init", "-q")
        git(folder, "add", ".")
        git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", version)
        if version == "one":
            git(folder, "tag", "v1")
    return folder / "ecsforge.yaml"


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def test_a_path_is_the_previous_file(project: Path, tmp_path: Path) -> None:
    assert previous_file(str(project), None, tmp_path) == project


def test_a_git_reference_extracts_the_file_and_the_files_beside_it(project: Path, tmp_path: Path) -> None:
    found = previous_file("v1", project, tmp_path)

    assert found == tmp_path / "ecsforge.yaml"
    assert found.read_text() == "project_id: one\n"
    assert (tmp_path / "templates" / "task.json").read_text() == "one"


def test_the_work_tree_is_not_changed(project: Path, tmp_path: Path) -> None:
    project.write_text("project_id: three\n")

    previous_file("v1", project, tmp_path)

    assert project.read_text() == "project_id: three\n"


def test_a_reference_that_is_neither_is_an_error(project: Path, tmp_path: Path) -> None:
    with pytest.raises(RehearsalError) as error:
        previous_file("v9", project, tmp_path)

    assert sentences(error.value) == (
        "--upgrade-from: v9 is neither a file nor a git reference; got not a valid object name: v9:deploy/; pass the "
        "path of a project file, or a commit, tag or branch"
    )


def test_a_commit_without_the_file_is_an_error(project: Path, tmp_path: Path) -> None:
    with pytest.raises(RehearsalError) as error:
        previous_file("v1", project.with_name("other.yaml"), tmp_path)

    assert sentences(error.value) == (
        "--upgrade-from: other.yaml does not exist at this reference; got v1; pass a commit that contains it"
    )


@pytest.mark.parametrize("reference", ["--output=/tmp/x", "v1"])
def test_without_a_project_file_the_reference_must_be_a_path(reference: str, tmp_path: Path) -> None:
    with pytest.raises(RehearsalError) as error:
        previous_file(reference, None, tmp_path)

    assert sentences(error.value) == (
        f"--upgrade-from: file not found; got {reference}; pass the path of a project file"
    )


def test_a_folder_outside_a_git_repository_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "ecsforge.yaml"
    file.write_text("project_id: one\n")

    with pytest.raises(RehearsalError) as error:
        previous_file("main", file, tmp_path / "extracted")

    (problem,) = error.value.problems
    assert problem.what == "main is neither a file nor a git reference"
    assert problem.got is not None
    assert problem.got.startswith("not a git repository")


def test_a_machine_without_git_is_an_error(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RehearsalError) as error:
        previous_file("v1", project, tmp_path)

    assert sentences(error.value) == (
        "--upgrade-from: v1 is neither a file nor a git reference; got [Errno 2] No such file or directory: 'git'; "
        "pass the path of a project file, or a commit, tag or branch"
    )


def test_the_top_of_a_repository_is_extracted_too(project: Path, tmp_path: Path) -> None:
    top = project.parent.parent
    (top / "ecsforge.yaml").write_text("project_id: top\n")
    git(top, "add", ".")
    git(top, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "top")
    (top / "ecsforge.yaml").unlink()
    extracted = tmp_path / "extracted"
    extracted.mkdir()

    assert previous_file("HEAD", top / "ecsforge.yaml", extracted).read_text() == "project_id: top\n"
    assert (extracted / "deploy" / "ecsforge.yaml").read_text() == "project_id: two\n"
