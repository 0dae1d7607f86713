"""The files in the folder `terraform`: which of them become part of a stack, and which can't."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from stacks.errors import Position, Problem

MAX_FILES = 5000
MAX_TEXT = 4 * 1024 * 1024
"""Bytes of a Terraform file: far more than people write."""
_GENERATED = (
    *("cdk.tf.json", "account.tf", "alarms.tf", "cluster.tf", "connect.tf", "ecsforge.tf", "encryption.tf"),
    *("load_balancer.tf", "network.tf", "network_load_balancer.tf", "outputs.tf", "providers.tf", "service_*.tf"),
    *("resource_*.tf", "waf.tf"),
)
"""The files that a synth writes to a stack's folder, in either format, with these fields or others."""
_GENERATED_FOLDERS = ("templates", "task-definitions")
_PLUGINS = "terraform.d"
"""Terraform installs what is in `terraform.d/plugins` as providers (internal/command/cliconfig/provider_source.go)."""
_TESTS = ("*.tftest.hcl", "*.tftest.json", "*.tofutest.hcl", "*.tofutest.json", "*.tfmock.hcl", "*.tfquery.hcl")
"""Tests and queries. `terraform init` installs the modules and providers that tests name."""
_STATE = ("*.tfstate", "*.tfstate.*", "*.tfstate.d", "*.tfplan")


@dataclass(frozen=True)
class Files:
    """The files of the folder, by their paths relative to it, and what is wrong with some.

    Hidden files are not part of it: `.terraform`, `.terraform.lock.hcl`, `.git`. Tests and queries are not either,
    because no deploy needs them.
    """

    folder: Path
    paths: tuple[str, ...]
    problems: tuple[Problem, ...]

    def position(self, path: str, line: int = 0, column: int = 0) -> Position:
        """A place in one of the files."""
        return Position(str(self.folder / path), line, column)

    def of_module(self, module: str) -> tuple[str, ...]:
        """The Terraform files directly in a folder of it; "" is the folder itself."""
        prefix = f"{module}/" if module else ""
        inside = (path for path in self.paths if path.startswith(prefix) and "/" not in path[len(prefix) :])
        return tuple(path for path in inside if is_configuration(path) and not _is_ignored(Path(path).name))


def is_configuration(path: str) -> bool:
    """Whether Terraform reads the file as configuration."""
    return path.endswith((".tf", ".tf.json"))


def files_of(folder: Path) -> Files:
    """The files of the folder, sorted by path."""
    paths: list[str] = []
    problems: list[Problem] = []
    try:
        for path, found in _walk(folder):
            problem = _problem(folder, path, found)
            if problem is not None:
                problems.append(problem)
            elif not stat.S_ISDIR(found.st_mode):
                paths.append(path)
            if len(paths) > MAX_FILES:
                fix = "keep only what Terraform needs in it"
                problems.append(
                    Problem(Position(str(folder)), f"the folder has more than {MAX_FILES} files", None, fix)
                )
                break
    except OSError as error:
        where = Position(str(error.filename or folder))
        problems.append(Problem(where, "the folder can't be read", error.strerror, "check its permissions"))
    return Files(folder, tuple(sorted(paths)), tuple(problems))


def _walk(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every file and folder in it, without hidden ones and tests."""
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        for entry in sorted(os.scandir(folder / prefix), key=lambda each: each.name):
            if not entry.name.startswith(".") and not _is_test(entry.name):
                found = entry.stat(follow_symlinks=False)
                yield f"{prefix}{entry.name}", found
                if stat.S_ISDIR(found.st_mode):
                    waiting.append(f"{prefix}{entry.name}/")


def _is_test(name: str) -> bool:
    return any(fnmatch(name.casefold(), pattern) for pattern in _TESTS)


def _problem(folder: Path, path: str, found: os.stat_result) -> Problem | None:
    """What is wrong with a file or folder; None when nothing is."""
    if not path.isprintable():
        shown = ascii(path)[1:-1]
        what = "the name of a file can't have control characters, or bytes that are not UTF-8"
        return Problem(Position(str(folder)), what, shown, "rename it")
    where, name = Position(str(folder / path)), Path(path).name.casefold()
    if stat.S_ISLNK(found.st_mode):
        target = str((folder / path).readlink())
        return Problem(where, "symbolic links are not copied into a stack", target, "copy the file, or remove the link")
    if any(fnmatch(name, pattern) for pattern in _STATE):
        fix = "move it out of this folder; the state of the stack is where the field state says"
        return Problem(where, "a state or plan file can't be in this folder", None, fix)
    if not stat.S_ISDIR(found.st_mode) and not stat.S_ISREG(found.st_mode):
        return Problem(where, "this is not a file or a folder", None, "remove it")
    if stat.S_ISDIR(found.st_mode):
        return _folder_problem(where, path)
    return _file_problem(where, path, name)


def _folder_problem(where: Position, path: str) -> Problem | None:
    if path.casefold() in _GENERATED_FOLDERS:
        what = "ecsforge writes a folder of this name to each stack"
        return Problem(where, what, path, "rename it")
    if path.casefold() == _PLUGINS:
        what = "Terraform installs the providers in this folder without a check"
        return Problem(where, what, path, "remove it; providers come from a registry, or from a mirror of the machine")
    return None


def _file_problem(where: Position, path: str, name: str) -> Problem | None:
    if name.endswith((".tofu", ".tofu.json")):
        what = "Terraform does not read this file, and OpenTofu reads it in place of another one"
        end = ".tf.json" if name.endswith(".json") else ".tf"
        return Problem(where, what, name, f"rename it to end in {end}")
    stem = name.removesuffix(".json").removesuffix(".tf")
    if is_configuration(name) and (stem == "override" or stem.endswith("_override")):
        what = "an override file can't be in this folder, because it changes what ecsforge generates"
        return Problem(where, what, None, "move its blocks to a file with another name")
    if "/" not in path and any(fnmatch(name, pattern) for pattern in _GENERATED):
        return Problem(where, "ecsforge writes a file of this name to each stack", path, "rename it")
    return None


def _is_ignored(name: str) -> bool:
    """Whether Terraform takes a file for one of an editor: internal/configs/parser_config_dir.go in its source."""
    return name.endswith("~") or (name.startswith("#") and name.endswith("#"))
