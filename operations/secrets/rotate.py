"""The change of the project file that rotates the password of a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks.errors import Position, UsageError
from stacks.project.suggest import did_you_mean

if TYPE_CHECKING:
    from stacks.project import Loaded

KEY = "password_version"


@dataclass(frozen=True)
class Rotation:
    """The line of the project file that rotates a password.

    Attributes:
        path: The key to change: `resources.db.password_version`.
        version: The number to write.
        where: Where the number is written now; where the resource is, if it is not written.
        is_written: Whether the number is in the file.
        services: The services whose tasks are replaced, because they use the database.
    """

    path: str
    version: int
    where: Position
    is_written: bool
    services: tuple[str, ...]

    @property
    def line(self) -> str:
        """The line as it has to be in the project file."""
        return f"{KEY}: {self.version}"


def rotation_of(loaded: Loaded, name: str) -> Rotation:
    """How to rotate the password of the database `name`, in the one environment that is loaded.

    Raises:
        UsageError: The environment does not have this database, or there is no project file.
    """
    from stacks.project.models import Mysql, Postgres
    from stacks.project.nodes import dotted, find, key_position, position
    from stacks.project.reader import read_file

    (project,) = loaded.projects
    databases = [each for each, resource in project.resources.items() if isinstance(resource, Postgres | Mysql)]
    if name not in databases:
        fix = did_you_mean(name, databases, "databases are") if databases else "add one to `resources` first"
        raise UsageError.of(f"resources.{name}", f"{project.env} does not have this database", fix=fix)
    if loaded.file is None:
        raise UsageError.of("--file", "there is no project file to change", fix="pass --file")
    database = project.resources[name]
    assert isinstance(database, Postgres | Mysql)
    tree, _ = read_file(loaded.file)
    # The environment's own section takes precedence.
    paths = [(*start, "resources", name, KEY) for start in (("environments", project.env), ())]
    written = next((path for path in paths if find(tree, path) is not None), None)
    services = tuple(each for each, service in project.services.items() if name in service.uses)
    if written is not None:
        return Rotation(dotted(written), database.password_version + 1, position(tree, written), True, services)
    # A resource can be only in the section of the environment.
    home = next(path for path in reversed(paths) if find(tree, path[:-1]) is not None)
    return Rotation(dotted(home), database.password_version + 1, key_position(tree, home[:-1]), False, services)
