"""The project file as it was."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from operations.rehearsal.previous_version import older_file
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


def test_a_path_is_the_older_file_itself(project: Path, tmp_path: Path) -> None:
    assert older_file(str(project), None, tmp_path) == project


def test_a_git_reference_gives_the_file_and_what_stands_beside_it(project: Path, tmp_path: Path) -> None:
    found = older_file("v1", project, tmp_path)

    assert found == tmp_path / "ecsforge.yaml"
    assert found.read_text() == "project_id: one\n"
    assert (tmp_path / "templates" / "task.json").read_text() == "one"


def test_the_work_tree_stays_as_it_is(project: Path, tmp_path: Path) -> None:
    project.write_text("project_id: three\n")

    older_file("v1", project, tmp_path)

    assert project.read_text() == "project_id: three\n"


def test_what_is_neither_is_an_error(project: Path, tmp_path: Path) -> None:
    with pytest.raises(RehearsalError) as error:
        older_file("v9", project, tmp_path)

    assert str(error.value) == (
        "--upgrade-from: v9 is neither a file nor a git reference; got not a valid object name: v9:deploy/; name one "
        "of the two"
    )


def test_a_commit_without_the_file_is_an_error(project: Path, tmp_path: Path) -> None:
    with pytest.raises(RehearsalError) as error:
        older_file("v1", project.with_name("other.yaml"), tmp_path)

    assert str(error.value) == ("--upgrade-from: other.yaml is not there; got v1; name a commit that has it, or a file")


@pytest.mark.parametrize("reference", ["--output=/tmp/x", "v1"])
def test_without_a_project_file_only_a_path_will_do(reference: str, tmp_path: Path) -> None:
    with pytest.raises(RehearsalError) as error:
        older_file(reference, None, tmp_path)

    assert str(error.value) == (
        f"--upgrade-from: there is no such file; got {reference}; name a project file that exists"
    )
