"""ECR: digests, tags and platforms, in an account that moto mocks."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from cli.sentences import sentences
from operations.images.login import Login
from operations.images.registry import DeployedTag, Registry, deployed_tag
from operations.images.resolve import read_reference, resolve
from stacks.errors import ImageError, UsageError
from stacks.image_reference import ImageReference

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.oci.image.index.v1+json"
REPOSITORY = "shop/web"


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Store:
    """A repository with immutable tags, and the configurations of its images."""

    def __init__(self, session: boto3.Session) -> None:
        self.ecr = session.client("ecr")
        self.ecr.create_repository(repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE")
        self.blobs: dict[str, bytes] = {}
        self.fetched: list[Login] = []
        self.registry = Registry(session, fetch=self.fetch)

    def fetch(self, login: Login, repository: str, digest: str, *, ca_bundle: str | None = None) -> bytes:
        assert repository == REPOSITORY
        self.fetched.append(login)
        return self.blobs[digest]

    def put(self, tag: str | None = None, *, architecture: str = "amd64", content: str = "") -> str:
        """Put an image, and return its digest."""
        config = json.dumps({"os": "linux", "architecture": architecture, "content": content}).encode()
        self.blobs[sha256(config)] = config
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": sha256(config)}, "layers": []}
        return self._put(manifest, MANIFEST, tag)

    def put_index(self, tag: str, *architectures: str) -> str:
        """Put an index of images, with an attestation, and return its digest."""
        entries = [
            {"digest": self.put(architecture=name), "platform": {"os": "linux", "architecture": name}}
            for name in architectures
        ]
        entries.append({"digest": "sha256:x", "platform": {"os": "unknown", "architecture": "unknown"}})
        return self._put({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, INDEX, tag)

    def _put(self, manifest: dict[str, Any], media_type: str, tag: str | None) -> str:
        text = json.dumps(manifest)
        digest = sha256(text.encode())
        name = {"imageTag": tag} if tag else {}
        self.ecr.put_image(
            repositoryName=REPOSITORY,
            imageManifest=text,
            imageManifestMediaType=media_type,
            imageDigest=digest,
            **name,
        )
        return digest

    def tags(self) -> set[str]:
        """Every tag."""
        return {tag for image in self.registry.images(REPOSITORY) for tag in image.tags}


@pytest.fixture
def store(account: boto3.Session) -> Store:
    return Store(account)


def test_a_repository_has_the_address_that_ecr_returns(store: Store) -> None:
    assert store.registry.uri(REPOSITORY) == f"{HOST}/shop/web"


def test_a_missing_repository_is_an_error(store: Store) -> None:
    with pytest.raises(ImageError) as caught:
        store.registry.uri("shop/nix")

    assert sentences(caught.value) == ("repository shop/nix: does not exist; create it with `ecsforge deploy --shared`")


def test_the_login_is_for_the_host_of_the_repository(store: Store) -> None:
    login = store.registry.login(REPOSITORY)

    assert (login.registry, login.user, login.password) == (HOST, "AWS", "123456789012-auth-token")


def test_an_image_is_found_by_tag_and_by_digest(store: Store) -> None:
    digest = store.put("1")

    by_tag = store.registry.find(REPOSITORY, tag="1")

    assert by_tag is not None
    assert (by_tag.name, by_tag.digest, by_tag.tags) == (f"{HOST}/shop/web", digest, ("1",))
    assert str(by_tag.reference) == f"{HOST}/shop/web@{digest}"
    assert store.registry.find(REPOSITORY, digest=digest) == by_tag
    assert store.registry.find(REPOSITORY, tag="2") is None
    assert store.registry.find(REPOSITORY, digest="sha256:" + "0" * 64) is None


def test_a_missing_tag_is_an_error_with_the_latest_tags(store: Store) -> None:
    with pytest.raises(ImageError) as caught:
        store.registry.require(REPOSITORY, "1")
    assert sentences(caught.value) == "repository shop/web: the tag does not exist; got 1; push an image first"

    digest = store.put("2")
    store.registry.mark_deployed(REPOSITORY, "dev", digest)
    with pytest.raises(ImageError) as caught:
        store.registry.require(REPOSITORY, "1")
    assert sentences(caught.value) == (
        "repository shop/web: the tag does not exist; got 1; choose one of the latest tags (2), or push it first"
    )


def test_the_platform_of_an_image_is_in_its_configuration(store: Store) -> None:
    digest = store.put("1", architecture="arm64")

    assert store.registry.platforms(REPOSITORY, digest) == ("linux/arm64",)
    assert store.fetched == [store.registry.login(REPOSITORY)]


def test_the_platforms_of_an_index_are_in_it_without_attestations(store: Store) -> None:
    digest = store.put_index("1", "arm64", "amd64")

    assert store.registry.platforms(REPOSITORY, digest) == ("linux/amd64", "linux/arm64")
    assert store.fetched == []


def test_an_image_for_another_platform_is_refused(store: Store) -> None:
    digest = store.put("1")
    store.registry.check_platform("web", REPOSITORY, digest, "linux/amd64")

    with pytest.raises(ImageError) as caught:
        store.registry.check_platform("web", REPOSITORY, digest, "linux/arm64")

    assert sentences(caught.value) == (
        f"web: the image is not for linux/arm64; got linux/amd64 in {HOST}/shop/web@{digest}; build it for "
        "linux/arm64, or set the service's `architecture`"
    )


def test_an_image_is_the_same_by_its_configuration_or_its_manifest(store: Store) -> None:
    digest = store.put("1")
    config = store.registry.manifest(REPOSITORY, digest).config
    assert config is not None

    assert store.registry.is_same(REPOSITORY, digest, config)
    assert store.registry.is_same(REPOSITORY, digest, digest)
    assert not store.registry.is_same(REPOSITORY, digest, "sha256:" + "0" * 64)


def test_an_image_can_be_one_of_an_index(store: Store) -> None:
    child = store.put(architecture="arm64")
    config = store.registry.manifest(REPOSITORY, child).config
    assert config is not None
    index = store.put_index("1", "amd64", "arm64")

    assert store.registry.is_same(REPOSITORY, index, config)
    assert store.registry.is_same(REPOSITORY, index, child)
    assert not store.registry.is_same(REPOSITORY, index, "sha256:" + "0" * 64)


def test_a_missing_manifest_is_an_error(store: Store) -> None:
    digest = "sha256:" + "0" * 64

    with pytest.raises(ImageError) as caught:
        store.registry.manifest(REPOSITORY, digest)

    assert sentences(caught.value) == (
        f"repository shop/web: the image does not exist; got {digest}; build and push it again"
    )


def test_an_image_gets_another_tag_and_keeps_its_digest(store: Store) -> None:
    digest = store.put("1")

    store.registry.add_tag(REPOSITORY, digest, "2")
    store.registry.add_tag(REPOSITORY, digest, "2")

    found = store.registry.find(REPOSITORY, tag="2")
    assert found is not None
    assert (found.digest, found.tags) == (digest, ("1", "2"))


def test_an_index_gets_another_tag_and_keeps_its_digest(store: Store) -> None:
    digest = store.put_index("1", "amd64", "arm64")

    store.registry.add_tag(REPOSITORY, digest, "2")

    assert store.registry.require(REPOSITORY, "2").digest == digest


def test_a_tag_of_another_image_is_not_moved(store: Store) -> None:
    first = store.put("1")
    other = store.put("2", content="other")

    with pytest.raises(ImageError) as caught:
        store.registry.add_tag(REPOSITORY, other, "1")

    assert sentences(caught.value) == (
        f"repository shop/web: another image has the tag; got 1, which is {first}; use another tag"
    )


def test_what_an_environment_runs_has_a_tag_and_so_have_the_three_before(store: Store) -> None:
    digests = [store.put(str(number), content=str(number)) for number in range(6)]
    other = store.registry.mark_deployed(REPOSITORY, "prod-eu", digests[0])

    tags = [store.registry.mark_deployed(REPOSITORY, "prod", digest) for digest in digests]

    assert tags[5] == f"deployed-prod-{digests[5][7:19]}"
    kept = store.tags() - {str(number) for number in range(6)}
    assert other in kept
    assert tags[5] in kept
    assert len(kept - {other}) == 4
    assert {(each.env, each.tag) for each in store.registry.deployed(REPOSITORY)} == {
        ("prod-eu", other),
        *(("prod", tag) for tag in kept - {other}),
    }
    assert all(store.registry.find(REPOSITORY, digest=digest) for digest in digests)


def test_of_the_images_before_the_last_used_ones_keep_their_tag(store: Store, account: boto3.Session) -> None:
    """moto does not record pulls, so the times are added to its answers."""
    digests = [store.put(str(number), content=str(number)) for number in range(6)]
    for digest in reversed(digests):
        store.registry.add_tag(REPOSITORY, digest, deployed_tag("dev", digest))
    used = {digest: datetime(2036, 1, 10 - place, tzinfo=UTC) for place, digest in enumerate(digests)}

    def add_times(parsed: dict[str, Any], **_: object) -> None:
        for detail in parsed["imageDetails"]:
            detail["lastRecordedPullTime"] = used[detail["imageDigest"]]

    account.events.register("after-call.ecr.DescribeImages", add_times)
    registry = Registry(account)

    registry.mark_deployed(REPOSITORY, "dev", digests[5])

    kept = {each.image.digest for each in registry.deployed(REPOSITORY)}
    assert kept == {digests[5], digests[0], digests[1], digests[2]}


def test_the_only_tag_of_an_image_is_kept_because_ecr_would_delete_the_image(store: Store) -> None:
    only = store.put(content="only")
    tag = deployed_tag("dev", only)
    store.registry.add_tag(REPOSITORY, only, tag)
    for number in range(5):
        store.registry.mark_deployed(REPOSITORY, "dev", store.put(str(number), content=str(number)), keep=0)

    assert tag in store.tags()
    assert {each.tag for each in store.registry.deployed(REPOSITORY)} == {
        tag,
        deployed_tag("dev", store.registry.require(REPOSITORY, "4").digest),
    }


def test_the_same_deploy_again_changes_nothing(store: Store) -> None:
    digest = store.put("1")
    store.registry.mark_deployed(REPOSITORY, "dev", digest)

    store.registry.mark_deployed(REPOSITORY, "dev", digest)

    assert store.tags() == {"1", deployed_tag("dev", digest)}


@pytest.mark.parametrize("tag", ["deployed-dev", "deployed-dev-123", "deployed-dev-0123456789ag", "deployed-dev-"])
def test_other_tags_are_not_of_an_environment(store: Store, tag: str) -> None:
    store.put(tag)

    assert store.registry.deployed(REPOSITORY) == ()


def test_a_deployed_tag_has_its_environment_and_image(store: Store) -> None:
    digest = store.put("1")
    tag = store.registry.mark_deployed(REPOSITORY, "dev", digest)

    image = store.registry.require(REPOSITORY, "1")

    assert store.registry.deployed(REPOSITORY) == (DeployedTag("dev", image, tag),)


def test_another_account_and_region_are_asked_for(account: boto3.Session) -> None:
    """The answers are scripted: in moto an account only has its own registry."""
    registry = Registry(account, region="us-east-1", account_id="210987654321")
    owner, digest = {"registryId": "210987654321", "repositoryName": REPOSITORY}, "sha256:" + "0" * 64
    uri = "210987654321.dkr.ecr.us-east-1.amazonaws.com/shop/web"
    image = {"imageManifest": "{}", "imageManifestMediaType": MANIFEST}
    detail = {"imageDetails": [{"imageDigest": digest, "imageTags": ["1"]}]}
    with Stubber(registry._client) as ecr:
        names = {"registryId": "210987654321", "repositoryNames": [REPOSITORY]}
        ecr.add_response("describe_images", detail, {**owner, "imageIds": [{"imageTag": "1"}]})
        ecr.add_response("describe_repositories", {"repositories": [{"repositoryUri": uri}]}, names)
        wanted = {**owner, "imageIds": [{"imageDigest": digest}], "acceptedMediaTypes": ANY}
        ecr.add_response("batch_get_image", {"images": [image]}, wanted)
        ecr.add_response("put_image", {}, {**owner, **image, "imageTag": "2", "imageDigest": digest})
        ecr.add_response("describe_images", detail, owner)

        found = registry.require(REPOSITORY, "1")
        registry.add_tag(REPOSITORY, found.digest, "2")
        assert list(registry.images(REPOSITORY)) == [found]
        ecr.assert_no_pending_responses()

    assert str(found.reference) == f"{uri}@{digest}"
    assert registry._client.meta.region_name == "us-east-1"


def image(text: str) -> ImageReference:
    return ImageReference.parse(text)


def test_a_tag_in_ecr_is_resolved_to_its_digest(store: Store, account: boto3.Session) -> None:
    digest = store.put_index("1", "amd64")
    reference = image(f"{HOST}/shop/web:1")

    assert str(resolve(account, "web", reference)) == f"{HOST}/shop/web@{digest}"
    assert resolve(account, "web", reference.with_digest(digest), platform="linux/amd64").digest == digest


def test_without_a_tag_the_latest_one_is_resolved(store: Store, account: boto3.Session) -> None:
    digest = store.put_index("latest", "amd64")

    assert resolve(account, "web", image(f"{HOST}/shop/web")).digest == digest


def test_an_image_of_another_platform_is_not_resolved(store: Store, account: boto3.Session) -> None:
    store.put_index("1", "amd64")

    with pytest.raises(ImageError, match="the image is not for linux/arm64"):
        resolve(account, "web", image(f"{HOST}/shop/web:1"), platform="linux/arm64")


def test_a_digest_that_does_not_exist_is_an_error(store: Store, account: boto3.Session) -> None:
    reference = f"{HOST}/shop/web@sha256:{'0' * 64}"

    with pytest.raises(ImageError) as caught:
        resolve(account, "web", image(reference))

    assert sentences(caught.value) == (
        f"web: the image does not exist; got {reference}; copy the digest from the registry, or use a tag"
    )


def test_images_of_other_registries_are_returned_unchanged(account: boto3.Session) -> None:
    assert resolve(account, "web", image("nginx:1.27")) == image("docker.io/library/nginx:1.27")


def test_an_option_with_an_invalid_image_is_a_usage_error() -> None:
    assert read_reference("nginx:1", "--image") == image("nginx:1")

    with pytest.raises(UsageError) as caught:
        read_reference("Team/App", "--image")

    assert sentences(caught.value) == (
        "--image: the image has upper case letters in its repository; got App; write app"
    )
