"""The provider mirror that `terraform init` of a rehearsal uses when it can't reach a registry.

`ECSFORGE_PROVIDER_MIRROR` names a folder in the layout of `terraform providers mirror`; without it, the mirrors of
Terraform's own configuration are used. If a mirror has the AWS provider but not `hashicorp/local`, the bundled one is
added (`operations/rehearsal/local_provider.py`).
"""

from __future__ import annotations

import importlib.util
import json
import platform
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from operations.terraform import lock_file
from operations.text import INSTALL_ALL
from stacks.errors import Position, Problem, RehearsalError

VARIABLE = "ECSFORGE_PROVIDER_MIRROR"
REGISTRY = "registry.terraform.io"
OPENTOFU_REGISTRY = "registry.opentofu.org"
AWS = "hashicorp/aws"
LOCAL = "hashicorp/local"
LOCAL_VERSION = "2.5.3"

NO_MIRROR = Problem(
    Position(VARIABLE),
    "no provider mirror is configured",
    fix=f"if this machine can't reach {REGISTRY}, set it to a folder created by `terraform providers mirror` that "
    f"contains {AWS}",
)
"""Added to the error of a `terraform init` that failed without a mirror."""


@dataclass(frozen=True)
class PreparedMirror:
    """A mirror that Terraform can use. `config_file` is for TF_CLI_CONFIG_FILE.

    `bundled_local` is whether its `hashicorp/local` is the one bundled with ecsforge.
    """

    config_file: Path
    bundled_local: bool


def named_mirror(env_vars: Mapping[str, str]) -> Path | None:
    """The mirror that `ECSFORGE_PROVIDER_MIRROR` names; None when it is not set.

    Raises:
        RehearsalError: The folder does not contain the AWS provider.
    """
    named = env_vars.get(VARIABLE)
    if not named:
        return None
    mirror = Path(named).expanduser()
    if not _packages(mirror, AWS):
        raise RehearsalError.of(
            VARIABLE,
            f"this folder does not contain the provider {AWS}",
            got=named,
            fix=f"set it to the folder that contains {REGISTRY}/",
        )
    return mirror


def fallback_mirror(env_vars: Mapping[str, str]) -> Path | None:
    """The first mirror in Terraform's own configuration that contains the AWS provider."""
    return next((folder for folder in _configured(env_vars) if _packages(folder, AWS)), None)


def _configured(env_vars: Mapping[str, str]) -> Iterator[Path]:
    """The mirrors of the Terraform CLI configuration, then the implied ones, then the plugin cache."""
    home = Path(env_vars.get("HOME") or Path.home())
    for file in (Path(env_vars.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc"), home / ".terraformrc"):
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        for block in re.findall(r"filesystem_mirror\s*\{([^}]*)\}", text):
            yield from map(Path, re.findall(r'path\s*=\s*"([^"]+)"', block))
    data = env_vars.get("XDG_DATA_HOME") or str(home / ".local" / "share")
    shared = (env_vars.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    yield home / ".terraform.d" / "plugins"
    yield from (Path(folder) / "terraform" / "plugins" for folder in (data, *shared))
    if env_vars.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(env_vars["TF_PLUGIN_CACHE_DIR"])


def prepare_mirror(mirror: Path, folder: Path) -> PreparedMirror:
    """Create a mirror in `folder` that links to the packages of `mirror`, and add `hashicorp/local` if it is missing.

    Raises:
        RehearsalError: `hashicorp/local` is missing and the extra `ecsforge[rehearse]` is not installed.
    """
    own = folder / "providers"
    for package in _packages(mirror, "*/*"):
        for registry in (REGISTRY, OPENTOFU_REGISTRY):
            # Terraform follows links to packages, but not to the folders above them.
            link = own / registry / package.relative_to(mirror / REGISTRY)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(package)
    bundled = not _packages(mirror, LOCAL)
    if bundled:
        _install_bundled_local(own)
    config = folder / "terraform.tfrc"
    config.write_text(f"provider_installation {{\n  filesystem_mirror {{ path = {json.dumps(str(own))} }}\n}}\n")
    return PreparedMirror(config, bundled)


def place_lock_file(project: Path, folder: Path, mirror: Path | None, warn: Callable[[str], None]) -> None:
    """Give a rehearsed stack the providers of the project's lock file.

    A mirror's packages may have other checksums than the registry's, so only the versions count. A version that the
    mirror does not contain is warned about, except that of `hashicorp/local`, which the bundled one replaces.
    """
    if mirror is None:
        lock_file.place(project, folder)
        return

    def available(source: str, version: str) -> bool:
        return any(_is_version(path, version) for path in _packages(mirror, source))

    for source, version in lock_file.place_versions(project, folder, available).items():
        if source != LOCAL or _packages(mirror, LOCAL):
            warn(
                f"the mirror does not contain {source} {version}, which {lock_file.LOCK_FILE} names: using another one"
            )


def _is_version(package: Path, version: str) -> bool:
    """Whether a package is of this version: its folder has its name, or its zip file contains it."""
    return package.parent.name == version or f"_{version}_" in package.name


def _packages(mirror: Path, provider: str) -> list[Path]:
    """The packages of a provider (`namespace/type`) in a mirror, unpacked or as zip files, for this machine."""
    unpacked = mirror.glob(f"{REGISTRY}/{provider}/*/{provider_platform()}")
    packed = mirror.glob(f"{REGISTRY}/{provider}/*_{provider_platform()}.zip")
    return sorted(path.absolute() for path in (*unpacked, *packed))


def provider_platform() -> str:
    """The platform of this machine, as Terraform names it: `linux_amd64`."""
    machine = platform.machine().lower()
    architecture = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(machine, machine)
    return f"{platform.system().lower()}_{architecture}"


def _install_bundled_local(own: Path) -> None:
    if importlib.util.find_spec("tf") is None:
        raise RehearsalError.of(
            LOCAL,
            "the mirror does not contain this provider",
            got=f"only {AWS}",
            fix=f"add it to the mirror, or install the bundled one: {INSTALL_ALL} in the clone of ecsforge",
        )
    for registry in (REGISTRY, OPENTOFU_REGISTRY):
        folder = own / registry / LOCAL / LOCAL_VERSION / provider_platform()
        folder.mkdir(parents=True)
        script = folder / f"terraform-provider-local_v{LOCAL_VERSION}"
        command = shlex.join([sys.executable, "-P", "-m", "operations.rehearsal.local_provider", str(own)])
        path = shlex.quote(str(Path(__file__).parents[2]))
        script.write_text(f"#!/bin/sh\nPYTHONPATH={path} exec {command}\n")
        script.chmod(0o755)
