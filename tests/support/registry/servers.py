"""Debian's docker-registry and dockerd, started for the tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

START_SECONDS = 30.0
# `AWS` and the password in the emulator's tokens, "123456789012-auth-token", hashed by bcrypt.
_HTPASSWD = "AWS:$2y$05$abcdefghijklmnopqrstuu/4ofrUS75HrKu6f.iuRo0I/XlrmpqlC\n"
_LISTENING = re.compile(r"listening on (127\.0\.0\.1:\d+)")
DOCKERD = "ECSFORGE_DOCKERD"
"""Names the folder that `.ci/engines` has unpacked Debian's docker.io to."""


@contextmanager
def docker_registry(folder: Path) -> Iterator[str]:
    """Run docker-registry on a free port; yields its host and port."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed: run .ci/engines")
    passwords, settings, log = folder / "htpasswd", folder / "registry.yml", folder / "registry.log"
    passwords.write_text(_HTPASSWD)
    settings.write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {folder / 'blobs'}}}}}\n"
        "http: {addr: '127.0.0.1:0', secret: tests}\n"
        f"auth: {{htpasswd: {{realm: ecr, path: {passwords}}}}}\n"
    )
    with log.open("wb") as output:
        process = subprocess.Popen([program, "serve", settings], stdout=output, stderr=output)
    try:
        yield _until(lambda: _LISTENING.search(log.read_text()), process, log)[1]
    finally:
        process.terminate()
        process.wait()


@contextmanager
def dockerd(folder: Path, env_vars: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run dockerd without a network of its own; yields the environment variables for the docker client.

    `folder` has a short path, because sockets are in it.
    """
    path = docker_path()
    socket, log = folder / "docker.sock", folder / "dockerd.log"
    command = ["dockerd", "--storage-driver", "vfs", "--host", f"unix://{socket}", "--pidfile", str(folder / "pid")]
    command += ["--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"), "--bridge=none"]
    command += ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]
    own = {**env_vars, "PATH": path, "DOCKER_HOST": f"unix://{socket}"}
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=own, stdout=output, stderr=output)
    try:
        _until(lambda: "API listen on" in log.read_text(errors="replace") or None, process, log)
        yield own
    finally:
        process.terminate()
        process.wait()


def docker_path() -> str:
    """A PATH with dockerd and the docker client; skips the test where they can't run."""
    folders = [os.environ["PATH"]]
    if os.environ.get(DOCKERD):
        folders += [str(Path(os.environ[DOCKERD], "usr", name)) for name in ("sbin", "bin")]
    path = os.pathsep.join(folders)
    missing = [name for name in ("dockerd", "containerd", "docker") if shutil.which(name, path=path) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not found: run .ci/engines and set {DOCKERD} to what it prints")
    if os.getuid() != 0:
        pytest.skip("dockerd needs root")
    return path


def _until(ready: object, process: subprocess.Popen[bytes], log: Path) -> re.Match[str]:
    """Wait until `ready()` returns something, and return it."""
    assert callable(ready)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := ready():
            return found
        time.sleep(0.05)
    pytest.fail(f"{process.args!r} did not start:\n{log.read_text(errors='replace')}")
