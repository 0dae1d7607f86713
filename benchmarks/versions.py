"""The versions of what was measured."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers import PEERS, node_of, version_of


def versions(peers: Path) -> dict[str, str]:
    """The versions by name; a tool that is not installed is missing."""
    found = {
        "ecsforge": version("ecsforge"),
        **{peer.name: version_of(peer, peers) for peer in PEERS},
        "Python": platform.python_version(),
        "Node.js": _node(),
        "Terraform": _terraform(),
    }
    return {name: each for name, each in found.items() if each is not None}


def _node() -> str | None:
    node = node_of(Path(sys.executable))
    if not node.is_file():
        return None
    return subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip().lstrip("v")


def _terraform() -> str | None:
    binary = shutil.which("terraform")
    if binary is None:
        return None
    done = subprocess.run([binary, "version", "-json"], capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout)["terraform_version"])
