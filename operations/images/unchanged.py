"""Which services a build leaves out, because nothing of them changed since another commit.

The tag of an image names the commit that it was built from, and a hash of the settings of the build. So an image that
was built from the same files, at any earlier commit, is found by its tag; the commits in between only changed other
services. Base images are not compared: an image that is not built again keeps its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from operations.images import git
from operations.images.registry import Registry, StoredImage
from operations.images.source import COMMIT_DIGITS, ServiceBuild, changed_since, commit_tag, difference_from
from operations.reporter import Reporter
from operations.text import shown_path
from stacks.errors import UsageError


@dataclass(frozen=True)
class Since:
    """The commit of `--changed-since`.

    Attributes:
        reference: As it was typed.
        commit: Its hash.
        checkout: The work tree.
    """

    reference: str
    commit: str
    checkout: git.Checkout

    @classmethod
    def of(cls, folder: Path, reference: str) -> Since:
        """The commit of a reference in the repository that `folder` is in. Raises UsageError if there is none."""
        where = "--changed-since"
        checkout = git.checkout(folder)
        if isinstance(checkout, str):
            fix = "leave the option out to build every service"
            raise UsageError.of(where, "there is no repository to compare with", got=checkout, fix=fix)
        commit = git.commit_of(checkout, reference)
        if commit is None:
            fix = "name a commit, a branch or a tag; a shallow clone has only the newest commit (fetch-depth: 0)"
            raise UsageError.of(where, "the repository does not have this commit", got=reference, fix=fix)
        return cls(reference, commit, checkout)


def change_of(build: ServiceBuild, since: Since, settings: Path | None = None) -> str | None:
    """Why a service has to be built, as the end of a sentence that starts with the service; None if nothing changed.

    Args:
        build: How it is built.
        since: The commit to compare with.
        settings: The project file, which may have changed how it is built. Default: only the files are compared.
    """
    difference = difference_from(build, since.checkout)
    if difference is not None:
        return difference
    changed = changed_since(build, since.checkout, since.commit)
    if changed is None and settings is not None and _has_changed(settings, since):
        changed = shown_path(settings)
    return None if changed is None else f"{changed} changed since {since.reference}"


def image_of_same_content(
    build: ServiceBuild, registry: Registry, since: Since, reporter: Reporter
) -> tuple[str, StoredImage] | None:
    """The tag and the image of a service that did not change; None if it changed, or the registry has no such image."""
    change = change_of(build, since)
    if change is not None:
        reporter.detail(f"{build.service}: {change}")
        return None
    own = commit_tag(build, since.checkout)
    for image in registry.images(build.repository):
        for tag in image.tags:
            if tag[COMMIT_DIGITS:] == own[COMMIT_DIGITS:] and _is_same(build, since, tag[:COMMIT_DIGITS]):
                return tag, image
    reporter.say(f"{build.service}: unchanged since {since.reference}, but the registry has no image of this content")
    return None


def _is_same(build: ServiceBuild, since: Since, abbreviated: str) -> bool:
    """Whether the files of a build are those of an earlier commit."""
    commit = git.commit_of(since.checkout, abbreviated)
    if commit is None or not git.is_before(since.checkout, commit):
        return False
    return changed_since(build, since.checkout, commit) is None


def _has_changed(file: Path, since: Since) -> bool:
    path = file.resolve()
    if not path.is_relative_to(since.checkout.folder):
        return True
    status = git.status(since.checkout, [path])
    return bool(status.changed or git.changed_since(since.checkout, since.commit, [path]))
