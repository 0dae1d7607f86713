"""Images of services with `image_owner: external` are released without Terraform."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import boto3
import pytest

from cli.sentences import sentences
from operations.deploy.release import Progress, Settings, release, releases_of
from operations.reporter import Started
from stacks.errors import AwsError
from tests.support.fake_tasks import Clock
from tests.support.released import EXTERNAL, FIRST, Account, external, shop
from tests.support.reporter import Recorder

NEW = "public.ecr.aws/nginx/nginx:2"
JOB = external(type="job", schedule="cron(0 3 * * ? *)")


def again(left: Sequence[str]) -> tuple[str, ...]:
    return ("release", *left, "--tag", "v2")


def released(shop: Account, images: dict[str, str], *, timeout: float | None = 60, before: bool = True) -> Recorder:
    """Release images."""
    reporter, environment = Recorder(), shop.environment(*images)
    release(environment, releases_of(environment, images), reporter, settings(timeout, before=before), Progress())
    return reporter


def settings(timeout: float | None = 60, *, before: bool = True) -> Settings:
    clock = Clock()
    return Settings(timeout, before, again, clock, clock.sleep)


@pytest.fixture
def deployed(emulated: boto3.Session) -> Account:
    made = Account(emulated, shop(web=external(), mailer=external(), nightly=JOB))
    made.deploy()
    return made


def test_a_revision_of_the_newest_definition_differs_only_in_the_image(deployed: Account) -> None:
    newest = deployed.register("web", "public.ecr.aws/nginx/nginx:3", environment=[{"name": "MODE", "value": "new"}])

    reporter = released(deployed, {"web": NEW})

    assert reporter.messages == [
        "web: registered web-shop-dev:3 with public.ecr.aws/nginx/nginx:2",
        "Released web: public.ecr.aws/nginx/nginx:2 as web-shop-dev:3",
    ]
    before = deployed.ecs.describe_task_definition(taskDefinition=newest, include=["TAGS"])
    expected = {**before["taskDefinition"], "tags": before["tags"]}
    expected["containerDefinitions"][0]["image"] = NEW
    own = ("taskDefinitionArn", "revision", "registeredAt", "registeredBy")
    runs = deployed.definition("web")
    assert {k: v for k, v in runs.items() if k not in own} == {k: v for k, v in expected.items() if k not in own}
    assert deployed.image("mailer") == FIRST


def test_a_job_changes_only_the_revision_of_its_schedule(deployed: Account) -> None:
    scheduler = deployed.session.client("scheduler")
    before = scheduler.get_schedule(Name="shop-dev-nightly")

    reporter = released(deployed, {"nightly": NEW})

    after = scheduler.get_schedule(Name="shop-dev-nightly")
    own = ("LastModificationDate", "ResponseMetadata", "CreationDate")
    before["Target"]["EcsParameters"]["TaskDefinitionArn"] = deployed.definition("nightly")["taskDefinitionArn"]
    assert {k: v for k, v in after.items() if k not in own} == {k: v for k, v in before.items() if k not in own}
    assert deployed.image("nightly") == NEW
    assert reporter.messages[-1] == "Released nightly: public.ecr.aws/nginx/nginx:2 as nightly-shop-dev:2"


def test_a_schedule_of_the_family_moves_to_a_revision_even_with_the_same_image(emulated: boto3.Session) -> None:
    shop_ = Account(emulated, shop(nightly=JOB))
    shop_.deploy()
    scheduler = emulated.client("scheduler")
    found = scheduler.get_schedule(Name="shop-dev-nightly")
    arn = shop_.definition("nightly")["taskDefinitionArn"]
    found["Target"]["EcsParameters"]["TaskDefinitionArn"] = arn.rpartition(":")[0]
    names = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(**{name: found[name] for name in names})

    assert released(shop_, {"nightly": FIRST}).messages == [f"Released nightly: {FIRST} as nightly-shop-dev:1"]
    moved = scheduler.get_schedule(Name="shop-dev-nightly")["Target"]["EcsParameters"]["TaskDefinitionArn"]
    assert moved == arn


def test_an_image_that_runs_already_changes_nothing(deployed: Account) -> None:
    released(deployed, {"web": NEW, "nightly": NEW})

    reporter = released(deployed, {"web": NEW, "nightly": NEW})

    assert reporter.messages == [f"web already runs {NEW}", f"nightly already runs {NEW}"]
    assert (deployed.revisions("web"), deployed.revisions("nightly")) == (2, 2)


def test_the_same_image_with_other_settings_of_the_newest_definition_is_released(deployed: Account) -> None:
    released(deployed, {"web": NEW})
    deployed.register("web", FIRST, environment=[{"name": "MODE", "value": "new"}])

    assert released(deployed, {"web": NEW}).messages[-1] == f"Released web: {NEW} as web-shop-dev:4"
    assert deployed.definition("web")["containerDefinitions"][0]["environment"] == [{"name": "MODE", "value": "new"}]


def test_a_revision_that_a_release_left_is_used(deployed: Account) -> None:
    deployed.register("web", NEW)

    assert released(deployed, {"web": NEW}).messages == [f"Released web: {NEW} as web-shop-dev:2"]
    assert deployed.revisions("web") == 2


def test_what_is_not_deployed_is_named_before_anything_changes(emulated: boto3.Session) -> None:
    whole = Account(emulated, shop(web=external(), mailer=external(), nightly=JOB))

    with pytest.raises(AwsError) as caught:
        released(whole, {"web": NEW, "nightly": NEW})

    assert sentences(caught.value) == (
        "services.web: web is not deployed in shop-dev yet; deploy it first: `ecsforge deploy`\n"
        "services.nightly: nightly is not deployed in shop-dev yet; deploy it first: `ecsforge deploy`"
    )


def test_a_definition_without_the_container_is_refused(deployed: Account) -> None:
    deployed.register("web", FIRST, name="app", others=[{"name": "sidecar", "image": "envoy:1"}])

    with pytest.raises(AwsError) as caught:
        released(deployed, {"mailer": NEW, "web": NEW})

    assert sentences(caught.value) == (
        "services.web: the task definition web-shop-dev:2 has no container web; got app, sidecar; name the container "
        "of the image like the service in its `task_definition_template`, and deploy it"
    )
    assert deployed.image("mailer") == FIRST


def test_a_failure_says_what_was_released_and_how_to_continue(
    deployed: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = deployed.environment()
    releases = releases_of(environment, {"web": NEW, "mailer": NEW, "nightly": NEW})
    deployed.ecs.delete_service(cluster=deployed.names.cluster, service=deployed.names.service("mailer"), force=True)
    progress = Progress()

    with pytest.raises(AwsError) as caught:
        release(environment, releases, Recorder(), settings(), progress)

    last = sentences(caught.value).splitlines()[-1]
    assert last == (
        "release: released: web; not completed: mailer; not started: nightly; fix the cause, then continue with "
        "`ecsforge release mailer nightly --tag v2`"
    )
    assert (deployed.image("web"), deployed.image("nightly")) == (NEW, FIRST)
    assert progress.remaining == ("mailer", "nightly")


def test_tasks_run_with_the_new_revision_before_the_service_changes(emulated: boto3.Session) -> None:
    tasks = {
        "before": ({"command": ("emulated", "print=migrating")},),
        "after": ({"command": ("emulated", "print=warm")},),
    }
    one = Account(emulated, shop(web=external(deployment={**EXTERNAL, **tasks})))
    one.deploy()

    reporter = released(one, {"web": NEW})

    assert [re.sub(r"task [0-9a-f-]{36}", "task ID", text) for text in reporter.messages] == [
        f"web: registered web-shop-dev:2 with {NEW}",
        "web: running `emulated print=migrating` as task ID",
        "  web | migrating",
        "web: `emulated print=migrating` succeeded",
        f"Released web: {NEW} as web-shop-dev:2",
        "web: running `emulated print=warm` as task ID",
        "  web | warm",
        "web: `emulated print=warm` succeeded",
    ]
    arns = one.ecs.list_tasks(cluster=one.names.cluster)["taskArns"]
    ran = one.ecs.describe_tasks(cluster=one.names.cluster, tasks=arns)["tasks"]
    assert {each["taskDefinitionArn"].rpartition("/")[2] for each in ran} == {"web-shop-dev:2"}
    assert {
        detail["value"] for each in ran for detail in each["attachments"][0]["details"] if detail["name"] == "subnetId"
    } == {one.subnet}
    assert "migrating" not in str(released(one, {"web": FIRST}, before=False).messages)


def test_a_task_that_fails_leaves_the_service_and_names_the_command_that_continues(emulated: boto3.Session) -> None:
    tasks = {"before": ({"command": ("emulated", "exit=1")},)}
    services = {name: external(deployment={**EXTERNAL, **tasks}) for name in ("web", "mailer")}
    two = Account(emulated, shop(**services))
    two.deploy()

    with pytest.raises(AwsError) as caught:
        released(two, {"web": NEW})
    with pytest.raises(AwsError) as of_two:
        released(two, {"web": NEW, "mailer": NEW})

    assert (
        sentences(caught.value)
        .splitlines()[0]
        .endswith("; web is unchanged: fix the cause, then continue with `ecsforge release web --tag v2`")
    )
    assert sentences(of_two.value).splitlines()[0].endswith("; web is unchanged")
    assert sentences(of_two.value).splitlines()[-1] == (
        "release: not completed: web; not started: mailer; fix the cause, then continue with "
        "`ecsforge release web mailer --tag v2`"
    )
    assert (two.image("web"), two.revisions("web")) == (FIRST, 2)


def test_a_release_that_does_not_reach_a_steady_state_fails(deployed: Account) -> None:
    class Interfering(Recorder):
        """Somebody deploys the old revision as soon as the release waits."""

        def event(self, event: object) -> None:
            if event == Started("Waiting for web to reach a steady state"):
                place = {"cluster": deployed.names.cluster, "service": deployed.names.service("web")}
                deployed.ecs.update_service(**place, taskDefinition="web-shop-dev:1")

    environment, progress = deployed.environment("web"), Progress()
    releases = releases_of(environment, {"web": NEW})

    with pytest.raises(AwsError) as caught:
        release(environment, releases, Interfering(), settings(), progress)

    first, *_, last = sentences(caught.value).splitlines()
    assert first.startswith("service `web`: ")
    assert "web-shop-dev:1" in first
    assert last == "release: not completed: web; fix the cause, then continue with `ecsforge release web --tag v2`"
    assert progress.remaining == ("web",)


def test_without_waiting_the_tasks_of_after_are_not_run(emulated: boto3.Session) -> None:
    tasks = {**EXTERNAL, "after": ({"command": ("warm",)},)}
    one = Account(emulated, shop(web=external(deployment=tasks)))
    one.deploy()

    assert released(one, {"web": NEW}, timeout=None).warnings == ["`deployment.after` of web is not run with --no-wait"]
    assert one.image("web") == NEW


def test_what_is_released_from_the_shared_repository_is_tagged(emulated: boto3.Session) -> None:
    one = Account(emulated, shop(web=external(repository=True)))
    one.deploy()
    digest = one.push("shop/web", "v2")
    image = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web@{digest}"

    assert released(one, {"web": image}).warnings == []
    tag = f"deployed-dev-{digest[7:19]}"
    assert one.tags("shop/web") == {"v2", tag}


def test_a_tag_that_is_refused_is_a_warning(emulated: boto3.Session) -> None:
    one = Account(emulated, shop(web=external(repository=True)))
    one.deploy()
    image = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web@sha256:{'0' * 64}"

    assert released(one, {"web": image}).warnings == [
        "repository shop/web: does not exist; run the command again: without a tag deployed-dev-* ECR may remove the "
        "image that runs"
    ]
    assert one.image("web") == image


def test_progress_reads_as_text() -> None:
    progress: Any = Progress(("web", "mailer"))
    assert str(progress) == "not started: web, mailer"
    progress.current = "web"
    assert str(progress) == "not completed: web; not started: mailer"
    progress.released.append("web")
    assert str(progress) == "released: web; not started: mailer"
