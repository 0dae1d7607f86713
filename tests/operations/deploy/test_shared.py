"""The stack that all environments share: it only grows, and is destroyed when nothing runs its images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentences
from operations.deploy.consent import Consent
from operations.deploy.shared import deploy_shared, destroy_shared, kept_resources, plan_shared
from operations.stack import Stack
from operations.state.apply_marker import last_ending, marked
from operations.state.backend import Backend
from operations.state.document import StateDocument
from operations.terraform.runner import PlanResult
from operations.terraform.stream import Planned
from stacks.errors import TerraformError, UsageError
from stacks.project.models import Project
from tests.support.fake_terraform import FakeTerraform
from tests.support.reporter import Recorder
from tests.support.stacks import synthesized

PROJECT = Project.model_validate(
    {"project_id": "shop", "env": "shared", "region": "eu-west-1", "services": {"web": {"repository": True}}}
)
MANIFEST = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}'
TAGS = {"Project": "shop", "Environment": "shared", "ManagedBy": "ecsforge"}
CONFIGURATION = {
    "provider": {"aws": [{"default_tags": [{"tags": TAGS}]}]},
    "resource": {
        "aws_ecr_repository": {"web": {"name": "shop/web"}},
        "aws_ecr_lifecycle_policy": {"web": {"repository": "${aws_ecr_repository.web.name}"}},
    },
}
CREATE = Planned("aws_ecr_repository.web", "aws_ecr_repository", "web", "create")
DELETE = Planned("aws_ecr_repository.web", "aws_ecr_repository", "web", "delete")


def resource(kind: str, id_: str, /, **attributes: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "name": id_, "instances": [{"attributes": attributes}]}


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 4, "resources": list(resources)}


WEB = resource("aws_ecr_repository", "web", name="shop/web")
OLD = resource("aws_ecr_repository", "old", name="shop/old", image_tag_mutability="IMMUTABLE")
OLD_LIFECYCLE = resource("aws_ecr_lifecycle_policy", "old", repository="shop/old", policy='{"rules": "${x}"}')
LEFT = state(WEB, OLD, OLD_LIFECYCLE)


class Recording(FakeTerraform):
    """Records what is kept while it plans; `again` are the changes of the second plan."""

    kept: dict[str, Any]
    again: tuple[Planned, ...] | None = None

    def plan(self, out: Path, **options: Any) -> PlanResult:
        file = self.folder / "ecsforge-kept.tf.json"
        self.kept = json.loads(file.read_text())["resource"] if file.exists() else {}
        if "plan" in self.calls and self.again is not None:
            self.changes = self.again
            self.shown = {"planned_values": {}, "resource_changes": []}
        return super().plan(out, **options)


def stack(terraform: FakeTerraform, session: Any = None) -> Stack:
    written = synthesized("shop-shared", "shared", terraform.folder, CONFIGURATION)
    backend = Backend("s3", {"bucket": "states", "key": "shop"}, terraform.folder)
    return Stack(PROJECT, "shop-shared", written, terraform, backend, session)  # type: ignore[arg-type]


def shown(changes: Mapping[str, str]) -> dict[str, Any]:
    resources = [
        {
            "address": address,
            "type": address.partition(".")[0],
            "mode": "managed",
            "change": {"actions": [action], "before": {}, "after": None},
        }
        for address, action in changes.items()
    ]
    return {"planned_values": {}, "resource_changes": resources}


def test_a_missing_stack_is_created_after_its_own_question(tmp_path: Path) -> None:
    terraform, reporter = FakeTerraform(tmp_path, [CREATE]), Recorder(True)

    assert deploy_shared(stack(terraform), reporter, Consent())

    assert terraform.calls == ["pull_state", "plan", "show", "apply"]
    assert reporter.asked == ["Apply this plan to shop-shared?"]
    assert reporter.messages == ["Deployed shop-shared"]
    assert last_ending(tmp_path) is None


@pytest.mark.parametrize("consent", [Consent(auto_approve=True), Consent(stack="shop-prod")])
def test_the_consent_to_an_environment_covers_it(tmp_path: Path, consent: Consent) -> None:
    terraform, reporter = FakeTerraform(tmp_path, [CREATE]), Recorder()

    assert deploy_shared(stack(terraform), reporter, consent)
    assert (reporter.asked, terraform.calls[-1]) == ([], "apply")


def test_a_declined_plan_is_not_applied(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, [CREATE])

    assert not deploy_shared(stack(terraform), Recorder(False), Consent())
    assert "apply" not in terraform.calls


def test_an_unchanged_stack_is_a_detail(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), marked(tmp_path):
        raise KeyboardInterrupt
    terraform, reporter = FakeTerraform(tmp_path), Recorder()

    assert deploy_shared(stack(terraform), reporter, Consent())
    assert (reporter.plans, reporter.details, last_ending(tmp_path)) == ([], ["shop-shared: no changes"], None)


def test_a_repository_whose_service_left_the_file_stays_with_a_warning(tmp_path: Path) -> None:
    terraform, reporter = Recording(tmp_path, state=LEFT), Recorder()

    plan_shared(stack(terraform), reporter, tmp_path / "plan")

    assert terraform.kept == {
        "aws_ecr_repository": {"old": {"name": "shop/old", "lifecycle": {"ignore_changes": "all"}}},
        "aws_ecr_lifecycle_policy": {
            "old": {
                "repository": "shop/old",
                "policy": '{"rules": "$${x}"}',
                "lifecycle": {"ignore_changes": "all"},
            }
        },
    }
    assert not (tmp_path / "ecsforge-kept.tf.json").exists()
    assert reporter.warnings == [
        "repository shop/old: its service has left the project file; it stays, with its images; delete it in ECR when "
        "nothing runs its images"
    ]


def test_a_kept_repository_that_was_deleted_in_ecr_is_not_created_again(tmp_path: Path) -> None:
    changes = {"aws_ecr_repository.old": "create", "aws_ecr_lifecycle_policy.old": "create"}
    planned = [Planned(address, address.partition(".")[0], "old", "create") for address in changes]
    terraform, reporter = Recording(tmp_path, planned, shown=shown(changes), state=LEFT), Recorder()
    terraform.again = ()

    made = plan_shared(stack(terraform), reporter, tmp_path / "plan")

    assert (made.has_changes, terraform.kept, reporter.warnings) == (False, {}, [])


def test_the_key_of_existing_repositories_is_kept(tmp_path: Path) -> None:
    key = resource("aws_kms_key", "main", arn="arn")
    alias = resource("aws_kms_alias", "main", name="alias/shop-shared", target_key_id="1234")

    kept = kept_resources(CONFIGURATION, StateDocument(state(WEB, key, alias)))

    assert kept == {
        "aws_kms_key.main": {"lifecycle": {"ignore_changes": "all"}},
        "aws_kms_alias.main": {
            "name": "alias/shop-shared",
            "target_key_id": "1234",
            "lifecycle": {"ignore_changes": "all"},
        },
    }


def test_the_access_of_accounts_that_left_is_removed() -> None:
    policy = resource("aws_ecr_repository_policy", "web", repository="shop/web", policy="{}")

    assert kept_resources(CONFIGURATION, StateDocument(state(WEB, policy))) == {}


def test_a_plan_that_would_lose_images_is_refused(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, [DELETE], shown=shown({"aws_ecr_repository.web": "delete"}), state=state(WEB))

    with pytest.raises(TerraformError, match="the shared stack would lose repositories or their key"):
        deploy_shared(stack(terraform), Recorder(True), Consent(auto_approve=True))
    assert "apply" not in terraform.calls


@pytest.fixture
def ecr(account: Any) -> Any:
    client = account.client("ecr")
    client.create_repository(repositoryName="shop/web")
    return client


def push(ecr: Any, *tags: str) -> None:
    for tag in tags:
        ecr.put_image(repositoryName="shop/web", imageManifest=MANIFEST, imageTag=tag)


def destroyed(folder: Path) -> FakeTerraform:
    return FakeTerraform(folder, [DELETE], shown=shown({"aws_ecr_repository.web": "delete"}), state=state(WEB))


def test_a_destroy_asks_for_the_name_and_deletes_the_images(tmp_path: Path, account: Any, ecr: Any) -> None:
    push(ecr, "v1")
    terraform, reporter = destroyed(tmp_path), Recorder("shop-shared")

    assert destroy_shared(stack(terraform, account), reporter, Consent())

    assert reporter.asked == ["This destroys 1 resource of shop-shared. To continue, type shop-shared"]
    assert (terraform.calls[-1], reporter.messages) == ("apply", ["Destroyed shop-shared"])
    assert ecr.describe_repositories()["repositories"] == []


def test_a_declined_destroy_keeps_the_images(tmp_path: Path, account: Any, ecr: Any) -> None:
    push(ecr, "v1")
    terraform = destroyed(tmp_path)

    assert not destroy_shared(stack(terraform, account), Recorder("no"), Consent())

    assert "apply" not in terraform.calls
    assert len(ecr.describe_images(repositoryName="shop/web")["imageDetails"]) == 1


def test_the_consent_to_another_stack_destroys_nothing(tmp_path: Path, account: Any, ecr: Any) -> None:
    with pytest.raises(UsageError):
        destroy_shared(stack(destroyed(tmp_path), account), Recorder(), Consent(stack="shop-dev"))

    assert len(ecr.describe_repositories()["repositories"]) == 1


def test_images_that_environments_run_are_not_destroyed(tmp_path: Path, account: Any, ecr: Any) -> None:
    push(ecr, "v1", "deployed-prod-0123456789ab", "deployed-dev-eu-0123456789ab", "deployed-x")
    terraform = destroyed(tmp_path)

    with pytest.raises(TerraformError) as error:
        destroy_shared(stack(terraform, account), Recorder("shop-shared"), Consent(auto_approve=True))

    assert sentences(error.value) == (
        "shop-shared: dev-eu and prod run images of its repositories; got shop/web:deployed-dev-eu-0123456789ab "
        "and shop/web:deployed-prod-0123456789ab; destroy these environments first"
    )
    assert terraform.calls == ["pull_state"]


def test_a_repository_that_was_deleted_in_ecr_does_not_stop_the_destroy(tmp_path: Path, account: Any) -> None:
    assert destroy_shared(stack(destroyed(tmp_path), account), Recorder(), Consent(auto_approve=True))


def test_an_empty_stack_has_nothing_to_destroy(tmp_path: Path) -> None:
    reporter = Recorder()

    assert destroy_shared(stack(FakeTerraform(tmp_path)), reporter, Consent())
    assert reporter.messages == ["shop-shared: nothing to destroy"]
