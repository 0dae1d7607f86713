"""The selection from the command line, and the result of loading it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stacks.errors import Position, Problem, ProjectError

if TYPE_CHECKING:
    from stacks.project.models import Project

FILE_NAME = "ecsforge.yaml"


@dataclass(frozen=True)
class Selection:
    """Which project and environment to work on.

    `file` is the project file; None selects `ecsforge.yaml` in this or a parent folder, or the defaults without one.
    `project_id` overrides the file's. `env` is one environment; None selects all environments of the file. `sets` are
    raw `--set` options, such as `services.web.count=3`. `from_variables` are the fields that came from an environment
    variable, for messages.
    """

    file: Path | None = None
    project_id: str | None = None
    env: str | None = None
    sets: tuple[str, ...] = ()
    from_variables: frozenset[str] = field(default=frozenset(), repr=False)

    def source_of(self, field: str) -> str:
        """The source of a field's value: `--env` or `ECSFORGE_ENV`."""
        if field in self.from_variables:
            return f"ECSFORGE_{field.upper()}"
        return f"--{field.replace('_', '-')}"


@dataclass(frozen=True)
class Shared:
    """The stack that all environments share, `<project>-shared`: the repositories of the images.

    Attributes:
        project: The top level of the file with `shared` in place of an environment, the registry's region, account and
            role, and the services that have a repository in any environment.
        accounts: The accounts of environments that are not the registry's, 12 digits each.
    """

    project: Project
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loaded:
    """A project that can be synthesized.

    `root` is the folder that paths in the project file are relative to: the folder of the file, or the current folder
    without a file. `projects` has one project per selected environment, in the order of the file. `shared` is the stack
    that they share; None unless a service of a selected environment has `build` or `repository`.
    """

    root: Path
    file: Path | None
    projects: tuple[Project, ...]
    warnings: tuple[Problem, ...]
    shared: Shared | None = None

    @property
    def only_shared(self) -> Loaded:
        """Only the stack that all environments share."""
        return replace(self, projects=())

    @property
    def without_shared(self) -> Loaded:
        """Only the stacks of the environments."""
        return replace(self, shared=None)


def discovered(start: Path) -> Path | None:
    """The `ecsforge.yaml` in `start` or the nearest folder above it, relative to `start`; None without one."""
    try:
        resolved = start.resolve()
        for up, folder in enumerate((resolved, *resolved.parents)):
            # A dangling link counts too: silently using the file of a parent folder would be surprising.
            if os.path.lexists(folder / FILE_NAME):
                return Path(*[".."] * up, FILE_NAME)
    except OSError:
        # A folder can't be read, or the current one was deleted.
        return None
    return None


def require_trusted(file: Path) -> None:
    """Raise ProjectError if another user, except root, can change a file that was found in a parent folder.

    Users who can write to a parent folder, such as /tmp, could otherwise decide what is deployed. Git does the same:
    https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory.
    """
    if not hasattr(os, "getuid"):  # Windows
        return
    try:
        files, folder = (file.lstat(), file.stat()), file.parent.stat()
    except OSError:  # reading it reports the error
        return
    owners = (("this project file in a parent folder", files), ("the parent folder of this project file", (folder,)))
    for what, found in owners:
        if others := {each.st_uid for each in found} - {os.getuid(), 0, _sudo_user()}:
            raise _untrusted(file, f"{what} belongs to another user", f"user {_user(min(others))}")
    # In a folder with the sticky bit, such as /tmp, only its owner can replace a file.
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        what = "every user can change the parent folder of this project file"
        raise _untrusted(file, what, stat.filemode(folder.st_mode))
    if files[1].st_mode & stat.S_IWOTH:
        what = "every user can change this project file in a parent folder"
        raise _untrusted(file, what, stat.filemode(files[1].st_mode))


def _untrusted(file: Path, what: str, got: str) -> ProjectError:
    return ProjectError(Problem(Position(str(file)), what, got, f"if you trust it, name it: -f {file}"))


def _sudo_user() -> int:
    """The user who runs this command as root with `sudo`, whose files root trusts, as git does; otherwise root."""
    user = os.environ.get("SUDO_UID", "")
    return int(user) if os.getuid() == 0 and user.isascii() and user.isdigit() else 0


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
