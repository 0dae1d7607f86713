"""The tag of an image identifies what it is built from."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentences
from operations.images.ignore import Ignore, parse
from operations.images.source import ServiceBuild, default_tag, files
from stacks.errors import ImageError
from tests.support.reporter import Recorder
from tests.support.repository import commit, git

Change = Callable[[Path], object]


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a Dockerfile and a program, outside of any repository."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "repository" / "web"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    (folder / "app").write_text("app")
    (folder / "src").mkdir()
    (folder / "src" / "main.py").write_text("main")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def repository(context: Path) -> Path:
    """The repository whose commit has that folder."""
    folder = context.parent
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def tag(context: Path, *, reporter: Recorder | None = None, **changes: Any) -> str:
    settings = {"service": "web", "repository": "shop/web", "context": context, **changes}
    return default_tag(ServiceBuild(**settings), reporter or Recorder())


def reason(context: Path, **changes: Any) -> list[str]:
    """Why the tag identifies the files."""
    reporter = Recorder()
    tag(context, reporter=reporter, **changes)
    return reporter.details


def test_a_clean_tree_has_its_commit_and_eight_digits(repository: Path, context: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")

    assert re.fullmatch(rf"{head[:12]}-[0-9a-f]{{8}}", tag(context))
    assert reason(context) == []


def test_without_git_the_tag_is_local(context: Path) -> None:
    assert re.fullmatch(r"local-[0-9a-f]{8}", tag(context))
    assert reason(context) == ["web: the context is not in a git repository, so the tag identifies the files"]


def test_without_the_program_git_the_tag_is_the_same_as_without_a_repository(
    repository: Path, context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(context))
    assert reason(context) == ["web: git is not installed, so the tag identifies the files"]

    before = tag(context)
    shutil.rmtree(repository / ".git")

    assert tag(context) == before


def test_a_repository_without_a_commit_has_none_in_the_tag(context: Path) -> None:
    git(context.parent, "init", "--quiet")

    assert reason(context) == ["web: the repository has no commit, so the tag identifies the files"]


SETTINGS: list[dict[str, Any]] = [
    {"service": "api"},
    {"target": "production"},
    {"platform": "linux/arm64"},
    {"args": {"VERSION": "1"}},
    {"args": {"VERSION": "2"}},
    {"args": {"VERSION": "1", "A": ""}},
]


@pytest.mark.parametrize("where", ["commit", "files"])
def test_service_target_platform_and_arguments_each_change_the_tag(context: Path, where: str) -> None:
    if where == "commit":
        git(context.parent, "init", "--quiet")
        commit(context.parent)

    tags = [tag(context), *(tag(context, **each) for each in SETTINGS)]

    assert len(set(tags)) == len(tags)


def test_the_order_of_arguments_does_not_change_the_tag(context: Path) -> None:
    assert tag(context, args={"A": "1", "B": "2"}) == tag(context, args={"B": "2", "A": "1"})


def test_the_context_and_the_dockerfile_change_the_tag_of_one_commit(repository: Path, context: Path) -> None:
    shutil.copytree(context, repository / "api")
    (context / "Dockerfile.dev").write_text("FROM scratch\n")
    commit(repository)

    tags = {tag(context), tag(repository / "api"), tag(context, dockerfile=context / "Dockerfile.dev")}

    assert len(tags) == 3
    assert len({each[:12] for each in tags}) == 1


def test_the_tag_does_not_depend_on_where_the_checkout_is(repository: Path, context: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(repository), "other")

    assert tag(tmp_path / "other" / "web") == tag(context)
    (context / "app").write_text("changed")
    (tmp_path / "other" / "web" / "app").write_text("changed")
    assert tag(tmp_path / "other" / "web") == tag(context)


def rename(folder: Path) -> None:
    (folder / "app").rename(folder / "app2")


def swap(folder: Path) -> None:
    (folder / "app").write_text("main")
    (folder / "src" / "main.py").write_text("app")


def link(folder: Path) -> None:
    (folder / "app").unlink()
    (folder / "app").symlink_to("src/main.py")


CHANGES: dict[str, Change] = {
    "a changed file": lambda folder: (folder / "src" / "main.py").write_text("other"),
    "a new file": lambda folder: (folder / "new").touch(),
    "an empty folder": lambda folder: (folder / "new").mkdir(),
    "a deleted file": lambda folder: (folder / "app").unlink(),
    "a renamed file": rename,
    "swapped contents": swap,
    "an executable bit": lambda folder: (folder / "app").chmod(0o755),
    "a link in place of a file": link,
    "a new link": lambda folder: (folder / "new").symlink_to("/nowhere"),
    "the Dockerfile": lambda folder: (folder / "Dockerfile").write_text("FROM scratch\n"),
}


@pytest.mark.parametrize("change", [name for name in CHANGES if name != "an empty folder"])
def test_a_change_in_the_tree_changes_the_tag_and_keeps_the_commit(
    repository: Path, context: Path, change: str
) -> None:
    before = tag(context)
    CHANGES[change](context)

    changed = tag(context)

    assert changed != before
    assert changed[:13] == before[:13]


@pytest.mark.parametrize("change", CHANGES)
def test_without_git_a_change_changes_the_tag(context: Path, change: str) -> None:
    before = tag(context)
    CHANGES[change](context)

    assert tag(context) != before


def test_links_to_different_targets_have_different_tags(context: Path) -> None:
    (context / "link").symlink_to("app")
    before = tag(context)
    (context / "link").unlink()
    (context / "link").symlink_to("src/main.py")

    assert tag(context) != before


def test_links_are_not_followed(context: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (context / "folder").symlink_to(outside)
    (context / "loop").symlink_to(".")
    before = tag(context)
    (outside / "file").write_text("x")

    assert tag(context) == before


def test_a_change_back_gives_the_tag_of_the_commit_again(repository: Path, context: Path) -> None:
    before = tag(context)
    (context / "app").write_text("other")
    assert tag(context) != before
    (context / "app").write_text("app")

    assert tag(context) == before


def test_times_do_not_change_the_tag(context: Path) -> None:
    before = tag(context)
    os.utime(context / "app", (0, 0))

    assert tag(context) == before


def test_a_change_outside_of_the_context_does_not_matter(repository: Path, context: Path) -> None:
    before = tag(context)
    (repository / "README.md").write_text("x")
    (repository / "api").mkdir()
    (repository / "api" / "new").touch()

    assert tag(context) == before
    assert reason(context) == []


def test_a_changed_dockerfile_outside_of_the_context_matters(repository: Path, context: Path) -> None:
    dockerfile = repository / "web.Dockerfile"
    dockerfile.write_text("FROM scratch\n")
    assert reason(context, dockerfile=dockerfile) == [
        "web: ../web.Dockerfile is not in the commit, so the tag also identifies the files"
    ]
    commit(repository)
    before = tag(context, dockerfile=dockerfile)
    dockerfile.write_text("FROM scratch\nCOPY app /\n")

    assert tag(context, dockerfile=dockerfile) != before
    assert reason(context, dockerfile=dockerfile) == [
        "web: ../web.Dockerfile differs from the commit, so the tag also identifies the files"
    ]


def test_a_file_that_dockerignore_leaves_out_does_not_matter(repository: Path, context: Path) -> None:
    (context / ".dockerignore").write_text("*.md\nnode_modules\n.env\n")
    (context / "README.md").write_text("a")
    (context / "node_modules").mkdir()
    commit(repository)
    before = tag(context)

    (context / "README.md").write_text("b")
    (context / "node_modules" / "x").write_text("x")
    (context / ".env").write_text("SECRET=1")

    assert tag(context) == before
    assert reason(context) == []


def test_without_git_a_file_that_dockerignore_leaves_out_does_not_matter(context: Path) -> None:
    (context / ".dockerignore").write_text("src\n!src/main.py\n")
    before = tag(context)
    (context / "src" / "other.py").touch()
    assert tag(context) == before

    (context / "src" / "main.py").write_text("other")
    assert tag(context) != before


def test_the_dockerignore_of_the_dockerfile_decides(context: Path) -> None:
    (context / ".dockerignore").write_text("src\n")
    (context / "Dockerfile.dockerignore").write_text("app\n")
    before = tag(context)
    (context / "app").write_text("other")
    assert tag(context) == before

    (context / "src" / "main.py").write_text("other")
    assert tag(context) != before


def test_a_dockerfile_that_dockerignore_leaves_out_still_matters(context: Path) -> None:
    (context / ".dockerignore").write_text("Dockerfile\n")
    before = tag(context)
    (context / "Dockerfile").write_text("FROM scratch\n")

    assert tag(context) != before


def test_a_dockerignore_that_leaves_itself_out_still_matters(repository: Path, context: Path) -> None:
    (context / ".dockerignore").write_text(".dockerignore\nDockerfile\nsrc\n")
    commit(repository)
    before = tag(context)
    (context / ".dockerignore").write_text(".dockerignore\nDockerfile\n")

    assert tag(context) != before
    assert reason(context) == ["web: .dockerignore differs from the commit, so the tag also identifies the files"]


def test_an_ignore_file_that_is_not_in_the_commit_matters(repository: Path, context: Path) -> None:
    (context / "Dockerfile.dockerignore").write_text("Dockerfile*\nsrc\n")

    assert reason(context) == [
        "web: Dockerfile.dockerignore is not in the commit, so the tag also identifies the files"
    ]


def test_a_file_that_git_ignores_is_in_the_image_and_so_in_the_tag(repository: Path, context: Path) -> None:
    """Such as a program that is compiled before the build."""
    (context / ".gitignore").write_text("dist\n")
    commit(repository)
    clean = tag(context)
    (context / "dist").mkdir()
    (context / "dist" / "app.jar").write_text("1")
    first = tag(context)
    assert reason(context) == ["web: dist/app.jar is not in the commit, so the tag also identifies the files"]

    (context / "dist" / "app.jar").write_text("2")

    assert len({clean, first, tag(context)}) == 3


@pytest.mark.parametrize("folder", [".", "web"])
def test_a_repository_in_the_context_is_not_hashed(repository: Path, context: Path, folder: str) -> None:
    whole = repository / folder
    shutil.copy(context / "Dockerfile", whole / "Dockerfile.2")
    settings = {"dockerfile": whole / "Dockerfile.2"}
    before = tag(whole, **settings)
    git(repository, "gc", "--quiet")
    git(repository, "update-ref", "refs/heads/other", "HEAD")

    assert tag(whole, **settings) == before


def test_a_submodule_is_hashed(repository: Path, context: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "--quiet")
    (library / "lib.py").write_text("1")
    commit(library)
    git(repository, "submodule", "--quiet", "add", str(library), "web/library")
    commit(repository)
    before = tag(context)
    assert reason(context) == ["web: library is a submodule, so the tag also identifies the files"]

    (context / "library" / "lib.py").write_text("2")

    assert tag(context) != before
    assert re.fullmatch(r"[0-9a-f]{12}-[0-9a-f]{8}", tag(context / "library", dockerfile=context / "Dockerfile"))


def test_the_variables_of_a_git_hook_are_not_followed(
    repository: Path, context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tag(context)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")

    assert tag(context) == before


def test_names_of_any_kind_are_tracked(repository: Path, context: Path) -> None:
    for name in ("with space", 'quo"te', "umlaut-ä", "star*", "line\nbreak", "-dash", ":colon"):
        (context / name).write_text(name)
    commit(repository)

    assert reason(context) == []


def test_a_context_behind_a_link_is_that_of_the_repository(repository: Path, context: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(context)

    assert tag(tmp_path / "link") == tag(context)


def test_the_paths_of_a_build_are_sorted_and_exceptions_are_found(context: Path) -> None:
    (context / ".git").mkdir()
    (context / ".git" / "HEAD").touch()

    assert list(files(context, Ignore())) == ["Dockerfile", "app", "src/", "src/main.py"]
    assert list(files(context, parse(["src", "!src/main.py"]))) == ["Dockerfile", "app", "src/main.py"]
    assert list(files(context, parse(["*"]))) == []


def test_a_missing_dockerfile_is_an_error(context: Path) -> None:
    (context / "Dockerfile").unlink()

    with pytest.raises(ImageError) as caught:
        tag(context)

    assert sentences(caught.value) == (
        "web: the Dockerfile does not exist; got Dockerfile; create it, or set `build.dockerfile`"
    )


def test_a_missing_context_is_an_error(context: Path) -> None:
    with pytest.raises(ImageError) as caught:
        tag(context / "nix")

    assert sentences(caught.value) == (
        "web: the build context is not a folder; got nix; create it, or correct `build` in the project file"
    )


def test_a_file_that_can_not_be_read_is_an_error(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root can read every file

    with pytest.raises(ImageError) as caught:
        tag(context)

    assert sentences(caught.value) == (
        "Dockerfile: can't be read; got Permission denied; make it readable, or leave it out with .dockerignore"
    )
