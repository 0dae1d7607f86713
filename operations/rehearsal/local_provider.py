"""The provider `hashicorp/local` in Python, for machines that can't install the real one.

It implements Terraform's plugin protocol and has one resource, `local_file`, with the attributes and the behavior of
version 2.5.3, so plans and states are the same with both. `rehearse` adds it to its copy of a provider mirror that
lacks `hashicorp/local` (`providers.py`); nothing else uses it. It needs the PyPI package `tf`, which comes with
`ecsforge[rehearse]`.

The attributes: https://registry.terraform.io/providers/hashicorp/local/2.5.3/docs/resources/file
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tf import iface, runner
from tf.schema import Attribute, Schema
from tf.types import String

SOURCES = ("content", "sensitive_content", "content_base64", "source")
PERMISSIONS = ("file_permission", "directory_permission")
CHECKSUMS = ("md5", "sha1", "sha256", "base64sha256", "sha512", "base64sha512")


class LocalFile(iface.Resource):  # type: ignore[misc]  # the package has no types
    """`local_file`: a file with this content, written again when it is missing or changed."""

    def __init__(self, provider: LocalProvider) -> None:
        self.provider = provider

    @classmethod
    def get_name(cls) -> str:
        return "file"

    @classmethod
    def get_schema(cls) -> Schema:
        return Schema(
            version=0,
            attributes=[
                Attribute("filename", String(), required=True, requires_replace=True),
                *(
                    Attribute(name, String(), optional=True, requires_replace=True, sensitive=name[:3] == "sen")
                    for name in SOURCES
                ),
                *(
                    Attribute(name, String(), optional=True, computed=True, requires_replace=True, default="0777")
                    for name in PERMISSIONS
                ),
                Attribute("id", String(), computed=True),
                *(Attribute(f"content_{name}", String(), computed=True) for name in CHECKSUMS),
            ],
        )

    def validate(self, diags: Any, type_name: str, config: dict[str, Any]) -> None:
        super().validate(diags, type_name, config)
        if sum(config.get(name) is not None for name in SOURCES) != 1:
            diags.add_error("Invalid Attribute Combination", f"Exactly one of {', '.join(SOURCES)} must be specified.")

    def create(self, ctx: Any, planned: dict[str, Any]) -> dict[str, Any] | None:
        try:
            content = content_of(planned)
            write(Path(planned["filename"]), content, *(int(planned[name], 8) for name in PERMISSIONS))
        except (OSError, ValueError) as error:
            ctx.diagnostics.add_error("Create local file error", str(error))
            return None
        sums = checksums(content)
        return planned | {f"content_{name}": value for name, value in sums.items()} | {"id": sums["sha1"]}

    def read(self, ctx: Any, current: dict[str, Any]) -> dict[str, Any] | None:
        try:
            unchanged = hashlib.sha1(Path(current["filename"]).read_bytes()).hexdigest() == current["id"]
        except OSError:
            return None
        return current if unchanged else None

    def update(self, ctx: Any, current: dict[str, Any], planned: dict[str, Any]) -> dict[str, Any]:
        return planned

    def delete(self, ctx: Any, current: dict[str, Any]) -> None:
        Path(current["filename"]).unlink(missing_ok=True)


def content_of(planned: dict[str, Any]) -> bytes:
    """The bytes of the file, from the one of the four arguments that is set."""
    if planned["content_base64"] is not None:
        return base64.b64decode(planned["content_base64"], validate=True)
    if planned["source"] is not None:
        return Path(planned["source"]).read_bytes()
    text = planned["content"] if planned["content"] is not None else planned["sensitive_content"]
    return str(text).encode()


def write(path: Path, content: bytes, file_mode: int, directory_mode: int) -> None:
    """Write a file and its parent folders; the modes apply, before the umask, to new files and folders only."""
    for folder in reversed(path.parents):
        folder.mkdir(directory_mode, exist_ok=True)  # Terraform writes several files at the same time
    existed = path.exists()
    path.write_bytes(content)
    if not existed:
        path.chmod(file_mode & ~umask())


def umask() -> int:
    """The umask of this process."""
    current = os.umask(0)
    os.umask(current)
    return current


def checksums(content: bytes) -> dict[str, str]:
    """The checksums that `local_file` exports, by the last part of their attribute's name."""
    sha256, sha512 = hashlib.sha256(content), hashlib.sha512(content)
    return {
        "md5": hashlib.md5(content).hexdigest(),
        "sha1": hashlib.sha1(content).hexdigest(),
        "sha256": sha256.hexdigest(),
        "base64sha256": base64.b64encode(sha256.digest()).decode(),
        "sha512": sha512.hexdigest(),
        "base64sha512": base64.b64encode(sha512.digest()).decode(),
    }


class LocalProvider(iface.Provider):  # type: ignore[misc]  # the package has no types
    """The provider, which has no configuration."""

    def get_model_prefix(self) -> str:
        return "local_"

    def full_name(self) -> str:
        return "registry.terraform.io/hashicorp/local"

    def get_provider_schema(self, diags: Any) -> Schema:
        return Schema(version=0, attributes=[])

    def validate_config(self, diags: Any, config: dict[str, Any]) -> None:
        pass

    def configure_provider(self, diags: Any, config: dict[str, Any]) -> None:
        pass

    def get_data_sources(self) -> list[Any]:
        return []

    def get_resources(self) -> list[Any]:
        return [LocalFile]


def main(folder: Path) -> None:
    """Serve Terraform on a local socket; the certificate of the connection is stored in `folder`."""
    runner._get_cert_cache_path = lambda: folder / "certificate.json"  # not in the user's home
    threading.Thread(target=_exit_with, args=(os.getppid(),), daemon=True).start()
    runner.run_provider(LocalProvider(), [])


def _exit_with(parent: int) -> None:
    """Exit when the parent exits: a Terraform that is killed can't stop this process."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
