"""Where Terraform gets its providers from when there is no registry: a local plugin mirror.

With a registry at hand nothing here is needed. Without one, a folder in the layout of `terraform providers mirror`
serves, named by `ECSFORGE_PROVIDER_MIRROR`. A mirror that holds the AWS provider but not `hashicorp/local` is completed
with a stand-in (`operations/rehearsal/local_provider.py`).
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stacks.errors import RehearsalError

VARIABLE = "ECSFORGE_PROVIDER_MIRROR"
REGISTRY = "registry.terraform.io"
OPENTOFU_REGISTRY = "registry.opentofu.org"
AWS = "hashicorp/aws"
LOCAL = "hashicorp/local"
LOCAL_VERSION = "2.5.3"

HINT = (
    f"Without a way to the registry: set {VARIABLE} to a folder made by `terraform providers mirror` that holds the "
    "provider hashicorp/aws."
)


@dataclass(frozen=True)
class Plugins:
    """A prepared mirror. `config_file` is for TF_CLI_CONFIG_FILE; `stand_in` says that it holds the stand-in."""

    config_file: Path
    stand_in: bool


def named_mirror(environment: Mapping[str, str]) -> Path | None:
    """The mirror to use in place of the registry: the one that is named, or that of a development checkout."""
    named = environment.get(VARIABLE)
    if not named:
        return development_mirror()
    mirror = Path(named).expanduser()
    if not _packages(mirror, AWS):
        raise RehearsalError(
            f"{VARIABLE}: there is no provider {AWS} in this folder; got {named}; name the folder that holds "
            f"{REGISTRY}/"
        )
    return mirror


def development_mirror() -> Path | None:
    """A development checkout may have a mirror beside it, printed by `../shared/bin/provider-mirror`."""
    script = Path(__file__).parents[2] / "shared" / "bin" / "provider-mirror"
    if not script.is_file():
        return None
    answer = subprocess.run([str(script)], capture_output=True, text=True, check=False).stdout.strip()
    return Path(answer) if answer and _packages(Path(answer), AWS) else None


def fallback_mirror(environment: Mapping[str, str]) -> Path | None:
    """A mirror that Terraform itself would look into and that holds the AWS provider, if not all that is needed."""
    return next((folder for folder in _configured(environment) if _packages(folder, AWS)), None)


def _configured(environment: Mapping[str, str]) -> Iterator[Path]:
    """The mirrors of the Terraform CLI configuration, then the implied ones, then the plugin cache."""
    home = Path(environment.get("HOME") or Path.home())
    for file in (Path(environment.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc"), home / ".terraformrc"):
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        for block in re.findall(r"filesystem_mirror\s*\{([^}]*)\}", text):
            yield from map(Path, re.findall(r'path\s*=\s*"([^"]+)"', block))
    data = environment.get("XDG_DATA_HOME") or str(home / ".local" / "share")
    shared = (environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    yield home / ".terraform.d" / "plugins"
    yield from (Path(folder) / "terraform" / "plugins" for folder in (data, *shared))
    if environment.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(environment["TF_PLUGIN_CACHE_DIR"])


def prepare(mirror: Path, folder: Path) -> Plugins:
    """Makes a mirror in `folder` of links to what `mirror` holds, with the stand-in where `hashicorp/local` is missing.

    Raises:
        RehearsalError: The stand-in is due, and the extra `ecsforge[rehearse]` is not installed.
    """
    own = folder / "providers"
    for package in _packages(mirror, "*/*"):
        for registry in (REGISTRY, OPENTOFU_REGISTRY):
            # Terraform follows links to packages alone, not to the folders above them.
            link = own / registry / package.relative_to(mirror / REGISTRY)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(package)
    stand_in = not _packages(mirror, LOCAL)
    if stand_in:
        _install_stand_in(own)
    config = folder / "terraform.tfrc"
    config.write_text(f"provider_installation {{\n  filesystem_mirror {{ path = {json.dumps(str(own))} }}\n}}\n")
    return Plugins(config, stand_in)


def _packages(mirror: Path, provider: str) -> list[Path]:
    """The packages of a provider (`namespace/type`) in a mirror, unpacked or as zip files, for this machine."""
    unpacked = mirror.glob(f"{REGISTRY}/{provider}/*/{_platform()}")
    packed = mirror.glob(f"{REGISTRY}/{provider}/*_{_platform()}.zip")
    return sorted(path.absolute() for path in (*unpacked, *packed))


def _platform() -> str:
    machine = platform.machine().lower()
    architecture = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(machine, machine)
    return f"{platform.system().lower()}_{architecture}"


def _install_stand_in(own: Path) -> None:
    if importlib.util.find_spec("tf") is None:
        raise RehearsalError(
            f"{LOCAL}: the mirror does not hold this provider; got {AWS} alone; install the stand-in with "
            "`pip install 'ecsforge[rehearse]'`, or add the provider to the mirror"
        )
    for registry in (REGISTRY, OPENTOFU_REGISTRY):
        folder = own / registry / LOCAL / LOCAL_VERSION / _platform()
        folder.mkdir(parents=True)
        script = folder / f"terraform-provider-local_v{LOCAL_VERSION}"
        command = shlex.join([sys.executable, "-P", "-m", "operations.rehearsal.local_provider", str(own)])
        path = shlex.quote(os.pathsep.join([str(Path(__file__).parents[2])]))
        script.write_text(f"#!/bin/sh\nPYTHONPATH={path} exec {command}\n")
        script.chmod(0o755)
