"""Whether jsii has already unpacked the bindings' JavaScript on this machine, which takes about ten seconds."""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FIRST_RUN = "Unpacking the AWS bindings; this takes about ten seconds, once per machine ..."
_COMPLETE = ".jsii-runtime-package-cache"
"""The file that jsii writes last when it unpacks a package."""


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
    """False when the next synth has to unpack the AWS bindings into jsii's cache first."""
    try:
        installed = version("cdktf-cdktf-provider-aws")
    except PackageNotFoundError:
        return False
    return any((_cache_root() / "@cdktf/provider-aws" / installed).glob(f"*/{_COMPLETE}"))
