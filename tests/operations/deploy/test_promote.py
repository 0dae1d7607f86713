"""A promotion deploys the images that another environment runs, by digest."""

from __future__ import annotations

import boto3
import pytest

from cli.sentences import sentences
from operations.deploy.promote import Promotion, Ways, promoted_services, promotions, require_environments
from operations.deploy.running_images import Running, image_by_digest
from operations.deploy.task_revisions import Definition
from stacks.errors import AwsError, ImageError, UsageError
from stacks.project.models import Service
from tests.support.released import HOST, Account, external, shop
from tests.support.reporter import Recorder

WORKER = Service(type="worker", image="public.ecr.aws/nginx/nginx:1")
BUILT = Service(type="worker", repository=True)
JOB = Service(type="job", schedule="cron(0 3 * * ? *)", repository=True)


def refused(*arguments: object) -> str:
    with pytest.raises(UsageError) as caught:
        promoted_services(*arguments)  # type: ignore[arg-type]
    return sentences(caught.value)


def test_all_services_with_a_repository_are_promoted_or_the_named_ones() -> None:
    dev, prod = (shop(env, web=BUILT, mailer=WORKER, nightly=JOB) for env in ("dev", "prod"))

    assert promoted_services(dev, prod, ()) == ("web", "nightly")
    assert promoted_services(dev, prod, ("mailer", "web", "web")) == ("mailer", "web")


def test_services_that_can_not_be_promoted_are_named() -> None:
    dev, prod = shop("dev", web=BUILT, debug=BUILT), shop("prod", web=BUILT, admin=BUILT)

    others = "or promote the others: `ecsforge promote web --from dev --env prod`"
    assert refused(dev, prod, ()).splitlines() == [
        f"services.admin: admin is in prod, but not in dev; add it to dev, {others}",
        f"services.debug: debug is in dev, but not in prod; add it to prod, {others}",
    ]
    assert refused(dev, prod, ("debug",)) == "services.debug: debug is in dev, but not in prod; add it to prod"
    assert refused(dev, prod, ("wep",)) == "unknown service; got wep; did you mean web?"
    none = shop("dev", mailer=WORKER)
    assert refused(none, none, ()) == "services: no service has build or repository; name the services to promote"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("div", "--from: unknown environment; got div; did you mean dev?"),
        ("prod", "--from: the images of prod can't be promoted to prod itself; name another one: dev, test"),
    ],
)
def test_the_source_is_another_environment(source: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        require_environments(source, "prod", ("dev", "test", "prod"))
    assert sentences(caught.value) == says


def environments(session: boto3.Session, **services: Service) -> tuple[Account, Account]:
    return Account(session, shop("dev", **services)), Account(session, shop("prod", **services))


def test_the_digest_comes_from_ecs_or_from_the_tag_in_ecr(emulated: boto3.Session) -> None:
    dev, prod = environments(emulated, web=BUILT, nightly=JOB)
    digest, other = dev.push("shop/web", "v2"), dev.push("shop/nightly", "v2")
    dev.deploy(image=f"{HOST}/shop/nightly@{other}")
    dev.create_service("web2", dev.register("web", f"{HOST}/shop/web:v2"))
    dev.ecs.update_service(cluster=dev.names.cluster, service=dev.names.service("web"), taskDefinition="web-shop-dev:2")

    found = promotions(dev.environment(), prod.environment(), Recorder())

    assert found == (
        Promotion("web", f"{HOST}/shop/web@{digest}", "", True),
        Promotion("nightly", f"{HOST}/shop/nightly@{other}", "", True),
    )


def test_what_runs_already_is_done(emulated: boto3.Session) -> None:
    dev, prod = environments(emulated, web=BUILT)
    image = f"{HOST}/shop/web@{dev.push('shop/web', 'v2')}"
    dev.deploy(image=image)
    prod.deploy(image=f"{HOST}/shop/web:v2")

    (found,) = promotions(dev.environment(), prod.environment(), Recorder())

    assert (found.is_done, found.before) == (True, image)


def test_every_obstacle_is_named_before_anything_changes(emulated: boto3.Session) -> None:
    dev, prod = environments(emulated, web=BUILT, mailer=WORKER, own=external(), nightly=JOB)
    dev.push("shop/web", "arm", architecture="arm64")
    own = dev.push("shop-dev/own", "v1")
    dev.deploy()
    dev.ecs.update_service(
        cluster=dev.names.cluster,
        service=dev.names.service("web"),
        taskDefinition=dev.register("web", f"{HOST}/shop/web:arm"),
    )
    dev.ecs.update_service(
        cluster=dev.names.cluster,
        service=dev.names.service("own"),
        taskDefinition=dev.register("own", f"{HOST}/shop-dev/own@{own}"),
    )
    dev.session.client("scheduler").delete_schedule(Name="shop-dev-nightly")

    with pytest.raises(AwsError) as caught:
        promotions(dev.environment(), prod.environment(), Recorder())

    web, mailer, mine, nightly = sentences(caught.value).splitlines()
    assert web.startswith(f"web: the image is not for linux/amd64; got linux/arm64 in {HOST}/shop/web@sha256:")
    assert mailer == (
        "mailer in dev: the digest of its image is not known; got public.ecr.aws/nginx/nginx:1; deploy it to dev by "
        "its digest, NAME@sha256:..., or start a task of it"
    )
    assert mine == (
        f"own: the image is in the repository of another environment, and not in shop-prod/own; got "
        f"{HOST}/shop-dev/own@{own}; let the pipeline push it to both, set `repository: true`, or copy it: skopeo copy "
        f"--all --preserve-digests docker://{HOST}/shop-dev/own@{own} docker://REGISTRY/shop-prod/own:TAG"
    )
    assert nightly == "services.nightly: nightly does not run in dev; deploy it: `ecsforge deploy --env dev`"


def test_an_image_of_the_environments_repository_is_taken_from_the_other_ones(emulated: boto3.Session) -> None:
    dev, prod = environments(emulated, own=external())
    digest = dev.push("shop-dev/own", "v1")
    assert prod.push("shop-prod/own", "v1") == digest
    dev.deploy(image=f"{HOST}/shop-dev/own@{digest}")

    (found,) = promotions(dev.environment(), prod.environment(), Recorder())

    assert found.image == f"{HOST}/shop-prod/own@{digest}"


def test_images_are_deployed_by_the_owner_of_the_service() -> None:
    project = shop("prod", web=BUILT, mailer=WORKER, own=external(), same=BUILT)
    images = [Promotion(name, f"x/{name}@sha256:1", "", True) for name in ("web", "mailer", "own")]

    ways = Ways.of(project, [*images, Promotion("same", "a", "a", True)])

    assert ways == Ways(
        {"web": "x/web@sha256:1"}, ("services.mailer.image=x/mailer@sha256:1",), {"own": "x/own@sha256:1"}
    )
    assert ways.needs_terraform
    assert Ways.of(project, [Promotion("same", "a", "a", False)]).variables == {"same": "a"}


def test_the_digest_of_running_tasks_counts(emulated: boto3.Session) -> None:
    environment = Account(emulated, shop(web=BUILT)).environment()
    one, two = (f"sha256:{digit * 64}" for digit in "12")
    definition = Definition({"taskDefinitionArn": "x", "containerDefinitions": []})

    assert (
        image_by_digest(environment, Running("web", definition, "nginx:1", (one,))) == f"docker.io/library/nginx@{one}"
    )
    with pytest.raises(ImageError) as caught:
        image_by_digest(environment, Running("web", definition, "nginx:1", (one, two)))
    assert sentences(caught.value) == (
        f"web in dev: its tasks run different images; got {one}, {two}; the tag was moved: deploy one of them to dev "
        "by its digest"
    )
