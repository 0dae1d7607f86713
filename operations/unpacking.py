"""Unpacks the bindings in the background, so that the first synth on a machine does not have to.

`python -m operations.unpacking` is the process that does it. jsii locks its cache: a synth that starts before the
process has ended waits for it, and one that starts after it was killed unpacks again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from stacks.jsii_cache import bindings_are_unpacked

ROOT = Path(__file__).parents[1]
LONGEST_SECONDS = 300
"""A process that takes longer ends itself."""
NICENESS = 10
"""The priority of the process: what the user runs comes first."""


def unpack_in_background() -> bool:
    """Start to unpack the bindings unless they are unpacked, and return at once.

    The process prints nothing, and goes on when the command ends. Whatever fails there fails again in the first synth,
    which reports it.

    Returns:
        Whether a process was started.
    """
    if bindings_are_unpacked():
        return False
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    with suppress(OSError):
        subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return True
    return False


def unpack() -> None:
    """Unpack the bindings in this process, with a low priority and a limit of time."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    limit = threading.Timer(LONGEST_SECONDS, os._exit, args=[1])
    limit.daemon = True
    limit.start()
    import stacks.bindings  # noqa: F401


if __name__ == "__main__":
    unpack()
