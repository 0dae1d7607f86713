"""Turns the image of an option into the image that is deployed: by its digest, and for the service's architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations.images.registry import Registry
from stacks.errors import ImageError, UsageError
from stacks.image_reference import ImageReference, InvalidImageError

if TYPE_CHECKING:
    import boto3


def read_reference(text: str, where: str) -> ImageReference:
    """The reference that the option `where` names. Raises UsageError."""
    try:
        return ImageReference.parse(text)
    except InvalidImageError as error:
        raise UsageError.of(where, f"the image {error.what}", got=error.got, fix=error.fix) from error


def resolve(
    session: boto3.Session, service: str, reference: ImageReference, *, platform: str | None = None
) -> ImageReference:
    """The same image by its digest, if it is in a private ECR registry; any other reference is returned unchanged.

    Args:
        session: The AWS session; the registry may be in another account or region.
        service: The service that will run it, for problems.
        reference: The image. Without tag and digest its tag is `latest`.
        platform: The platform of the service's tasks, such as `linux/arm64`; an image without it is a problem.

    Raises:
        ImageError: The image does not exist, or not for `platform`.
        AwsError: ECR refused a request.
    """
    ecr = reference.ecr
    if ecr is None:
        return reference
    registry = Registry(session, region=ecr.region, account_id=ecr.account_id)
    digest = reference.digest
    if digest is None:
        digest = registry.require(ecr.name, reference.tag or "latest").digest
    elif registry.find(ecr.name, digest=digest) is None:
        fix = "copy the digest from the registry, or use a tag"
        raise ImageError.of(service, "the image does not exist", got=str(reference), fix=fix)
    if platform is not None:
        registry.check_platform(service, ecr.name, digest, platform)
    return reference.with_digest(digest)
