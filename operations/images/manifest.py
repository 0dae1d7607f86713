"""Image manifests: what a digest in a registry consists of.

Source: image-manifest.md, image-index.md and config.md of the OCI image specification, and the manifests of Docker's
registry, version 2 schema 2, which have the same members.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INDEX_TYPES = frozenset(
    {"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"}
)
MANIFEST_TYPES = frozenset(
    {"application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"}
)
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Manifest:
    """A manifest as it is stored: any other text has another digest.

    Attributes:
        digest: Its digest.
        text: Its JSON.
        media_type: Its media type.
    """

    digest: str
    text: str
    media_type: str

    @property
    def content(self) -> dict[str, Any]:
        """The JSON, read."""
        content: dict[str, Any] = json.loads(self.text)
        return content

    @property
    def is_index(self) -> bool:
        """Whether it lists the images of several platforms."""
        return self.media_type in INDEX_TYPES or "manifests" in self.content

    @property
    def config(self) -> str | None:
        """The digest of the image's configuration, which engines call image ID; None for an index."""
        digest = self.content.get("config", {}).get("digest")
        return None if digest is None else str(digest)

    @property
    def images(self) -> Mapping[str, str]:
        """The platforms of an index, such as `linux/arm64`, with the digests of their manifests."""
        found = {}
        for entry in self.content.get("manifests", ()):
            platform = entry.get("platform", {})
            name = platform_name(platform.get("os", _UNKNOWN), platform.get("architecture", _UNKNOWN))
            if _UNKNOWN not in name:
                found[name] = str(entry["digest"])
        return found


def platform_name(system: str, architecture: str) -> str:
    """`linux/amd64`: without a variant, because Fargate has one for each architecture."""
    return f"{system}/{architecture}"


def config_platform(config: bytes) -> str:
    """The platform in an image's configuration."""
    content = json.loads(config)
    return platform_name(content.get("os") or "linux", content.get("architecture") or "amd64")
