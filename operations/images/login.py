"""A login to a registry that ends with the command: it is in a private folder, never in the user's configuration.

`docker login` would store the token in the user's `config.json` or credential store, where it stays, and it fails with
the credential helper of ECR, which can't store ("not implemented"). So the engine gets a copy of the user's
configuration, with this login added: base images from the user's other registries can still be pulled.

Sources: `cli/config/configfile` of docker/cli for the order of credHelpers, credsStore and auths;
containers-auth.json(5) for podman and buildah.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Login:
    """A user's password for a registry. The password is never shown.

    Attributes:
        registry: The registry's host name.
        user: The user; `AWS` for ECR.
        password: The password; for ECR a token that is valid for 12 hours.
    """

    registry: str
    user: str
    password: str = field(repr=False)


@contextmanager
def private_configuration(engine: str, registry: str, env_vars: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Environment variables with which `engine` stores a login to `registry` in a private folder.

    The folder is deleted at the end of the block.
    """
    with tempfile.TemporaryDirectory(prefix="ecsforge-login-", ignore_cleanup_errors=True) as name:  # mode 0700
        folder = Path(name)
        if engine == "docker":
            yield {**env_vars, "DOCKER_CONFIG": str(_docker_folder(folder, registry, env_vars))}
        else:
            yield {**env_vars, "REGISTRY_AUTH_FILE": str(_auth_file(folder, registry, env_vars))}


def _docker_folder(folder: Path, registry: str, env_vars: Mapping[str, str]) -> Path:
    """A copy of Docker's configuration folder; its contexts and plugins are links to the user's."""
    own = Path(env_vars.get("DOCKER_CONFIG") or _home(env_vars) / ".docker")
    if own.is_dir():
        for entry in own.iterdir():
            if entry.name != "config.json":
                _link(folder / entry.name, entry)
    configuration = _read(own / "config.json")
    # An empty helper is the file itself, also where another store is the default.
    configuration["credHelpers"] = {**configuration.get("credHelpers", {}), registry: ""}
    _write(folder / "config.json", configuration)
    return folder


def _auth_file(folder: Path, registry: str, env_vars: Mapping[str, str]) -> Path:
    configuration: dict[str, Any] = next(filter(None, map(_read, _auth_files(env_vars))), {})
    helpers = configuration.get("credHelpers", {})
    configuration["credHelpers"] = {host: helper for host, helper in helpers.items() if host != registry}
    _write(folder / "auth.json", configuration)
    return folder / "auth.json"


def _auth_files(env_vars: Mapping[str, str]) -> Iterator[Path]:
    """Where podman and buildah read logins from: the first file that exists."""
    if env_vars.get("REGISTRY_AUTH_FILE"):
        yield Path(env_vars["REGISTRY_AUTH_FILE"])
        return
    home = _home(env_vars)
    if sys.platform == "linux":
        runtime = env_vars.get("XDG_RUNTIME_DIR")
        yield Path(runtime) / "containers/auth.json" if runtime else Path(f"/run/containers/{os.getuid()}/auth.json")
    configuration = env_vars.get("XDG_CONFIG_HOME")
    yield (Path(configuration) if configuration else home / ".config") / "containers/auth.json"
    yield Path(env_vars.get("DOCKER_CONFIG") or home / ".docker") / "config.json"


def _home(env_vars: Mapping[str, str]) -> Path:
    return Path(env_vars.get("HOME") or Path.home())


def _link(link: Path, target: Path) -> None:
    """A symbolic link; without the right to create one, as on Windows, the entry is left out."""
    try:
        link.symlink_to(target.absolute(), target_is_directory=target.is_dir())
    except OSError:
        return


def _read(file: Path) -> dict[str, Any]:
    """A JSON file of the user's; empty if it is missing or damaged, which the engine then reports itself."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(file: Path, content: Mapping[str, Any]) -> None:
    file.touch(mode=0o600)
    file.write_text(json.dumps(content), encoding="utf-8")
