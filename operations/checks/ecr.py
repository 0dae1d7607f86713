"""Images in private ECR registries: whether they exist, and for which platforms."""

from __future__ import annotations

from dataclasses import dataclass

from operations.clients import Requests
from operations.images.blobs import Fetch, fetch_blob
from operations.images.registry import Registry
from stacks.errors import AwsError, ImageError
from stacks.image_reference import EcrRepository, ImageReference

_NO_REPOSITORY = "RepositoryNotFoundException"


@dataclass(frozen=True)
class FoundImage:
    """What a registry has: whether the repository and the image exist, and the platforms, such as `linux/arm64`.

    Attributes:
        repository: Whether the repository exists.
        image: Whether the image exists.
        platforms: Its platforms; empty if they could not be read.
        unread: Why they could not be read.
    """

    repository: bool = True
    image: bool = True
    platforms: tuple[str, ...] = ()
    unread: AwsError | None = None


def find_image(
    requests: Requests, reference: ImageReference, ecr: EcrRepository, *, fetch: Fetch = fetch_blob
) -> FoundImage:
    """Look an image up in its registry.

    Args:
        requests: Sends the requests.
        reference: The image. Without tag and digest its tag is `latest`.
        ecr: Its repository.
        fetch: Downloads the configuration of an image from the registry.

    Raises:
        AwsError: AWS refused a request for the image.
    """
    client = requests.client("ecr", region=ecr.region)
    session = requests.clients.session
    registry = Registry(session, region=ecr.region, account_id=ecr.account_id, client=client, fetch=fetch)
    tag = None if reference.digest else reference.tag or "latest"
    try:
        found = registry.find(ecr.name, tag=tag, digest=reference.digest)
    except ImageError as error:
        if _NO_REPOSITORY in error.codes:
            return FoundImage(repository=False, image=False)
        raise
    if found is None:
        return FoundImage(image=False)
    try:
        return FoundImage(platforms=registry.platforms(ecr.name, found.digest))
    except AwsError as error:
        return FoundImage(unread=error)
    except ImageError as error:  # the registry answered the download with an error
        return FoundImage(unread=AwsError(*error.problems))
