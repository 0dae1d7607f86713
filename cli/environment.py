"""The selected environment, for commands that operate on deployed services."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cli.loading import one_stack
from cli.options import Context, repeated_options

if TYPE_CHECKING:
    from operations.health.environment import Environment


def selected_environment(ctx: Context, services: Sequence[str] = ()) -> Environment:
    """The one selected environment in its AWS account, with these services or all of them; prints its location.

    Raises click.UsageError if more than one environment is selected, ProjectError, and the errors of
    `operations.health.environment.open_environment`.
    """
    from operations.health.environment import open_environment

    loaded = one_stack(ctx, warn=False)
    (project,) = loaded.projects
    options = shlex.join([*repeated_options(ctx.selection), "--env", project.env])
    environment = open_environment(project, services, options=options, root=loaded.root, on_slow=ctx.console.say)
    ctx.console.say(f"{environment.names.stack} in {environment.location}")
    return environment
