"""What changes of running services print: revisions, and what a deploy will do to the change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli.views.layout import text_width
from operations.text import counted, plain, since

if TYPE_CHECKING:
    from cli.console import Console
    from operations.services.revisions import TaskRevision
    from operations.services.rollback import Revisions, RolledBack
    from operations.services.scale import Scaled

HEADERS = ("Revision", "Images", "Registered", "Deployed")
NONE = "-"
WIDE = 80
"""The width from which on images are shown with their registry, in columns."""


def print_revisions(found: Revisions, console: Console) -> None:
    """Print the revisions of a service: a table on a terminal, tab-separated lines on a pipe."""
    if console.is_terminal():
        short = text_width(console, "stdout") < WIDE
        console.table([_shown(found, each, short=short) for each in found.listed], HEADERS)
        return
    for each in found.listed:
        console.data("\t".join(_fields(found, each)))


def _fields(found: Revisions, revision: TaskRevision) -> tuple[str, ...]:
    """The columns on a pipe. Their order is stable (docs/operate.md)."""
    at = revision.registered_at
    return (
        revision.name,
        "running" if revision.number == found.current_number else NONE,
        plain(" ".join(revision.images.values())),
        NONE if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        revision.ending or NONE,
    )


def _shown(found: Revisions, revision: TaskRevision, *, short: bool) -> tuple[str, ...]:
    """The row on a terminal."""
    running = ", running" if revision.number == found.current_number else ""
    images = (each.rpartition("/")[2] if short else each for each in revision.images.values())
    deployed = datetime.fromtimestamp(revision.deployed_at, UTC) if revision.deployed_at else None
    ending = f"{revision.ending}, {since(deployed)}" if revision.ending and deployed else revision.ending or NONE
    registered = since(revision.registered_at) if revision.registered_at else NONE
    return (f"{revision.number}{running}", plain(" ".join(images)), registered, ending)


def rolled_back(result: RolledBack, deploy: str) -> Iterator[str]:
    """What a service runs after a rollback, and what the next deploy will do.

    `deploy` is the command that deploys the environment.
    """
    after, newest = result.after.name, result.newest.name
    if not result.changed:
        yield f"{result.service} already runs {after}: nothing was changed"
    elif result.config.type == "job":
        yield f"{result.service} runs {after} from its next run on; a run that has started is not changed"
    else:
        yield f"{result.service} runs {after} {result.after.image(result.service)}".rstrip()
    if result.is_external:
        yield "Deploys don't change it, because `image_owner` is `external`"
    elif result.image_changed_in_file:
        yield f"The project file asks for {result.config.image}: the next `{deploy}` deploys that"
    elif after != newest:
        yield f"The project file asks for {newest}: the next `{deploy}` brings it back"
        yield _how_to_keep(result)


def _how_to_keep(result: RolledBack) -> str:
    old, new = result.after.image(result.service), result.newest.image(result.service)
    how = f"set `services.{result.service}.image` to {old}" if old and old != new else "undo the change"
    return f"To keep {result.after.name}, {how} in the project file"


def scaled(result: Scaled, deploy: str) -> Iterator[str]:
    """The count of a service after a change, and what will undo it."""
    tasks = counted(result.count, "task")
    if not result.changed:
        yield f"The desired count of {result.service} is already {result.count}: nothing was changed"
    else:
        yield f"{result.service} has a desired count of {tasks}"
    target = result.target
    if target is not None and target.is_suspended:
        yield "Its scaling is suspended, so the count stays until scaling is resumed"
    elif target is not None:
        yield (
            f"Application Auto Scaling keeps it between {target.minimum} and {target.maximum} tasks, and changes the "
            f"count with the load"
        )
        if not target.minimum <= result.count <= target.maximum:
            yield (
                f"{result.count} is outside of these bounds: the next scaling activity ends that. To change the "
                f"bounds, set `services.{result.service}.count` in the project file"
            )
    elif result.count_of_deploy is not None:
        yield f"The next `{deploy}` sets it to {result.count_of_deploy}, the count of the project file"
        yield f"To keep {result.count}, set `services.{result.service}.count` to {result.count} in the project file"
