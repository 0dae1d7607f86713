"""Images in private ECR registries: whether they exist, and for which platforms.

Sources: ECR API reference (DescribeImages, BatchGetImage, GetDownloadUrlForLayer); OCI image specification, "Image
Index" and "Image Configuration".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from operations.clients import Requests
from stacks.errors import AwsError
from stacks.references import ecr_repository

_ACCEPTED = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_NO_REPOSITORY, _NO_IMAGE = "RepositoryNotFoundException", "ImageNotFoundException"
_SECONDS = 10
Fetch = Callable[[str], bytes]


@dataclass(frozen=True)
class EcrImage:
    """An image in a private registry: the registry's region and account, the repository, and a tag or digest."""

    region: str
    account: str
    repository: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, image: str) -> EcrImage | None:
        """The image of a reference; None for one that is not in a private registry."""
        found = ecr_repository(image)
        if found is None:
            return None
        name, _, digest = image.partition("@")
        tag = name.rpartition("/")[2].partition(":")[2]
        return cls(*found, tag or ("" if digest else "latest"), digest)

    @property
    def id(self) -> dict[str, str]:
        """How ECR's API identifies it. With a digest, the tag has no meaning."""
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag}


@dataclass(frozen=True)
class FoundImage:
    """What a registry has: whether the repository and the image exist, and the platforms, such as `linux/arm64`."""

    repository: bool = True
    image: bool = True
    platforms: tuple[str, ...] = ()


def find_image(requests: Requests, image: EcrImage, *, fetch: Fetch | None = None) -> FoundImage:
    """Look an image up in its registry.

    Args:
        requests: Sends the requests.
        image: The image.
        fetch: Downloads the configuration of an image from a URL that ECR has signed.

    Raises:
        AwsError: AWS refused a request.
    """
    own = {"registryId": image.account, "repositoryName": image.repository}
    try:
        requests.call("ecr", "describe_images", region=image.region, imageIds=[image.id], **own)
        answer = requests.call(
            "ecr", "batch_get_image", region=image.region, imageIds=[image.id], acceptedMediaTypes=_ACCEPTED, **own
        )
    except AwsError as error:
        if _NO_REPOSITORY in error.codes:
            return FoundImage(repository=False, image=False)
        if _NO_IMAGE in error.codes:
            return FoundImage(image=False)
        raise
    if not answer.get("images"):
        return FoundImage(image=False)
    return FoundImage(platforms=_platforms(requests, image, _object(answer["images"][0]["imageManifest"]), fetch))


def _platforms(requests: Requests, image: EcrImage, manifest: dict[str, Any], fetch: Fetch | None) -> tuple[str, ...]:
    """The platforms of a manifest; empty if it does not name any."""
    if "manifests" in manifest:
        listed = (each.get("platform") or {} for each in manifest["manifests"])
        found = {_platform(each) for each in listed if each.get("os") != "unknown"}  # attestations
    else:
        digest = (manifest.get("config") or {}).get("digest")
        found = {_platform(_configuration(requests, image, digest, fetch or _download))} if digest else set()
    return tuple(sorted(found - {""}))


def _configuration(requests: Requests, image: EcrImage, digest: str, fetch: Fetch) -> dict[str, Any]:
    answer = requests.call(
        "ecr",
        "get_download_url_for_layer",
        region=image.region,
        registryId=image.account,
        repositoryName=image.repository,
        layerDigest=digest,
    )
    return _object(fetch(answer["downloadUrl"]))


def _download(url: str) -> bytes:
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310  # from ECR
            content: bytes = answer.read()
    except OSError:
        return b""
    return content


def _platform(given: dict[str, Any]) -> str:
    return f"{given['os']}/{given['architecture']}" if given.get("os") and given.get("architecture") else ""


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
