"""Whether the bindings' JavaScript has been unpacked on this machine, which takes a while the first time."""

from __future__ import annotations

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FIRST_RUN = "Unpacking the AWS bindings, once on this machine: about ten seconds ..."


def _cache_root() -> Path:
    """Where jsii unpacks assemblies: its `DiskCache` has the same list of places."""
    if configured := os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT"):
        return Path(configured)
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/com.amazonaws.jsii/package-cache"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "AWS/jsii/package-cache"
    return Path.home() / ".cache/aws/jsii/package-cache"


def bindings_are_unpacked() -> bool:
    """False when the next synth will first unpack the AWS bindings into jsii's cache."""
    try:
        installed = version("cdktf-cdktf-provider-aws")
    except PackageNotFoundError:
        return False
    folder = _cache_root() / "@cdktf/provider-aws" / installed
    return any(folder.glob("*/package.json"))
