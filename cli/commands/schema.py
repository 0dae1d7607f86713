"""`ecsforge schema`: print the JSON Schema of the project file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cli.options import Command, Context, selection_options
from operations.files import write_whole
from operations.text import shown_path


@click.command(cls=Command)
@selection_options
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to FILE instead of stdout, and create its folder.",
)
def schema(ctx: Context, out: Path | None) -> None:
    """Print the JSON Schema of the project file.

    Editors use it to complete and check ecsforge.yaml if the file starts with the line that `ecsforge init` writes:
    `# yaml-language-server: $schema=.ecsforge/schema.json`.

    \b
    Examples:
      ecsforge schema --out .ecsforge/schema.json
      ecsforge schema | jq .properties.network
    """
    from stacks.project.schema import json_schema
    from stacks.publish import require_no_link

    text = json.dumps(json_schema(), indent=2)
    if out is None:
        ctx.console.data(text)
        return
    require_no_link(out.parent, "folder", "or name the folder that it leads to")
    write_whole(out, text + "\n")
    ctx.console.say(f"Wrote {shown_path(out)}")
