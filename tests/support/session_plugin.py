"""A program in place of AWS's session-manager-plugin, which records what it was given.

Its behavior comes from variables: FAKE_VERSION is what `--version` prints, FAKE_EXIT its exit code, FAKE_PORT the port
that it listens on until it is stopped, as the real one does for a tunnel, and FAKE_PRINTS what it prints before.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.tasks.plugin import NAME, OLDEST

CODE = """\
#!{python} -S
import json, os, socket, sys
if sys.argv[1:] == ["--version"]:
    print(os.environ.get("FAKE_VERSION", "{version}"))
    sys.exit()
with open("{record}", "w") as file:
    json.dump({{"argv": sys.argv[1:], "env": dict(os.environ), "pid": os.getpid()}}, file)
if os.environ.get("FAKE_PRINTS"):
    print(os.environ["FAKE_PRINTS"], flush=True)
if os.environ.get("FAKE_PORT"):
    server = socket.create_server(("127.0.0.1", int(os.environ["FAKE_PORT"])))
    while True:
        server.accept()[0].close()
sys.exit(int(os.environ.get("FAKE_EXIT", "0")))
"""


@dataclass(frozen=True)
class FakePlugin:
    """The program: its folder is on the PATH, and `record` is the file that it writes."""

    folder: Path

    @classmethod
    def write(cls, folder: Path) -> FakePlugin:
        folder.mkdir(exist_ok=True)
        made = cls(folder)
        made.path.write_text(CODE.format(python=sys.executable, version=OLDEST, record=made._record))
        made.path.chmod(0o755)
        return made

    @property
    def path(self) -> Path:
        return self.folder / NAME

    @property
    def _record(self) -> Path:
        return self.folder / "record.json"

    @property
    def was_started(self) -> bool:
        return self._record.exists()

    @property
    def given(self) -> dict[str, Any]:
        """Its arguments, its environment and its process ID."""
        return dict(json.loads(self._record.read_text()))
