"""`ecsforge release`: run another image, without Terraform."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import click

from cli.loading import one_stack
from cli.operating import no_before_option, no_wait_option, timeout_option
from cli.options import Command, Context, selection_options


@click.command(cls=Command)
@selection_options
@click.argument("services", metavar="SERVICE...", nargs=-1, required=True)
@click.option("--image", metavar="IMAGE", help="Release this image.")
@click.option("--tag", metavar="TAG", help="Release the image with this tag in the repository of each service.")
@no_before_option
@no_wait_option
@timeout_option
@click.option("--yes-i-mean", metavar="STACK", help="Confirm with the name of the stack, in a protected environment.")
def release(
    ctx: Context,
    services: tuple[str, ...],
    image: str | None,
    tag: str | None,
    no_before: bool,
    no_wait: bool,
    timeout: float,
    yes_i_mean: str | None,
) -> int:
    """Run another image in services with `image_owner: external`, without Terraform, and wait for a steady state.

    Registers a revision of the newest task definition with this image, and updates the service, or the schedule of a
    job. An image in ECR is released by its digest. If ECS rolls a service back, or its tasks keep stopping, the release
    has failed: it exits with 1 and prints the reason. Prints the service and its image on stdout.

    \b
    Examples:
      ecsforge release web --env prod --tag 4f1c2e0a9b3d
      ecsforge release web worker --env prod --image registry.example.com/shop/web:1.4
    """
    from cli.continuing import explained, typed_options
    from operations.deploy.consent import Consent, agreed_to
    from operations.deploy.release import Progress, Settings, releases_of
    from operations.deploy.release import release as release_images
    from operations.deploy.release_images import WantedImage, images_by_digest, require_external
    from operations.health.environment import open_environment

    wanted, names = WantedImage.parse(image, tag), tuple(dict.fromkeys(services))
    progress, reporter = Progress(), ctx.reporter()
    loaded = one_stack(ctx)
    (project,) = loaded.projects
    require_external(project, names, wanted)

    def again(left: Sequence[str]) -> tuple[str, ...]:
        return ("release", *left, *typed_options(without=("services",)))

    def last_words(stop: BaseException) -> str:
        command = shlex.join(["ecsforge", *again(progress.remaining or names), *ctx.repeated(project.env)])
        return f"Interrupted: {progress if progress.services else 'nothing was changed'}. To continue: {command}"

    with explained(ctx, last_words):
        options = shlex.join(ctx.repeated(project.env))
        environment = open_environment(project, names, options=options, root=loaded.root, on_slow=ctx.console.say)
        ctx.console.say(f"{environment.names.stack} in {environment.location}")
        images = images_by_digest(environment, names, wanted)
        releases = releases_of(environment, images)
        if not agreed_to("continue", environment, reporter, Consent(stack=yes_i_mean)):
            ctx.console.say("Nothing was changed")
            return 1
        settings = Settings(None if no_wait else timeout, not no_before, again)
        release_images(environment, releases, reporter, settings, progress)
    for name, reference in images.items():
        ctx.console.data(f"{name}\t{reference}")
    ctx.console.say(f"Next: {shlex.join(['ecsforge', 'status', *ctx.repeated(project.env)])} to see the health")
    return 0
