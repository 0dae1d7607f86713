"""From a Dockerfile to a running service, on the command line: podman, a registry behind ECR's host name, Terraform."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.inventory import inventory
from tests.e2e.conftest import NewWorkplace
from tests.support.registry.certificate import write_certificate
from tests.support.registry.engines import sandbox
from tests.support.registry.front import LAYERS, Fault, Front, running
from tests.support.registry.programs import program
from tests.support.registry.servers import docker_registry
from tests.support.registry.workshop import DOCKERFILE, HOST
from tests.support.workplace import REGION, WORKER, Workplace

pytestmark = pytest.mark.images

WEB: dict[str, Any] = {"build": "web", "port": 8080, "count": 1}
MAILER: dict[str, Any] = {**WORKER, "build": "mailer", "architecture": "arm64"}
del MAILER["image"]
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The certificate for ECR's host name, and the one with its key."""
    return write_certificate(tmp_path_factory.mktemp("certificate"), HOST, LAYERS)


@pytest.fixture(scope="module")
def front(
    emulator: Emulator, certificates: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """The registry behind ECR's host name."""
    with (
        docker_registry(tmp_path_factory.mktemp("registry")) as upstream,
        running(Front({HOST: emulator.client("ecr", REGION)}, upstream), certificates[1]) as started,
    ):
        yield started


@pytest.fixture
def shop(new_workplace: NewWorkplace, front: Front, certificates: tuple[Path, Path], tmp_path: Path) -> Workplace:
    """A project with two built services in a git repository; it is deployed nowhere."""
    if shutil.which("podman") is None:
        pytest.skip("podman is not installed: run .ci/engines")
    front.reset()
    place = new_workplace("shop")
    engine = tmp_path / "podman"
    engine.mkdir()
    own = sandbox(engine, front.url, certificates[0])
    place = replace(place, env_vars={**place.env_vars, **own, "AWS_CA_BUNDLE": str(certificates[0])})
    for name, architecture in (("web", "amd64"), ("mailer", "arm64")):
        write_source(place, name, architecture)
    place.write("shop", {"web": WEB, "mailer": MAILER})
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*GIT, *arguments], cwd=place.folder, check=True)
    return place


def write_source(shop: Workplace, service: str, architecture: str, number: int = 0) -> None:
    """A Dockerfile and a static program; another `number` is another program."""
    folder = shop.folder / service
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "app").write_bytes(program(architecture, number))
    (folder / "app").chmod(0o755)


def test_a_project_is_built_deployed_changed_and_destroyed(shop: Workplace, front: Front) -> None:
    before = inventory(shop.emulator.client, REGION)
    without_an_image_nothing_is_created(shop)
    first = the_first_deploy_builds_everything(shop)
    a_plan_shows_no_change_and_a_build_builds_nothing(shop, front)
    second = an_edited_source_changes_one_service(shop, first)
    an_earlier_tag_is_deployed_again(shop, first, second)
    a_tag_that_exists_is_not_overwritten(shop)
    a_missing_tag_changes_nothing(shop)
    a_service_that_left_is_no_longer_marked(shop)
    images_that_run_are_not_destroyed(shop)

    shop.destroy("shop-dev")
    shop.ecsforge("destroy", "--shared", "--yes-i-mean", "shop-shared")
    assert inventory(shop.emulator.client, REGION) - before == frozenset()


def without_an_image_nothing_is_created(shop: Workplace) -> None:
    refused = shop.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=2).stderr

    assert "services.web: no image of web is deployed yet; build it with `ecsforge deploy --env dev --build`" in refused
    assert repositories(shop) == {}


def the_first_deploy_builds_everything(shop: Workplace) -> dict[str, str]:
    done = shop.ecsforge("deploy", "--env", "dev", "--build", "--auto-approve").stderr

    found = [done.index(text) for text in ("Deployed shop-shared", "STEP 1/3: FROM scratch", "Deployed shop-dev")]
    assert found == sorted(found)
    images = running_images(shop)
    assert images["web"].startswith(f"{HOST}/shop/web@sha256:")
    assert images["mailer"].startswith(f"{HOST}/shop/mailer@sha256:")
    for name, image in images.items():
        assert f"deployed-dev-{digits(image)}" in tags_of(shop, name, image)
    return images


def a_plan_shows_no_change_and_a_build_builds_nothing(shop: Workplace, front: Front) -> None:
    assert shop.planned() == {}
    front.seen.clear()

    built = shop.ecsforge("build", "--env", "dev", "--push")

    assert dict(line.split("\t") for line in built.stdout.splitlines()) == running_images(shop)
    assert "nothing is built" in built.stderr
    assert [each for each in front.seen if each.method == "PUT"] == []


def an_edited_source_changes_one_service(shop: Workplace, first: dict[str, str]) -> dict[str, str]:
    write_source(shop, "web", "amd64", number=1)

    tag = json.loads(shop.ecsforge("build", "web", "--env", "dev", "--push", "--json").stdout)[0]["tag"]
    only_one_has_it = shop.ecsforge("plan", "--env", "dev", "--tag", tag, exit_code=1).stderr
    assert f"error: repository shop/mailer: the tag does not exist; got {tag}" in only_one_has_it
    shop.ecsforge("deploy", "--env", "dev", "--build", "--auto-approve")

    images = running_images(shop)
    assert images["mailer"] == first["mailer"]
    assert images["web"] != first["web"]
    assert tag in tags_of(shop, "web", images["web"])
    assert shop.planned() == {}
    return images


def an_earlier_tag_is_deployed_again(shop: Workplace, first: dict[str, str], second: dict[str, str]) -> None:
    (old,) = [tag for tag in tags_of(shop, "web", first["web"]) if not tag.startswith("deployed-")]

    changes = json.loads(
        shop.ecsforge("plan", "--env", "dev", "--image", f"web={HOST}/shop/web:{old}", "--json").stdout
    )
    shop.ecsforge("deploy", "--env", "dev", "--image", f"web={HOST}/shop/web:{old}", "--auto-approve")

    assert {each["address"]: each["action"] for each in changes["resources"]} == {
        "aws_ecs_service.web": "update",
        "aws_ecs_task_definition.web": "update",
        "local_file.web_task_definition": "update",
    }
    assert running_images(shop) == first
    assert f"deployed-dev-{digits(second['web'])}" in tags_of(shop, "web", second["web"])


def a_tag_that_exists_is_not_overwritten(shop: Workplace) -> None:
    shop.ecsforge("build", "web", "--env", "dev", "--push", "--tag", "v1")
    write_source(shop, "web", "amd64", number=2)

    refused = shop.ecsforge("deploy", "--env", "dev", "--build", "--tag", "v1", "--auto-approve", exit_code=1).stderr

    assert "error: web: the tag exists with other content; got v1" in refused
    assert shop.planned() == {}


def a_missing_tag_changes_nothing(shop: Workplace) -> None:
    refused = shop.ecsforge("deploy", "--env", "dev", "--tag", "v9", "--auto-approve", exit_code=1).stderr

    assert "error: repository shop/web: the tag does not exist; got v9; choose one of the latest tags (" in refused
    assert "Planning" not in refused


def a_service_that_left_is_no_longer_marked(shop: Workplace) -> None:
    image = running_images(shop)["mailer"]
    shop.write("shop", {"web": WEB})

    left = shop.deploy().stderr

    assert "repository shop/mailer: its service has left the project file; it stays, with its images" in left
    assert [tag for tag in tags_of(shop, "mailer", image) if tag.startswith("deployed-")] == []


def images_that_run_are_not_destroyed(shop: Workplace) -> None:
    refused = shop.ecsforge("destroy", "--shared", "--yes-i-mean", "shop-shared", exit_code=1).stderr

    assert "error: shop-shared: dev runs images of its repositories; got shop/web:deployed-dev-" in refused
    assert repositories(shop)["shop/web"] != []


def test_a_dockerfile_that_does_not_build_is_shown_and_nothing_is_deployed(shop: Workplace) -> None:
    (shop.folder / "web" / "Dockerfile").write_text("FROM scratch\nCOPY missing /\n")

    failed = shop.ecsforge("deploy", "--env", "dev", "--build", "--auto-approve", exit_code=1).stderr

    assert "STEP 2/2: COPY missing /" in failed
    assert "error: web: Dockerfile did not build" in failed
    assert not (shop.folder / "terraform.shop-dev.tfstate").exists()
    clean(shop)


def test_a_push_that_fails_half_way_continues(shop: Workplace, front: Front) -> None:
    shop.write("shop", {"web": WEB})
    front.fail("PUT", "/manifests/", Fault(500, "INTERNAL", "broken"))

    failed = shop.ecsforge("deploy", "--env", "dev", "--build", "--auto-approve", exit_code=1).stderr

    assert "was not pushed" in failed
    assert repositories(shop)["shop/web"] == []
    assert not (shop.folder / "terraform.shop-dev.tfstate").exists()
    front.reset()
    pushed = shop.ecsforge("build", "--env", "dev", "--push").stdout
    assert pushed.startswith(f"web\t{HOST}/shop/web@sha256:")
    clean(shop)


def test_a_registry_that_refuses_the_login_is_named(shop: Workplace, front: Front) -> None:
    shop.write("shop", {"web": WEB})
    front.fail("GET", "^/v2/$", Fault(401, "UNAUTHORIZED", "no"))

    failed = shop.ecsforge("deploy", "--env", "dev", "--build", "--auto-approve", exit_code=1).stderr

    assert f"error: {HOST}: the login failed" in failed
    assert "auth-token" not in failed
    front.reset()
    clean(shop)


def test_without_an_engine_nothing_is_changed(shop: Workplace, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("terraform", "node", "git"):
        found = shutil.which(name)
        if found:
            (programs / name).symlink_to(found)

    failed = shop.ecsforge(
        "deploy", "--env", "dev", "--build", "--auto-approve", exit_code=1, PATH=str(programs)
    ).stderr

    assert failed.startswith("error: engine: nothing can build the image; install Docker or Podman")
    assert repositories(shop) == {}


def clean(shop: Workplace) -> None:
    """Destroy the repositories, for the next test."""
    shop.ecsforge("destroy", "--shared", "--yes-i-mean", "shop-shared")


def running_images(shop: Workplace) -> dict[str, str]:
    """The image that ECS runs for each service, by service."""
    ecs = shop.aws("ecs")
    arns = ecs.list_services(cluster="web-cluster-shop-dev")["serviceArns"]
    services = ecs.describe_services(cluster="web-cluster-shop-dev", services=arns)["services"]
    found = {}
    for service in services:
        definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        (container,) = definition["containerDefinitions"]
        found[container["name"]] = container["image"]
    return dict(sorted(found.items()))


def digits(image: str) -> str:
    """The digits of an image's digest that tags have."""
    return image.partition("@sha256:")[2][:12]


def tags_of(shop: Workplace, service: str, image: str) -> list[str]:
    """The tags of an image in the repository of a service."""
    found = shop.aws("ecr").describe_images(
        repositoryName=f"shop/{service}", imageIds=[{"imageDigest": image.partition("@")[2]}]
    )
    tags: list[str] = found["imageDetails"][0].get("imageTags", [])
    return sorted(tags)


def repositories(shop: Workplace) -> dict[str, list[str]]:
    """The digests of the images in each repository of the project."""
    ecr = shop.aws("ecr")
    names = [each["repositoryName"] for each in ecr.describe_repositories()["repositories"]]
    return {
        name: [each["imageDigest"] for each in ecr.describe_images(repositoryName=name)["imageDetails"]]
        for name in names
        if name.startswith("shop/")
    }
