"""Whether jsii has already unpacked the bindings' JavaScript on this machine, which takes about ten seconds."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

FIRST_RUN = "Unpacking the AWS bindings; this takes about ten seconds, once per machine ..."
_COMPLETE = ".jsii-runtime-package-cache"
"""The file that jsii writes last when it unpacks a package."""
_INDEX = ".jsii.runtime.v*.json"
"""The file that jsii writes last when it writes an index of the types of a package."""
_INDEX_WORKER = "_embedded/jsii/lib__runtime-index-worker.js"
"""The part of jsii that writes it."""


def _cache_root() -> Path:
    """The folder that jsii unpacks assemblies to; the same logic as its `defaultCacheRoot`."""
    if configured := os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT"):
        return Path(configured)
    try:
        home = Path.home()
    except RuntimeError:  # no home directory
        user = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
        return Path(tempfile.gettempdir()) / f"aws-jsii-package-cache{user}"
    if sys.platform == "darwin":
        return home / "Library/Caches/com.amazonaws.jsii/package-cache"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData/Local") / "AWS/jsii/package-cache"
    return home / ".cache/aws/jsii/package-cache"


def bindings_are_unpacked() -> bool:
    """False when the next synth has to unpack the AWS bindings into jsii's cache first, or has to write their index."""
    folders = list(_unpacked_bindings())
    return any(_has_index(folder) or not os.access(folder, os.W_OK) for folder in folders)


def wait_for_index(seconds: float = 15) -> None:
    """Wait until the kernel has written the index of the AWS bindings, at most so many seconds.

    A thread of the kernel writes it after the first load, and ends with the kernel. Without it, each later load takes
    half a second more, and a gigabyte of memory.
    """
    deadline = time.monotonic() + seconds
    while not bindings_are_unpacked() and _unpacked_bindings() and time.monotonic() < deadline:
        time.sleep(0.05)


def _unpacked_bindings() -> list[Path]:
    """The folders of the installed version of the AWS bindings in jsii's cache, complete ones only."""
    try:
        installed = version("cdktf-cdktf-provider-aws")
    except PackageNotFoundError:
        return []
    return [file.parent for file in (_cache_root() / "@cdktf/provider-aws" / installed).glob(f"*/{_COMPLETE}")]


def _has_index(folder: Path) -> bool:
    """Whether jsii has an index of the types of a package, or is a version that writes none."""
    if any(folder.glob(_INDEX)):
        return True
    spec = find_spec("jsii")
    return spec is None or spec.origin is None or not (Path(spec.origin).parent / _INDEX_WORKER).is_file()
