"""The stages of a rehearsal, with a script as Terraform and the real emulator; tests/e2e runs the real Terraform."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentences
from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.lifecycle import Lifecycle
from operations.rehearsal.run import run
from operations.terraform.binary import Binary
from stacks.errors import EcsforgeError
from stacks.project import Loaded, Selection, load
from tests.operations.rehearsal.account import PROJECT as CHECKED
from tests.operations.rehearsal.account import DeployedAccount, Facts
from tests.support.reporter import Recorder
from tests.support.scripted_terraform import ScriptedTerraform, shown

pytestmark = pytest.mark.slow

QUEUE = "aws_sqs_queue.mailer"
WORKER: dict[str, Any] = {
    "project_id": "mail",
    "region": "eu-west-1",
    "services": {"mailer": {"type": "worker", "image": "mailer:1"}},
}
DEPLOYED = ["init", "validate", "plan", "apply"]


class Shared(Emulator):
    """The emulator of this module, as the account of one rehearsal after the other."""

    def start(self) -> None:
        """It runs already."""

    def stop(self) -> None:
        """It is used again."""

    @cache  # noqa: B019  # one emulator for the module
    def client(self, service: str, region: str, *, role: str | None = None) -> Any:
        """Clients take a while to create, and taking stock of the account needs one per service."""
        return super().client(service, region, role=role)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Shared]:
    shared = Shared()
    Emulator.start(shared)
    yield shared
    Emulator.stop(shared)


@dataclass
class Rehearsal:
    """What a test rehearses with."""

    terraform: ScriptedTerraform
    folder: Path
    emulator: Shared

    def load(self, project: dict[str, Any], env: str = "dev") -> Loaded:
        file = self.folder.parent / "ecsforge.yaml"
        file.write_text(json.dumps(project))  # JSON is YAML too
        return load(Selection(file=file, env=env))

    def of(self, loaded: Loaded, **options: Any) -> Lifecycle:
        binary = Binary((self.terraform.path,), "Terraform", (1, 11, 4), "terraform")
        given = {"emulator": self.emulator, **options}
        return Lifecycle(loaded, self.folder, binary=binary, reporter=Recorder(), **given)


@pytest.fixture
def rehearsal(tmp_path: Path, emulator: Shared, monkeypatch: pytest.MonkeyPatch) -> Rehearsal:
    for name in [name for name in os.environ if name.startswith(("TF_", "ECSFORGE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path))
    terraform = ScriptedTerraform.write(tmp_path / "terraform")
    terraform.answers("validate", [{"diagnostics": []}])
    folder = tmp_path / "rehearsal"
    folder.mkdir()
    return Rehearsal(terraform, folder, emulator)


def stages(lifecycle: Lifecycle, until: str = "") -> dict[str, str]:
    """Run the stages except for the checks, up to and including `until`, and return their results."""
    results = {}
    for stage in lifecycle.stages():
        if stage.name != "check":
            results[stage.name] = stage.run()
        if stage.name == until:
            break
    return results


def error_of(lifecycle: Lifecycle) -> str:
    """Run the stages until one fails, and return its error."""
    with pytest.raises(EcsforgeError) as caught:
        stages(lifecycle)
    return sentences(caught.value)


def test_a_first_deploy_is_planned_applied_planned_again_and_destroyed(rehearsal: Rehearsal) -> None:
    lifecycle = rehearsal.of(rehearsal.load(WORKER))

    results = stages(lifecycle)

    assert results.pop("synthesize").endswith(" resources")
    assert results == {
        "start emulator": f"account 123456789012 at {rehearsal.emulator.endpoint}",
        "init": "providers from the registry",
        "validate": "valid",
        "plan": "no changes",
        "apply": "no changes",
        "plan again": "no changes",
        "destroy": "0 destroyed",
        "nothing left": "the account is as before",
    }
    assert rehearsal.terraform.calls == [*DEPLOYED, "plan", "plan", "apply"]


def test_the_number_of_changes_is_known_before_the_apply(rehearsal: Rehearsal) -> None:
    rehearsal.terraform.plans({QUEUE: "create", "aws_vpc.main": "create"})

    steps = {}
    for stage in rehearsal.of(rehearsal.load(WORKER)).stages():
        if stage.name == "check":
            break
        steps[stage.name] = (stage.steps, stage.run())

    assert steps["plan"] == (0, "2 to create")
    assert steps["apply"] == (2, "2 changes made")


def test_terraform_only_gets_the_emulator_and_the_state_is_local(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("TF_VAR_image", "other:1")
    project = {**WORKER, "state": {"backend": "s3", "bucket": "states"}}

    stages(rehearsal.of(rehearsal.load(project)), "validate")

    seen = rehearsal.terraform.environment
    assert seen["AWS_ENDPOINT_URL"] == rehearsal.emulator.endpoint
    assert seen.keys().isdisjoint(("AWS_PROFILE", "TF_VAR_image"))
    (written,) = rehearsal.folder.rglob("cdk.tf.json")
    assert '"local"' in written.read_text()
    assert "states" not in written.read_text()


def test_an_error_of_validate_is_a_problem_with_its_address(rehearsal: Rehearsal) -> None:
    found = [
        {"severity": "warning", "summary": "Deprecated attribute"},
        {"severity": "error", "summary": "Unsupported\nargument", "detail": "x is not expected", "address": QUEUE},
    ]
    rehearsal.terraform.answers("validate", [{"diagnostics": found}])

    assert error_of(rehearsal.of(rehearsal.load(WORKER))) == (
        f"validate ({QUEUE}): Unsupported argument; got x is not expected"
    )


def test_warnings_of_validate_are_counted(rehearsal: Rehearsal) -> None:
    warnings = [{"severity": "warning", "summary": "Deprecated attribute"}] * 2
    rehearsal.terraform.answers("validate", [{"diagnostics": warnings}])

    assert stages(rehearsal.of(rehearsal.load(WORKER)), "validate")["validate"] == "2 warnings"


def test_a_second_plan_with_changes_is_an_error_that_lists_them(rehearsal: Rehearsal) -> None:
    rehearsal.terraform.plans({QUEUE: "update"})
    change = shown(QUEUE, "update", before={"delay_seconds": 1}, after={"delay_seconds": 2})
    rehearsal.terraform.shows([change])

    assert error_of(rehearsal.of(rehearsal.load(WORKER))) == (
        f"plan again: the plan after the apply must be empty; got 1 to change: {QUEUE} delay_seconds; AWS returns "
        "different values than Terraform set, so every later plan would show these changes"
    )


def test_what_a_destroy_leaves_is_an_error(rehearsal: Rehearsal) -> None:
    lifecycle = rehearsal.of(rehearsal.load(WORKER))
    sqs = rehearsal.emulator.client("sqs", "eu-west-1")

    with pytest.raises(EcsforgeError) as caught:
        for stage in lifecycle.stages():
            if stage.name != "check":
                stage.run()
            if stage.name == "destroy":
                url = sqs.create_queue(QueueName="left")["QueueUrl"]
    sqs.delete_queue(QueueUrl=url)

    text = sentences(caught.value)
    assert text.startswith("nothing left: destroy leaves resources behind; got ")
    assert "left" in text.partition("got ")[2]


def test_a_protected_environment_is_deployed_without_its_protection_before_the_destroy(rehearsal: Rehearsal) -> None:
    lifecycle = rehearsal.of(rehearsal.load({**WORKER, "protected": True}))

    results = stages(lifecycle)

    assert list(results)[-3:] == ["remove protection", "destroy", "nothing left"]
    assert results["remove protection"] == "no changes"
    assert rehearsal.terraform.calls == [*DEPLOYED, "plan", "plan", "apply", "plan", "apply"]


class TestAnUpgrade:
    """The previous version is deployed first."""

    def upgraded(self, rehearsal: Rehearsal) -> Lifecycle:
        previous = rehearsal.load({**WORKER, "services": {"mailer": {"type": "worker", "image": "mailer:0"}}})
        return rehearsal.of(rehearsal.load(WORKER), previous=previous)

    def test_both_versions_are_applied(self, rehearsal: Rehearsal) -> None:
        lifecycle = self.upgraded(rehearsal)

        results = stages(lifecycle, "apply upgrade")

        assert list(results)[4:] == [
            "plan previous",
            "apply previous",
            "synthesize new",
            "plan upgrade",
            "apply upgrade",
        ]
        assert results["plan upgrade"] == "no changes; nothing is replaced or destroyed"
        assert lifecycle.upgrade is not None
        (written,) = rehearsal.folder.rglob("cdk.tf.json")
        assert "mailer:1" in written.read_text()
        assert "mailer:0" not in written.read_text()

    def test_a_replaced_resource_is_in_the_result(self, rehearsal: Rehearsal) -> None:
        rehearsal.terraform.plans({QUEUE: "replace"})
        rehearsal.terraform.shows([shown(QUEUE, "delete", "create", before={}, after={})])
        lifecycle = self.upgraded(rehearsal)

        results = stages(lifecycle, "apply upgrade")

        assert results["plan upgrade"] == "1 to replace"
        assert lifecycle.upgrade is not None
        assert [(each.address, each.action) for each in lifecycle.upgrade.resources] == [(QUEUE, "replace")]

    def test_an_upgrade_that_aws_would_refuse_halfway_is_refused(self, rehearsal: Rehearsal) -> None:
        """With the text of `plan`."""
        subnet = "aws_subnet.public_1"
        before = {"cidr_block": "10.0.1.0/24", "availability_zone": "eu-west-1b"}
        rehearsal.terraform.plans({subnet: "replace"})
        moved = {**before, "availability_zone": "eu-west-1c"}
        rehearsal.terraform.shows([shown(subnet, "create", "delete", before=before, after=moved)])

        with pytest.raises(EcsforgeError) as caught:
            stages(self.upgraded(rehearsal), "apply upgrade")

        assert sentences(caught.value) == (
            "network (aws_subnet.public_1): a new subnet would have the range of one that is in use, which EC2 "
            "refuses; got 10.0.1.0/24 in eu-west-1c for 10.0.1.0/24 in eu-west-1b; add the new zone at the end of "
            "`availability_zones` and keep the others, or write `public_subnets` and `private_subnets` with ranges "
            "that are free"
        )


def test_the_checks_compare_the_account_with_the_project_file(rehearsal: Rehearsal) -> None:
    lifecycle = rehearsal.of(rehearsal.load(CHECKED, "right"))
    results = {}
    for stage in lifecycle.stages():
        if stage.name == "check":
            break
        results[stage.name] = stage.run()
    account = DeployedAccount(rehearsal.emulator.client, "right", Facts())
    account.create()

    passed = stage.run()
    account.aws("logs").put_retention_policy(logGroupName=account.names.log_group("web"), retentionInDays=30)
    with pytest.raises(EcsforgeError) as caught:
        stage.run()

    assert "VPC vpc-0000000a" in results["prepare account"]
    assert passed == f"{len(lifecycle.checks)} checks passed"
    assert len(lifecycle.checks) > 20
    assert sentences(caught.value) == "service `web`: wrong log retention in days; got 30; expected 14"


def test_after_a_check_that_fails_nothing_else_runs_and_the_folder_is_deleted(rehearsal: Rehearsal) -> None:
    lifecycle = rehearsal.of(rehearsal.load(WORKER))

    report = run(lifecycle)

    assert report.error is not None
    assert sentences(report.error) == (
        "check: AWS refused GetRole; got NoSuchEntity: Role mail-dev-mailer-execution not found; create the missing "
        "resource, or correct its name in the project file"
    )
    assert (report.stages[-1].name, report.stages[-1].passed) == ("check", False)
    assert not rehearsal.folder.exists()


def test_with_keep_nothing_is_destroyed(rehearsal: Rehearsal) -> None:
    results = stages(rehearsal.of(rehearsal.load(WORKER), keep=True))

    assert list(results)[-1] == "plan again"


class TestProviders:
    """Where `terraform init` gets them."""

    def test_without_a_registry_and_a_mirror_the_variable_is_named(self, rehearsal: Rehearsal) -> None:
        rehearsal.terraform.fails("init", "Failed to query available provider packages")

        error = error_of(rehearsal.of(rehearsal.load(WORKER)))

        first, last = error.splitlines()
        assert first.startswith("preparing the stack: Failed to query available provider packages")
        assert last.startswith(
            "ECSFORGE_PROVIDER_MIRROR: no provider mirror is configured; if this machine can't reach "
        )

    def test_a_named_mirror_is_used_without_asking_the_registry(
        self, rehearsal: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mirror = tmp_path / "mirror"
        package = mirror / "registry.terraform.io" / "hashicorp" / "aws"
        package.mkdir(parents=True)
        (package / "terraform-provider-aws_6.0.0_linux_amd64.zip").touch()
        monkeypatch.setenv("ECSFORGE_PROVIDER_MIRROR", str(mirror))

        results = stages(rehearsal.of(rehearsal.load(WORKER)), "init")

        assert results["init"].startswith(f"providers from {mirror}")
        assert rehearsal.terraform.calls[0] == "init"
        assert rehearsal.terraform.environment["TF_CLI_CONFIG_FILE"] == str(rehearsal.folder / "terraform.tfrc")


def test_a_kept_rehearsal_leaves_the_emulator_and_the_folder(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    own = Emulator()
    lifecycle = rehearsal.of(rehearsal.load(WORKER), keep=True, emulator=own)
    stages(lifecycle, "validate")

    kept = lifecycle.leave_running()

    try:
        os.kill(kept.pid, 0)
        assert kept.endpoint == own.endpoint
        assert (kept.root, kept.folder.name) == (rehearsal.folder, "mail-dev")
        assert kept.settings["AWS_ENDPOINT_URL"] == own.endpoint
        assert (kept.settings["AWS_REGION"], kept.unset) == ("eu-west-1", ("AWS_PROFILE",))
        assert (rehearsal.folder / "emulator.log").is_file()
        assert not (rehearsal.folder / "plan").exists()
    finally:
        os.kill(kept.pid, 9)
