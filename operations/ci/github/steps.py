"""The steps that jobs share, as lines of YAML without indentation. Expressions of GitHub are never part of a script."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping

from operations.ci.github import pins
from operations.ci.github.model import Workflow
from operations.ci.names import Kind
from stacks.project.models import Project

Lines = list[str]
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})


def scalar(text: str) -> str:
    """A text in YAML, quoted where it could be read as something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def indented(lines: Iterable[str], by: int) -> Lines:
    """Lines with this many spaces before them; empty ones stay empty."""
    return [f"{' ' * by}{line}" if line else "" for line in lines]


def run(name: str, script: str, *, id: str = "", when: str = "", env: Mapping[str, str] | None = None) -> Lines:
    """A step that runs a script of one or several lines."""
    lines = [f"- name: {name}", *([f"  id: {id}"] if id else []), *([f"  if: {when}"] if when else [])]
    if env:
        lines += ["  env:", *(f"    {key}: {value}" for key, value in env.items())]
    return [*lines, "  run: |", *indented(textwrap.dedent(script).strip().splitlines(), 4)]


def checkout(*, history: bool = False) -> Lines:
    """Check out the repository without leaving the token on the disk."""
    depth = ["    fetch-depth: 0 # the tags of images name commits"] if history else []
    return [f"- uses: {pins.CHECKOUT}", "  with:", *depth, "    persist-credentials: false"]


def tools(workflow: Workflow) -> Lines:
    """Python, Terraform and ecsforge."""
    return [
        f"- uses: {pins.SETUP_PYTHON}",
        "  with:",
        f'    python-version: "{pins.PYTHON}"',
        f"- uses: {pins.SETUP_TERRAFORM}",
        "  with:",
        f"    terraform_version: {pins.TERRAFORM}",
        "    terraform_wrapper: false",
        *run("Install ecsforge", workflow.github.install),
    ]


def credentials(workflow: Workflow, kind: Kind, project: Project) -> Lines:
    """Credentials for an hour, for the token that GitHub gives this job."""
    return [
        f"- uses: {pins.CREDENTIALS}",
        "  with:",
        f"    role-to-assume: {workflow.role(kind, project)}",
        f"    aws-region: {project.region}",
    ]


def yours(name: str) -> Lines:
    """The lines between which text of the user is kept."""
    return [f"# >>> yours: {name}", f"# <<< yours: {name}"]
