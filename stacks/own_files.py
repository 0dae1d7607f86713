"""The user's own Terraform in a synth: read, compared with the stack, and part of what the synth returns."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from stacks.configuration import STACK_FILE
from stacks.errors import Problem, ProjectError, SynthError
from stacks.infra import OwnTerraform, read_own_terraform
from stacks.infra.collisions import collisions
from stacks.infra.refused import refused
from stacks.output import SynthesizedStack, hcl_files
from stacks.project.models import Project
from stacks.sources import Sources


def own_terraform(project: Project, name: str, root: Path, out: Path) -> OwnTerraform:
    """The user's own Terraform of an environment, in the folder `name`.

    It is read and checked again: files can change after the project file was loaded.

    Raises:
        ProjectError: It has something that can't be in it.
        SynthError: The output folder is in it, or it can't be read.
    """
    try:
        own = read_own_terraform(root, name)
        folder, output = own.files.folder.resolve(), out.resolve()
    except OSError as error:
        where = str(error.filename or root / name)
        raise SynthError.of(where, "can't read your own Terraform", got=error.strerror) from error
    if output.is_relative_to(folder) or folder.is_relative_to(output):
        what = "the output folder and the folder of your own Terraform are inside each other"
        raise SynthError.of(str(out), what, got=own.name, fix="choose another one with --out")
    problems = (*own.problems, *refused(own))
    if problems:
        raise ProjectError(*_in_order(problems))
    return replace(own, expressions=tuple((each.text, each.position) for each in project.expressions))


def with_own_terraform(stack: SynthesizedStack, own: OwnTerraform) -> SynthesizedStack:
    """The stack with what its own Terraform adds to it.

    Raises:
        ProjectError: Names of it are in the stack too.
    """
    files = {*hcl_files(stack.configuration), STACK_FILE}
    problems = tuple(collisions(own, stack.configuration, files))
    if problems:
        raise ProjectError(*_in_order(problems))
    types = Counter(address.partition(".")[0] for address in own.addresses if not address.startswith("data."))
    shown = {path: own.files.position(path).source for path in own.files.paths}
    return replace(
        stack,
        resources=dict(sorted((Counter(stack.resources) + types).items())),
        owners={**stack.owners, **dict.fromkeys(own.addresses)},
        sources=Sources(shown, own.expressions, frozenset(own.addresses)),
    )


def _in_order(problems: tuple[Problem, ...]) -> list[Problem]:
    return sorted(dict.fromkeys(problems), key=lambda each: each.where)
