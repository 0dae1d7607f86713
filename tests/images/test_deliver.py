"""docker, podman and buildah bring images to ECR."""

from __future__ import annotations

from tests.support.registry.workshop import HOST, Workshop


def test_an_image_is_built_and_pushed_and_its_digest_comes_from_ecr(workshop: Workshop) -> None:
    image = workshop.deliver()

    stored = workshop.ecr.describe_images(repositoryName=workshop.repository)["imageDetails"]
    assert [(each["imageDigest"], each["imageTags"]) for each in stored] == [(image.digest, [image.tag])]
    assert str(image.reference) == f"{HOST}/{workshop.repository}@{image.digest}"
    assert (image.built, image.pushed) == (True, True)
