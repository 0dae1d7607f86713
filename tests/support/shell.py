"""A shell on a terminal, in which a person types the commands of a page and answers their questions."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.terminal import final_screen

ROOT = Path(__file__).parents[2]
LIMIT = 300.0
"""The seconds that a command may take by default."""
_STYLE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")
_CHUNK = 1 << 16

Answers = Sequence[tuple[str, str]]
"""What a command asks, and what the person answers, in order; without a question, where typing is hidden.

The answer `INTERRUPT` is Ctrl-C.
"""
INTERRUPT = "\x03"


@dataclass(frozen=True)
class Done:
    """A command that has ended.

    Attributes:
        command: What was typed.
        exit_code: Its exit code.
        seconds: How long it took.
        raw: What it wrote to the terminal.
    """

    command: str
    exit_code: int
    seconds: float
    raw: str = field(repr=False)

    @property
    def screen(self) -> list[str]:
        """The lines that remain on the screen, without colors."""
        return final_screen(_STYLE.sub("", self.raw))

    @property
    def text(self) -> str:
        """The same as text."""
        return "\n".join(self.screen)

    @property
    def transcript(self) -> str:
        """The command, what remains on the screen, and the time it took."""
        failed = f", exit code {self.exit_code}" if self.exit_code else ""
        return "\n".join([f"$ {self.command}", *self.screen, f"[{self.seconds:.1f} s{failed}]", ""])


@dataclass
class Shell:
    """Runs commands in a folder, on a terminal of `columns`.

    Attributes:
        folder: The current folder.
        env_vars: The environment variables; `install` adds programs to their PATH.
        columns: The width of the terminal.
        limit: The seconds that a command may take.
        done: The commands that have ended.
    """

    folder: Path
    env_vars: Mapping[str, str] = field(repr=False)
    columns: int = 100
    limit: float = LIMIT
    done: list[Done] = field(default_factory=list)

    def install(self, programs: Path) -> None:
        """Put `ecsforge` and `aws` on the PATH, as programs in the folder `programs`."""
        for name, module in (("ecsforge", "cli"), ("aws", "tests.support.aws_cli")):
            program = programs / name
            program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m {module} "$@"\n')
            program.chmod(0o755)
        self.env_vars = {**self.env_vars, "PATH": f"{programs}{os.pathsep}{self.env_vars['PATH']}"}

    def type(self, command: str, answers: Answers = (), *, exit_code: int | None = 0) -> Done:
        """Run a command line of bash, and answer its questions; asserts its exit code unless that is None."""
        ended = self._run(command, list(answers))
        self.done.append(ended)
        assert exit_code in (None, ended.exit_code), ended.transcript
        return ended

    def _run(self, command: str, answers: list[tuple[str, str]]) -> Done:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, self.columns, 0, 0))
        began = time.monotonic()
        process = subprocess.Popen(
            ["setsid", "--ctty", "bash", "-o", "pipefail", "-c", command],
            cwd=self.folder,
            env={"TERM": "xterm", **self.env_vars},
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        try:
            raw = _conversation(master, answers, began + self.limit)
        finally:
            if process.poll() is None and time.monotonic() > began + self.limit:
                os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
            os.close(master)  # which hangs up the programs that still run
        return Done(command, code, time.monotonic() - began, raw)


def _conversation(terminal: int, answers: list[tuple[str, str]], deadline: float) -> str:
    """Read until the other side is closed. An answer is typed once its question is at the end of what was written."""
    raw, asked = b"", 0
    while time.monotonic() < deadline:
        if answers and not answers[0][0] and not termios.tcgetattr(terminal)[3] & termios.ECHO:
            _type(terminal, answers.pop(0)[1])
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            chunk = os.read(terminal, _CHUNK)
        except OSError:  # Linux raises EIO when the other side is closed
            chunk = b""
        if not chunk:
            break
        raw += chunk
        if answers and answers[0][0] and answers[0][0].encode() in raw[asked:]:
            _type(terminal, answers.pop(0)[1])
            asked = len(raw)
    return raw.decode(errors="replace")


def _type(terminal: int, answer: str) -> None:
    os.write(terminal, (answer if answer == INTERRUPT else f"{answer}\n").encode())
