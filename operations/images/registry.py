"""A private ECR registry, read and tagged through the AWS API.

The engine only pushes. Digests, tags and what exists are always read here, because engines report local digests.

Actions that it needs: ecr:GetAuthorizationToken, DescribeRepositories, DescribeImages, BatchGetImage,
GetDownloadUrlForLayer; to tag and untag PutImage and BatchDeleteImage.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.images.blobs import Fetch, fetch_blob
from operations.images.login import Login
from operations.images.manifest import INDEX_TYPES, MANIFEST_TYPES, Manifest, config_platform
from stacks.errors import AwsError, ImageError
from stacks.image_reference import ImageReference
from stacks.naming import DEPLOYED_TAG

if TYPE_CHECKING:
    import boto3

KEPT_DEPLOYED = 3
"""How many images that an environment ran before keep their tag, for `rollback`."""
_DEPLOYED = re.compile(rf"{DEPLOYED_TAG}(?P<env>.+)-(?P<digits>[0-9a-f]{{12}})")
_DIGITS = 12
_SHOWN_TAGS = 5
_MOST_IDS = 100
"""The images in one request (ECR API reference, BatchDeleteImage)."""
_NO_IMAGE, _NO_REPOSITORY = "ImageNotFoundException", "RepositoryNotFoundException"
_TAGGED_ALREADY = frozenset({"ImageAlreadyExistsException", "ImageTagAlreadyExistsException"})


@dataclass(frozen=True)
class StoredImage:
    """An image in a repository.

    Attributes:
        name: The registry and the repository.
        digest: Its digest.
        tags: Its tags, sorted.
        used_at: When it was last pulled or pushed, as far as ECR recorded it.
    """

    name: str
    digest: str
    tags: tuple[str, ...]
    used_at: datetime | None = None

    @property
    def reference(self) -> ImageReference:
        """The image by its digest."""
        return ImageReference.parse(self.name).with_digest(self.digest)


@dataclass(frozen=True)
class DeployedTag:
    """The tag of an image that an environment runs or ran: `deployed-<env>-<12 hex digits of the digest>`."""

    env: str
    image: StoredImage
    tag: str


class Registry:
    """The ECR registry of an account in a region.

    Args:
        session: The AWS session; see `operations.aws.session`.
        region: The registry's region. Default: the session's.
        account_id: The registry's account, 12 digits. Default: the session's. In another account the repositories'
            policies have to allow the actions.
        client: The client for ECR in that region. Default: one of the session.
        fetch: Downloads an image's configuration. Default: from the registry.
    """

    def __init__(
        self,
        session: boto3.Session,
        *,
        region: str | None = None,
        account_id: str | None = None,
        client: Any | None = None,
        fetch: Fetch = fetch_blob,
    ) -> None:
        self._client = client or aws.client(session, "ecr", region=region)
        self._owner = {} if account_id is None else {"registryId": account_id}
        self._fetch = fetch
        self._ca_bundle = session._session.get_config_variable("ca_bundle")
        self._uris: dict[str, str] = {}

    def uri(self, repository: str) -> str:
        """The registry and the repository, to push to. Raises ImageError when the repository does not exist."""
        if repository not in self._uris:
            with _errors(repository):
                answer = self._client.describe_repositories(repositoryNames=[repository], **self._owner)
                self._uris[repository] = answer["repositories"][0]["repositoryUri"]
        return self._uris[repository]

    def login(self, repository: str) -> Login:
        """A login to the registry of a repository, valid for 12 hours."""
        host = ImageReference.parse(self.uri(repository)).registry
        return Login(host, *self._credentials)

    def find(self, repository: str, *, tag: str | None = None, digest: str | None = None) -> StoredImage | None:
        """The image with this tag or digest; None if there is none. Raises ImageError without the repository."""
        wanted = {"imageTag": tag} if digest is None else {"imageDigest": digest}
        try:
            with _errors(repository):
                answer = self._client.describe_images(repositoryName=repository, imageIds=[wanted], **self._owner)
                return self._stored(repository, answer["imageDetails"][0])
        except AwsError as error:
            if _NO_IMAGE in error.codes:
                return None
            raise

    def images(self, repository: str) -> Iterator[StoredImage]:
        """Every image of a repository. Raises ImageError without the repository."""
        with _errors(repository):
            pages = self._client.get_paginator("describe_images").paginate(repositoryName=repository, **self._owner)
            for page in pages:
                for detail in page["imageDetails"]:
                    yield self._stored(repository, detail)

    def require(self, repository: str, tag: str) -> StoredImage:
        """The image with this tag. Raises ImageError, naming the latest tags, if there is none."""
        found = self.find(repository, tag=tag)
        if found is not None:
            return found
        latest = sorted(self.images(repository), key=_latest, reverse=True)
        tags = [name for image in latest for name in image.tags if not name.startswith(DEPLOYED_TAG)][:_SHOWN_TAGS]
        fix = f"choose one of the latest tags ({', '.join(tags)}), or push it first" if tags else "push an image first"
        raise ImageError.of(f"repository {repository}", "the tag does not exist", got=tag, fix=fix)

    def manifest(self, repository: str, digest: str) -> Manifest:
        """The manifest with this digest. Raises ImageError if there is none."""
        accepted = sorted(INDEX_TYPES | MANIFEST_TYPES)
        with _errors(repository):
            answer = self._client.batch_get_image(
                repositoryName=repository,
                imageIds=[{"imageDigest": digest}],
                acceptedMediaTypes=accepted,
                **self._owner,
            )
            if not answer["images"]:
                fix = "build and push it again"
                raise ImageError.of(f"repository {repository}", "the image does not exist", got=digest, fix=fix)
            image = answer["images"][0]
            return Manifest(digest, image["imageManifest"], image.get("imageManifestMediaType", ""))

    def platforms(self, repository: str, digest: str) -> tuple[str, ...]:
        """The platforms that an image is for, such as `linux/arm64`, sorted."""
        manifest = self.manifest(repository, digest)
        if manifest.is_index:
            return tuple(sorted(manifest.images))
        if manifest.config is None:
            return ()
        login = self.login(repository)
        return (config_platform(self._fetch(login, repository, manifest.config, ca_bundle=self._ca_bundle)),)

    def check_platform(self, service: str, repository: str, digest: str, platform: str) -> None:
        """Raise ImageError unless an image of `service` is for `platform`."""
        found = self.platforms(repository, digest)
        if platform not in found:
            raise ImageError.of(
                service,
                f"the image is not for {platform}",
                got=f"{', '.join(found) or 'no platform'} in {self.uri(repository)}@{digest}",
                fix=f"build it for {platform}, or set the service's `architecture`",
            )

    def is_same(self, repository: str, digest: str, image_id: str) -> bool:
        """Whether an image is the one that an engine calls `image_id`.

        An ID is the digest of the configuration, or with containerd's image store that of the manifest or index.
        """
        if image_id == digest:
            return True
        manifest = self.manifest(repository, digest)
        if not manifest.is_index:
            return manifest.config == image_id
        return any(image_id in (each, self.manifest(repository, each).config) for each in manifest.images.values())

    def add_tag(self, repository: str, digest: str, tag: str) -> None:
        """Give an image another tag, also in a repository with immutable tags.

        Raises ImageError when another image has the tag.
        """
        manifest = self.manifest(repository, digest)
        media_type = {"imageManifestMediaType": manifest.media_type} if manifest.media_type else {}
        try:
            with _errors(repository):
                self._client.put_image(
                    repositoryName=repository,
                    imageManifest=manifest.text,
                    imageTag=tag,
                    imageDigest=digest,
                    **media_type,
                    **self._owner,
                )
        except AwsError as error:
            if not error.codes & _TAGGED_ALREADY:
                raise
            self._refuse_taken(repository, digest, tag)

    def _refuse_taken(self, repository: str, digest: str, tag: str) -> None:
        found = self.find(repository, tag=tag)
        if found is None or found.digest != digest:
            got = f"{tag}, which is {'gone' if found is None else found.digest}"
            fix = "use another tag"
            raise ImageError.of(f"repository {repository}", "another image has the tag", got=got, fix=fix)

    def mark_deployed(self, repository: str, env: str, digest: str, *, keep: int = KEPT_DEPLOYED) -> str:
        """Tag the image that an environment runs, and return the tag.

        Of the images with such a tag that it ran before, the `keep` last used ones keep it. An image without any other
        tag keeps it too: removing its last tag would delete it.
        """
        tag = deployed_tag(env, digest)
        self.add_tag(repository, digest, tag)
        older = [each for each in self.deployed(repository) if each.env == env and each.tag != tag]
        older.sort(key=lambda each: _latest(each.image), reverse=True)
        for each in older[keep:]:
            if len(each.image.tags) > 1:
                self.untag(repository, [each.tag])
        return tag

    def deployed(self, repository: str) -> tuple[DeployedTag, ...]:
        """The tags of images that environments run or ran. Raises ImageError without the repository."""
        return tuple(
            DeployedTag(match["env"], image, tag)
            for image in self.images(repository)
            for tag in image.tags
            if (match := _DEPLOYED.fullmatch(tag))
        )

    def untag(self, repository: str, tags: Sequence[str]) -> None:
        """Remove tags; an image is deleted with its last tag. Raises ImageError without the repository."""
        ids = [{"imageTag": tag} for tag in tags]
        for start in range(0, len(ids), _MOST_IDS):
            with _errors(repository):
                part = ids[start : start + _MOST_IDS]
                self._client.batch_delete_image(repositoryName=repository, imageIds=part, **self._owner)

    @cached_property
    def _credentials(self) -> tuple[str, str]:
        with aws.errors("the registry's login"):
            answer = self._client.get_authorization_token()["authorizationData"][0]
            user, _, password = base64.b64decode(answer["authorizationToken"]).decode().partition(":")
            return user, password

    def _stored(self, repository: str, detail: dict[str, Any]) -> StoredImage:
        times = [detail[name] for name in ("imagePushedAt", "lastRecordedPullTime") if detail.get(name)]
        tags = tuple(sorted(detail.get("imageTags", ())))
        return StoredImage(self.uri(repository), detail["imageDigest"], tags, max(times, default=None))


@contextmanager
def _errors(repository: str) -> Iterator[None]:
    """`aws.errors` for a repository, with the fix for one that does not exist."""
    where = f"repository {repository}"
    try:
        with aws.errors(where):
            yield
    except AwsError as error:
        if _NO_REPOSITORY not in error.codes:
            raise
        fix = "create it with `ecsforge deploy --shared`"
        raise ImageError.of(where, "does not exist", fix=fix, code=_NO_REPOSITORY) from error


def deployed_tag(env: str, digest: str) -> str:
    """The tag of an image that an environment runs."""
    return f"{DEPLOYED_TAG}{env}-{digest.partition(':')[2][:_DIGITS]}"


def _latest(image: StoredImage) -> tuple[float, str]:
    """The key to sort images by when they were last used."""
    return (image.used_at.timestamp() if image.used_at else 0.0), image.digest
