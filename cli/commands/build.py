"""`ecsforge build`: the images of services."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.images import changed_since_option, engine_option, since_commit
from cli.loading import one_stack
from cli.options import Command, Context, selection_options

if TYPE_CHECKING:
    from operations.images.engine import Engine
    from operations.images.source import ServiceBuild
    from operations.images.unchanged import Since
    from operations.reporter import Reporter
    from stacks.project.models import Project


@click.command(cls=Command)
@selection_options
@click.argument("services", metavar="[SERVICE]...", nargs=-1)
@click.option("--push", is_flag=True, help="Push the images to the project's registry, unless it has them.")
@click.option("--tag", metavar="TAG", help="Set the tag. Default: the commit, and a hash of what is built.")
@engine_option
@changed_since_option
@click.option("--json", "as_json", is_flag=True, help="Print an object for each image as JSON.")
def build(
    ctx: Context,
    services: tuple[str, ...],
    push: bool,
    tag: str | None,
    engine: str | None,
    changed_since: str | None,
    as_json: bool,
) -> int:
    """Build the images of all services with `build`, or of the named ones.

    Builds with docker, podman or buildah, for the architecture of the service. Prints a line for each image on stdout:
    the service, a tab, and the image. With --push the image is in the registry of the project and named by its digest;
    nothing is built if the registry has it. Its repositories are created by `deploy`.

    With --changed-since, a service is built only if its files changed since that commit, are not committed, or were
    never pushed. With --push, the line of another service names the image that was built from the same files.

    \b
    Examples:
      ecsforge build --env dev
      ecsforge build web worker --env dev --push
      ecsforge build --env prod --push --tag 1.4.0 --json
      ecsforge build --env dev --push --changed-since HEAD~1
    """
    from cli.continuing import explained, same_command
    from operations.images.engine import find_engine
    from operations.images.services import service_builds

    loaded = one_stack(ctx)
    (project,) = loaded.projects
    builds = service_builds(project, loaded.root, services, tag=tag)
    since = since_commit(loaded, changed_since, tag)
    reporter, images = ctx.reporter(), []
    if since is not None and not push:
        builds = tuple(each for each in builds if _has_changed(ctx, each, since, loaded.file))
    with explained(ctx, lambda stop: f"Interrupted. To continue: {same_command(ctx, project.env)}"):
        if builds:
            found = find_engine(reporter, engine)
            make = _pushes(project, found, reporter, since) if push else partial(_made_locally, found, reporter)
        for each in builds:
            images.append(make(each))
            if not as_json:
                ctx.console.data(f"{each.service}\t{images[-1]['image']}")
    if as_json:
        ctx.console.data(json.dumps(images, indent=2, ensure_ascii=False))
    return 0


def _has_changed(ctx: Context, build: ServiceBuild, since: Since, settings: Path | None) -> bool:
    """Whether a service has to be built; says so if not."""
    from operations.images.source import check_source
    from operations.images.unchanged import change_of

    check_source(build)
    changed = change_of(build, since, settings) is not None
    if not changed:
        ctx.console.say(f"{build.service}: unchanged since {since.reference}; nothing is built")
    return changed


def _made_locally(engine: Engine, reporter: Reporter, build: ServiceBuild) -> dict[str, object]:
    """Build an image, and describe it for `--json`."""
    from operations.images.build import build_locally

    made = build_locally(build, engine, reporter)
    return {"service": build.service, "image": str(made.reference), "tag": made.reference.tag, "id": made.image_id}


def _pushes(
    project: Project, engine: Engine, reporter: Reporter, since: Since | None
) -> Callable[[ServiceBuild], dict[str, object]]:
    """What builds and pushes an image, and describes it for `--json`."""
    from operations.images.build import build_service
    from operations.images.services import registry_of

    registry = registry_of(project, on_slow=reporter.say)

    def pushed(build: ServiceBuild) -> dict[str, object]:
        made = build_service(build, engine, registry, reporter, since=since)
        return {
            "service": build.service,
            "image": str(made.reference),
            "tag": made.tag,
            "digest": made.digest,
            "built": made.built,
            "pushed": made.pushed,
        }

    return pushed
