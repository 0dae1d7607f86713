"""The text of the workflow, and its file."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from operations.ci.github.jobs import jobs_of
from operations.ci.github.kept import HEADER, merged
from operations.ci.github.model import Workflow
from operations.ci.github.steps import indented, scalar, yours
from operations.files import write_whole
from operations.text import shown_path
from stacks.errors import SynthError

FILE = PurePosixPath(".github/workflows/ecsforge.yml")
_HEAD = """\
{header}{project}.
# Run it again after a change of the project file. Only what is between `# >>> yours` and `# <<< yours` is kept.
name: ecsforge

on:
  pull_request:
    branches: [{branch}]
  push:
    branches: [{branch}]

permissions: {{}} # each job has its own

concurrency: # a new commit of a pull request replaces the run of the last one
  group: ecsforge-{project}-${{{{ github.event.pull_request.number || github.sha }}}}
  cancel-in-progress: ${{{{ github.event_name == 'pull_request' }}}}

defaults:
  run:
    shell: bash

jobs:
"""


def render(workflow: Workflow) -> str:
    """The workflow as YAML."""
    head = _HEAD.format(header=HEADER, project=workflow.project_id, branch=scalar(workflow.github.branch))
    jobs = "\n\n".join("\n".join(lines) for lines in jobs_of(workflow))
    own = "\n".join(indented(yours("jobs"), 2))
    return f"{head}{jobs}\n\n{own}\n"


def write(workflow: Workflow, root: Path) -> tuple[Path, bool]:
    """Write the workflow below `root`, the top of the repository; return the file and whether it changed.

    Raises:
        SynthError: An existing file is not such a workflow.
        OSError: The file can't be written.
    """
    file = root / FILE
    shown = shown_path(file)
    try:
        existing = file.read_text("utf-8") if file.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        got = getattr(error, "strerror", None) or str(error)
        raise SynthError.of(shown, "can't be read", got=got, fix="move it away") from error
    text = merged(render(workflow), existing, shown)
    if text == existing:
        return file, False
    write_whole(file, text)
    return file, True


def repository_of(folder: Path) -> Path:
    """The top of the git repository that a folder is in; the folder itself outside of one."""
    resolved = folder.resolve()
    return next((each for each in (resolved, *resolved.parents) if (each / ".git").exists()), resolved)
