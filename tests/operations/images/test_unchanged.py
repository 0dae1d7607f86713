"""A service is built only if something of it changed since another commit."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from cli.sentences import sentences
from operations.images.build import BuiltImage, build_service
from operations.images.source import ServiceBuild, default_tag
from operations.images.unchanged import Since, change_of
from stacks.errors import ImageError, UsageError
from tests.operations.images.test_build import Place
from tests.support.repository import commit, git


class Repository(Place):
    """A repository with the folders of two services, and images of both settings in ECR."""

    def __init__(self, folder: Path, session: boto3.Session) -> None:
        super().__init__(folder, session)
        self.folder = folder / "repository"
        self.folder.mkdir()
        self.context = self.context.rename(self.folder / "web")
        (self.folder / "api").mkdir()
        (self.folder / "api" / "main.py").write_text("")
        (self.folder / "ecsforge.yaml").write_text("project_id: shop\n")
        git(self.folder, "init", "--quiet")
        commit(self.folder)

    def change(self, *files: str) -> str:
        """Commit another content of these files, and return the commit before."""
        before = git(self.folder, "rev-parse", "HEAD")
        for file in files:
            (self.folder / file).write_text(before)
        commit(self.folder)
        return before

    def pushed(self, **settings: str) -> str:
        """An image of the current commit in ECR, and its digest."""
        return self.put(default_tag(self.build(**settings), self.reporter))

    def delivered(self, since: str, **settings: str) -> BuiltImage:
        found = Since.of(self.folder, since)
        return build_service(self.build(**settings), self.engine, self.registry, self.reporter, since=found)

    def is_built(self, since: str, **settings: str) -> bool:
        """Whether the engine builds it; nothing can be pushed to the scripted registry."""
        try:
            return self.delivered(since, **settings).built
        except ImageError:
            return "build" in self.asked()


@pytest.fixture
def place(tmp_path: Path, account: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Repository(tmp_path, account)


def test_an_unchanged_service_keeps_its_image(place: Repository) -> None:
    digest = place.pushed()
    before = place.change("api/main.py")

    image = place.delivered(before)

    assert (image.digest, image.built, image.pushed) == (digest, False, False)
    assert place.asked() == []
    assert place.reporter.messages == [
        f"web: unchanged since {before}; the registry has {image.tag}; nothing is built",
    ]


def test_the_image_may_be_of_any_earlier_commit(place: Repository) -> None:
    """The commits in between have no image of the service, because it did not change in them either."""
    digest = place.pushed()
    place.change("api/main.py")
    before = place.change("api/main.py")

    assert place.delivered(before).digest == digest


def test_a_changed_service_is_built(place: Repository) -> None:
    place.pushed()

    assert place.is_built(place.change("web/main.py"))


def test_a_change_of_a_commit_whose_build_failed_is_built(place: Repository) -> None:
    """It is unchanged since the commit before, but no image has its content."""
    place.pushed()
    place.change("web/main.py")
    before = place.change("api/main.py")

    assert place.is_built(before)
    assert place.reporter.messages[0] == (
        f"web: unchanged since {before}, but the registry has no image of this content"
    )


def test_a_change_that_was_taken_back_finds_the_image(place: Repository) -> None:
    (place.context / "main.py").write_text("a")
    commit(place.folder)
    digest = place.pushed()
    place.change("web/main.py")
    (place.context / "main.py").write_text("a")
    commit(place.folder)
    before = place.change("api/main.py")

    assert place.delivered(before).digest == digest


def test_other_settings_are_another_image(place: Repository) -> None:
    place.pushed()

    assert place.is_built(place.change("api/main.py"), platform="linux/arm64")


def test_a_file_that_is_not_committed_is_a_change(place: Repository) -> None:
    place.pushed()
    before = place.change("api/main.py")
    (place.context / "main.py").write_text("a")

    assert place.is_built(before)


def test_ignored_files_do_not_matter(place: Repository) -> None:
    (place.context / ".dockerignore").write_text("docs\n")
    (place.context / "docs").mkdir()
    commit(place.folder)
    digest = place.pushed()

    assert place.delivered(place.change("web/docs/a.md")).digest == digest


def test_an_image_of_another_branch_is_not_used(place: Repository) -> None:
    git(place.folder, "checkout", "--quiet", "-b", "other")
    place.change("api/other.py")
    place.pushed()
    git(place.folder, "checkout", "--quiet", "-")
    before = place.change("api/main.py")

    assert place.is_built(before)


@pytest.mark.parametrize("reference", ["nowhere", "--output=x", "0" * 40])
def test_an_unknown_commit_is_refused(place: Repository, reference: str) -> None:
    with pytest.raises(UsageError) as caught:
        Since.of(place.folder, reference)

    assert sentences(caught.value) == (
        f"--changed-since: the repository does not have this commit; got {reference}; name a commit, a branch or a "
        "tag; a shallow clone has only the newest commit (fetch-depth: 0)"
    )
    assert not (place.folder / "x").exists()


def test_without_a_repository_there_is_nothing_to_compare_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError) as caught:
        Since.of(tmp_path, "HEAD")

    assert sentences(caught.value) == (
        "--changed-since: there is no repository to compare with; got the context is not in a git repository; leave "
        "the option out to build every service"
    )


def test_without_the_registry_the_project_file_counts_too(place: Repository) -> None:
    build = ServiceBuild("web", "shop/web", place.context)
    file = place.folder / "ecsforge.yaml"
    before = place.change("api/main.py")

    assert change_of(build, Since.of(place.folder, before), file) is None

    before = place.change("ecsforge.yaml")

    assert change_of(build, Since.of(place.folder, before), file) == (
        f"repository/ecsforge.yaml changed since {before}"
    )
    assert change_of(build, Since.of(place.folder, before)) is None
