"""The options of commands that deploy images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cli.options import Context

if TYPE_CHECKING:
    from operations.deploy.consent import Consent
    from operations.deploy.image_options import ImageOptions
    from operations.images.engine import Engine
    from operations.images.unchanged import Since
    from operations.reporter import Reporter
    from operations.stack import Stack
    from stacks.project import Loaded

F = TypeVar("F", bound=Callable[..., Any])

engine_option = click.option(
    "--engine",
    metavar="NAME",
    help="Build with docker, podman or buildah. Default: the first one that answers.",
)
changed_since_option = click.option(
    "--changed-since",
    metavar="REF",
    help="Build only services whose files changed since this commit; others keep their image.",
)
_image = click.option(
    "--image",
    multiple=True,
    metavar="SERVICE=IMAGE",
    help="Deploy this image; repeatable. For a service with `image`, it lasts until the next deploy.",
)
_tag = click.option(
    "--tag",
    metavar="TAG",
    help="Deploy the images with this tag, for services with `build` or `repository`.",
)


def image_options(command: F) -> F:
    """Add `--image` and `--tag`."""
    return _image(_tag(command))


@dataclass(frozen=True)
class SelectedImages:
    """What the options name, checked.

    Attributes:
        loaded: The project, with the images of `--image` for services with `image`.
        options: The options.
        engine: What builds; None without `--build`.
    """

    loaded: Loaded
    options: ImageOptions
    engine: Engine | None = None

    def resolved(self, stack: Stack, reporter: Reporter) -> dict[str, str]:
        """The images of `--image` and `--tag`, by service and digest."""
        from operations.deploy.image_options import resolved_images

        return resolved_images(stack, self.options, reporter)

    def pushed(
        self,
        stack: Stack,
        reporter: Reporter,
        consent: Consent,
        shared: Callable[[], AbstractContextManager[Stack]],
    ) -> Mapping[str, str] | None:
        """The images to deploy, after the shared stack was applied and what `--build` names was built and pushed.

        None if the user declined the plan of the shared stack.
        """
        from operations.deploy.image_options import built_images
        from operations.deploy.images import require_images
        from operations.deploy.shared import deploy_shared

        images = self.resolved(stack, reporter)
        if self.loaded.shared is None:
            return images
        require_images(stack, {**images, **dict.fromkeys(self.options.builds(stack), "")}, only_built=True)
        with shared() as repositories:
            if not deploy_shared(repositories, reporter, consent):
                return None
        if self.engine is None:
            return images
        return {**images, **built_images(stack, self.loaded.root, self.options, self.engine, reporter)}


def since_commit(loaded: Loaded, reference: str | None, tag: str | None) -> Since | None:
    """The commit of `--changed-since`. Raises UsageError if it can't be compared with."""
    if reference is None:
        return None
    if tag is not None:
        raise click.UsageError("--changed-since can't be combined with --tag, which names a new image")
    from operations.images.unchanged import Since

    return Since.of(loaded.root, reference)


def selected_images(
    ctx: Context,
    loaded: Loaded,
    images: Sequence[str],
    tag: str | None,
    *,
    build: bool = False,
    engine: str | None = None,
    changed_since: str | None = None,
) -> SelectedImages:
    """Check the options for images, before anything else happens. Raises UsageError, ImageError, AwsError."""
    if engine is not None and not build:
        raise click.UsageError("--engine is for builds: pass --build too")
    if changed_since is not None and not build:
        raise click.UsageError("--changed-since is for builds: pass --build too")
    if not (images or tag is not None or build):
        from operations.deploy.image_options import ImageOptions

        return SelectedImages(loaded, ImageOptions())
    from operations.deploy.image_options import ImageOptions, written_images
    from operations.images.engine import find_engine
    from stacks.project import load

    (project,) = loaded.projects
    options = ImageOptions.parse(images, tag, build=build, since=since_commit(loaded, changed_since, tag))
    options.check(project)
    found = find_engine(ctx.reporter(), engine) if build else None
    if written := written_images(project, options):
        loaded = load(replace(ctx.selection, sets=(*ctx.selection.sets, *written)))
    return SelectedImages(loaded, options, found)
