"""What the shell completes on Tab: the services and the outputs of a project, without a synth or a request to AWS."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cli.loading import OUT_FOLDER
from cli.options import selection_of

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def service_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The services of the selected environments; empty if the project file can't be read."""
    from stacks.errors import EcsforgeError
    from stacks.project import outline

    try:
        known = outline(selection_of(ctx)).services
    except (EcsforgeError, OSError):
        return []
    given = ctx.params.get(param.name or "") or ()
    return _items((name for name in known if name not in given), incomplete)


def output_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The outputs in the configurations that the last synth wrote; empty if there are none."""
    from stacks.errors import EcsforgeError
    from stacks.naming import stack_name
    from stacks.project import outline

    selection = selection_of(ctx)
    try:
        found = outline(selection)
    except (EcsforgeError, OSError):
        return []
    folder = (Path() if selection.file else found.root) / OUT_FOLDER / "stacks"
    stacks = [stack_name(found.project_id, env) for env in found.environments] if found.project_id else []
    return _items(sorted({name for stack in stacks for name in _outputs(folder / stack)}), incomplete)


def _outputs(folder: Path) -> Iterable[str]:
    from stacks import configuration

    try:
        return list(configuration.read(folder).get("output", {}))
    except (OSError, ValueError):
        return []


def _items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
