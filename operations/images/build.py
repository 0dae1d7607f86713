"""Brings the image of a service to ECR.

    default_tag -> in ECR already? -> unchanged? -> build -> log in -> push -> the digest, from ECR

Nothing is built when ECR has the image: the default tag identifies what is built (`source.py`). A build does not give
the same bytes twice, so the content for an explicit tag is only known after a build. If the tag exists with other
content, that is an error: the tags of the repository are immutable.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from operations.images.engine import Engine, Instructions
from operations.images.ignore import ignore_file, read_ignore
from operations.images.registry import Registry, StoredImage
from operations.images.source import ServiceBuild, check_source, default_tag
from operations.images.unchanged import Since, image_of_same_content
from operations.reporter import Reporter, activity
from operations.text import shown_path
from stacks.errors import ImageError, Position, Problem
from stacks.image_reference import ImageReference, InvalidImageError, check_tag

__all__ = ["BuiltImage", "LocalImage", "ServiceBuild", "build_locally", "build_service"]


@dataclass(frozen=True)
class LocalImage:
    """An image in an engine: the name it has there, and its ID."""

    service: str
    reference: ImageReference
    image_id: str


@dataclass(frozen=True)
class BuiltImage:
    """An image of a service in ECR.

    Attributes:
        service: The service.
        reference: The image by its digest.
        tag: Its tag.
        built: Whether it was built now; False when ECR had it.
        pushed: Whether it was pushed now; False when ECR had the same content.
    """

    service: str
    reference: ImageReference
    tag: str
    built: bool
    pushed: bool

    @property
    def digest(self) -> str:
        """The image's digest."""
        assert self.reference.digest is not None
        return self.reference.digest


def build_locally(build: ServiceBuild, engine: Engine, reporter: Reporter, *, name: str | None = None) -> LocalImage:
    """Build the image of a service with an engine of this machine, and leave it there.

    Args:
        build: What to build.
        engine: The engine; see `find_engine`.
        reporter: Receives the engine's output as messages.
        name: The image's registry and repository. Default: `localhost/<repository>`.

    Raises:
        ImageError: The Dockerfile does not exist or does not build, or the tag is invalid.
    """
    check_source(build)
    reference = _reference(build, name or f"localhost/{build.repository}", _tag(build, reporter))
    return _built(build, engine, reporter, reference)


def build_service(
    build: ServiceBuild, engine: Engine, registry: Registry, reporter: Reporter, *, since: Since | None = None
) -> BuiltImage:
    """Build the image of a service and push it to ECR, unless ECR has it.

    Args:
        build: What to build.
        engine: The engine; see `find_engine`.
        registry: The registry that has the repository.
        reporter: Receives the engine's output as messages.
        since: A commit; if nothing changed since then, an image that was built from the same files is used.

    Raises:
        ImageError: The Dockerfile does not build, the push fails, the repository does not exist, the tag exists with
            other content, or the image in ECR is for another platform.
        AwsError: ECR refused a request.
    """
    check_source(build)
    uri = registry.uri(build.repository)
    tag = _tag(build, reporter)
    reference = _reference(build, uri, tag)
    found = registry.find(build.repository, tag=tag)
    if found is not None and build.tag is None:
        reporter.say(f"{build.service}: the registry has {reference}; nothing is built")
        return _checked(build, registry, found, tag, built=False, pushed=False)
    if since is not None and (same := image_of_same_content(build, registry, since, reporter)) is not None:
        tag, found = same
        reporter.say(f"{build.service}: unchanged since {since.reference}; the registry has {tag}; nothing is built")
        return _checked(build, registry, found, tag, built=False, pushed=False)
    with engine.logged_in(registry.login(build.repository)) as logged_in:  # before a build that could take minutes
        image = _built(build, logged_in, reporter, reference)
        if found is not None:
            _refuse_other_content(build, registry, found, image)
            return _checked(build, registry, found, tag, built=True, pushed=False)
        with activity(reporter, f"Pushing {reference}"):
            pushed = _push(build, logged_in, registry, reference, reporter)
    return _checked(build, registry, pushed, tag, built=True, pushed=True)


def _tag(build: ServiceBuild, reporter: Reporter) -> str:
    return default_tag(build, reporter) if build.tag is None else build.tag


def _reference(build: ServiceBuild, name: str, tag: str) -> ImageReference:
    try:
        check_tag(tag)
        return ImageReference.parse(f"{name}:{tag}")
    except InvalidImageError as error:
        raise ImageError.of(build.service, f"the image {error.what}", got=error.got, fix=error.fix) from error


def _built(build: ServiceBuild, engine: Engine, reporter: Reporter, reference: ImageReference) -> LocalImage:
    patterns = ignore_file(build.context, build.file)
    read_ignore(patterns)  # an invalid pattern is reported the same way by every engine
    _check_ignored(build, engine, patterns, reporter)
    _check_states(build, patterns, reporter)
    instructions = Instructions(build.context, build.file, build.platform, build.target, build.args, patterns)
    with activity(reporter, f"Building {build.service} for {build.platform} with {engine.name}"):
        image_id = engine.build(build.service, instructions, str(reference), reporter)
    return LocalImage(build.service, reference, image_id)


def _check_ignored(build: ServiceBuild, engine: Engine, patterns: Path | None, reporter: Reporter) -> None:
    """Warn when docker would not read the ignore file of the Dockerfile; podman and buildah are given its name."""
    if patterns is None or patterns.name == ".dockerignore" or engine.name != "docker" or engine.has_buildkit:
        return
    what = f"docker without BuildKit ignores {patterns.name}, so more files can be in the image"
    fix = "install Docker's buildx plugin, or use Podman"
    reporter.warn(Problem(Position(build.service), what, fix=fix, severity="warning"))


def _check_states(build: ServiceBuild, patterns: Path | None, reporter: Reporter) -> None:
    """Warn about a local state in the context: it has secrets in plain text, and every deploy changes it."""
    ignore = read_ignore(patterns)
    for path in sorted(build.context.glob("*.tfstate")):
        if not ignore.ignores(path.name):
            what = f"{path.name} is in the build context, and can get into the image with its secrets"
            fix = f"add *.tfstate* and cdktf.out to {shown_path(patterns or build.context / '.dockerignore')}"
            reporter.warn(Problem(Position(build.service), what, fix=fix, severity="warning"))
            return


def _push(
    build: ServiceBuild, engine: Engine, registry: Registry, reference: ImageReference, reporter: Reporter
) -> StoredImage:
    """Push the image and return it as ECR has it. Another build may have pushed the same tag at the same time."""
    assert reference.tag is not None
    try:
        engine.push(build.service, str(reference), reporter)
    except ImageError:
        found = registry.find(build.repository, tag=reference.tag) if build.tag is None else None
        if found is None:
            raise
        return found
    return registry.require(build.repository, reference.tag)


def _refuse_other_content(build: ServiceBuild, registry: Registry, found: StoredImage, image: LocalImage) -> None:
    if not registry.is_same(build.repository, found.digest, image.image_id):
        raise ImageError.of(
            build.service,
            "the tag exists with other content",
            got=f"{build.tag}, which is {found.digest}",
            fix=f"use another tag, or deploy the existing image with `--tag {build.tag}`",
        )


def _checked(
    build: ServiceBuild, registry: Registry, image: StoredImage, tag: str, *, built: bool, pushed: bool
) -> BuiltImage:
    registry.check_platform(build.service, build.repository, image.digest, build.platform)
    return BuiltImage(build.service, image.reference, tag, built, pushed)
