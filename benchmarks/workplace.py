"""Where cases run: folders, and what several rounds share."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.measure import Command

Shared = TypeVar("Shared")


class Unavailable(Exception):
    """A tool can't be measured on this machine. Its message is the reason."""


class Workplace(ExitStack):
    """A temporary folder, deleted on exit.

    Args:
        peers: The folder with the virtual environments of the peers.
    """

    def __init__(self, peers: Path) -> None:
        super().__init__()
        self.peers = peers
        self.folder = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="ecsforge-bench-")))
        self._numbers = itertools.count(1)
        self._shared: dict[str, Any] = {}

    def new_folder(self) -> Path:
        """An empty folder."""
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        return folder

    @contextmanager
    def round_folder(self) -> Iterator[Path]:
        """An empty folder that is deleted on exit: a first run unpacks several hundred MB."""
        folder = self.new_folder()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def once(self, name: str, make: Callable[[], Shared]) -> Shared:
        """What `make` returned the first time; later calls with this name return the same or raise the same error."""
        if name not in self._shared:
            try:
                self._shared[name] = make()
            except Unavailable as error:
                self._shared[name] = error
        found = self._shared[name]
        if isinstance(found, Unavailable):
            raise found
        shared: Shared = found
        return shared


Prepare = Callable[[Workplace], AbstractContextManager[Sequence[Command]]]
"""Prepares a round, which is not measured, and yields the commands to measure."""


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Attributes:
        group: The group, such as `synth`.
        name: What is done, such as `10 services`.
        tool: What does it. Cases of one group and name are compared.
        prepare: Prepares a round.
        limit: Seconds that a command may take. A case that takes longer is left out. Default: no limit.
    """

    group: str
    name: str
    tool: str
    prepare: Prepare
    limit: float | None = None


def commands(make: Callable[[Workplace], Sequence[Command]]) -> Prepare:
    """A `Prepare` that has nothing to clean up."""

    @contextmanager
    def prepare(workplace: Workplace) -> Iterator[Sequence[Command]]:
        yield make(workplace)

    return prepare
