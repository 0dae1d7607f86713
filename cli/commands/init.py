"""`ecsforge init`: a first project file, written from answers, flags and what the folder says."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import click

from cli.options import Command, Context, selection_options_without
from operations.files import write_whole
from operations.text import shown_path

# State holds secrets; the rest is written anew by every run.
IGNORED = ("*.tfstate*", "*.tfplan", "cdktf.out/", ".terraform/", ".ecsforge/")


@click.command(cls=Command)
@selection_options_without("env", "sets")
@click.option(
    "-e",
    "--env",
    "environments",
    multiple=True,
    metavar="ENV",
    help="An environment; repeatable. dev and prod by default.",
)
@click.option("--region", metavar="REGION", help="The AWS region; AWS_REGION or us-east-1 by default.")
@click.option(
    "--service",
    "services",
    multiple=True,
    metavar="NAME",
    help="A web service; repeatable. What the compose file has, or web, by default.",
)
@click.option("--worker", "workers", multiple=True, metavar="NAME", help="A service without a port; repeatable.")
@click.option("--image", metavar="IMAGE", help="The image of the service, with tag or digest.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="The port the service listens on; what the Dockerfile exposes by default.",
)
@click.option("--force", is_flag=True, help="Overwrite a project file that exists.")
def init(ctx: Context, /, force: bool, **wishes: Any) -> None:
    """Write a commented ecsforge.yaml.

    Asks on a terminal for what no option says, and takes its proposals from the Dockerfile and the compose file of
    the folder. Elsewhere it needs --project-id and asks nothing. Beside the file it writes the schema that editors
    complete it with, and adds what Terraform leaves behind to .gitignore.

    \b
    Examples:
      ecsforge init
      ecsforge init --project-id node-app --image ghcr.io/acme/web:1.2 --port 3000
      ecsforge init --project-id shop --service web --worker mailer --env dev --env prod
    """
    from cli.init.interview import Wishes, interview
    from cli.init.render import render
    from stacks.project import FILE_NAME

    file = ctx.selection.file or Path(FILE_NAME)
    if file.exists() and not force:
        raise click.UsageError(f"{file} already exists; pass --force to overwrite it", ctx=click.get_current_context())
    if ctx.selection.env and not wishes["environments"]:
        wishes["environments"] = (ctx.selection.env,)
    draft = interview(ctx.console, Wishes(project_id=ctx.selection.project_id, **wishes), file.parent)
    written = _write(file, render(draft))
    ctx.console.say(f"Wrote {', '.join(map(shown_path, written))}")
    where = ["-f", str(file)] if ctx.selection.file else []
    env = draft.environments[0]
    for purpose, command in (("check it", ["validate"]), ("write its Terraform", ["synth", "--env", env])):
        ctx.console.say(f"Next, {purpose}: {shlex.join(['ecsforge', *command, *where])}")


def _write(file: Path, text: str) -> list[Path]:
    """Write the project file and what belongs beside it, and say which files changed."""
    from cli.init.render import SCHEMA_FILE
    from stacks.project.schema import json_schema

    schema = file.parent / SCHEMA_FILE
    write_whole(file, text)
    write_whole(schema, json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
    ignored = file.parent / ".gitignore"
    return [file, schema, *([ignored] if _ignore(ignored) else [])]


def _ignore(file: Path) -> bool:
    """Add what must not be committed to a .gitignore, once; say whether anything was missing."""
    present = file.read_text(encoding="utf-8") if file.exists() else ""
    patterns = {line.strip().strip("/") for line in present.splitlines()}
    missing = [pattern for pattern in IGNORED if pattern.strip("/") not in patterns]
    if not missing:
        return False
    gap = "" if not present or present.endswith("\n") else "\n"
    write_whole(file, present + gap + "\n".join(missing) + "\n")
    return True
