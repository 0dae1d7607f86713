"""Environments in which podman, buildah and docker use nothing of the machine's own configuration."""

from __future__ import annotations

import os
from pathlib import Path


def sandbox(folder: Path, proxy: str, certificate: Path) -> dict[str, str]:
    """The environment variables of an engine whose images, logins and settings are in `folder`."""
    storage, policy = folder / "storage.conf", folder / "home/.config/containers/policy.json"
    policy.parent.mkdir(parents=True)
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    (policy.parent / "registries.conf").write_text('short-name-mode = "enforcing"\n')
    storage.write_text(f'[storage]\ndriver = "vfs"\nrunroot = "{folder / "run"}"\ngraphroot = "{folder / "images"}"\n')
    (folder / "runtime").mkdir(mode=0o700)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "XDG_CONFIG_HOME": str(folder / "home/.config"),
        "XDG_RUNTIME_DIR": str(folder / "runtime"),
        "CONTAINERS_STORAGE_CONF": str(storage),
        "BUILDAH_ISOLATION": "chroot",
        "HTTPS_PROXY": proxy,
        "HTTP_PROXY": proxy,
        "NO_PROXY": "127.0.0.1,localhost",
        "SSL_CERT_FILE": str(certificate),
    }
