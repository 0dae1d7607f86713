"""`ecsforge deploy` with a script as Terraform; tests/e2e deploys real stacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from operations.state.apply_marker import last_ending
from stacks.naming import Names
from tests.cli.commands.conftest import PROJECT, Answer
from tests.conftest import Invoke
from tests.support.locks import locked, still_changing
from tests.support.scripted_terraform import ScriptedTerraform, planned, shown, step

QUEUE = "aws_sqs_queue.web"
STACK = Path("cdktf.out/stacks/shop-dev")
STATE = Path("terraform.shop-dev.tfstate")
NEXT = "Next: ecsforge status --env dev to see its health, ecsforge logs --env dev to read its logs"


@pytest.fixture
def changed(terraform: ScriptedTerraform) -> ScriptedTerraform:
    """A plan creates one queue; the stack has two outputs."""
    terraform.plans({QUEUE: "create"})
    terraform.outputs({"alb_url": "http://x.example.com", "aws_region": "eu-west-1"})
    return terraform


def stores_a_service() -> None:
    """The local state contains the service web."""
    attributes = {"name": Names("shop", "dev").service("web"), "task_definition": "arn:aws:ecs:eu-west-1:1:x/web:1"}
    service = {"mode": "managed", "type": "aws_ecs_service", "name": "web", "instances": [{"attributes": attributes}]}
    STATE.write_text(json.dumps({"version": 4, "lineage": "a", "serial": 1, "resources": [service]}))


def test_after_a_yes_it_applies_and_prints_the_outputs(answer: Answer, changed: ScriptedTerraform) -> None:
    result = answer("y\n", "deploy", "--env", "dev")

    assert result.exit_code == 0
    assert result.stdout == "alb_url\thttp://x.example.com\naws_region\teu-west-1\n"
    assert "shop-dev: 1 to create\n\nweb\n  + queue\n" in result.stderr
    assert "Apply this plan to shop-dev? [y/N]: y\n" in result.stderr
    assert result.stderr.splitlines()[-3:] == [
        "Deployed shop-dev",
        "shop-dev is reachable at http://x.example.com",
        NEXT,
    ]
    assert changed.calls == ["init", "plan", "show", "apply"]


@pytest.mark.parametrize("typed", ["n\n", "\n"])
def test_after_any_other_answer_nothing_is_changed(answer: Answer, changed: ScriptedTerraform, typed: str) -> None:
    result = answer(typed, "deploy", "--env", "dev")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("Nothing was changed\n")
    assert changed.calls == ["init", "plan", "show"]


def test_without_a_terminal_the_missing_option_is_named(invoke: Invoke, changed: ScriptedTerraform) -> None:
    result = invoke("deploy", "--env", "dev")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-2:] == [
        "error: cannot ask 'Apply this plan to shop-dev?' because the input is not a terminal; pass --auto-approve",
        "Try 'ecsforge deploy --help' for help.",
    ]
    assert "apply" not in changed.calls


def test_a_protected_environment_needs_its_name_also_with_auto_approve(
    invoke: Invoke, changed: ScriptedTerraform
) -> None:
    refused = invoke("deploy", "--env", "prod", "--auto-approve")
    deployed = invoke("deploy", "--env", "prod", "--yes-i-mean", "shop-prod")

    assert refused.exit_code == 2
    assert (
        "error: cannot ask 'prod is protected. To continue, type shop-prod' because the input is not a terminal; pass "
        "--yes-i-mean shop-prod\n"
    ) in refused.stderr
    assert deployed.exit_code == 0
    assert "Deployed shop-prod\n" in deployed.stderr


def test_a_saved_plan_is_applied_without_another_one(invoke: Invoke, changed: ScriptedTerraform, folder: Path) -> None:
    (folder / "dev.tfplan").write_text("plan\n")
    changed.shows([shown(QUEUE, "create", before=None, after={})])

    result = invoke("deploy", "--env", "dev", "--plan", "dev.tfplan", "--auto-approve")

    assert result.exit_code == 0
    assert changed.calls == ["init", "show", "apply"]
    assert (folder / "dev.tfplan").exists()


def test_a_saved_plan_that_does_not_exist_is_a_usage_error(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    result = invoke("deploy", "--env", "dev", "--plan", "dev.tfplan")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: Invalid value for '--plan': File 'dev.tfplan' does not exist.\n")
    assert terraform.calls == []


def test_a_state_in_place_of_a_plan_is_an_error(invoke: Invoke, terraform: ScriptedTerraform, folder: Path) -> None:
    (folder / "dev.tfplan").write_text("state\n")
    terraform.answers("show", [{"format_version": "1.0", "values": {}}])

    result = invoke("deploy", "--env", "dev", "--plan", "dev.tfplan", "--auto-approve")

    assert result.exit_code == 1
    assert result.stderr.endswith(
        "error: dev.tfplan: this is not a plan; got a state; create a plan with `ecsforge plan --out FILE`\n"
    )


def test_a_plan_that_destroys_everything_ends_without_outputs(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path
) -> None:
    (folder / "dev.tfplan").write_text("plan\n")
    terraform.shows([shown(QUEUE, "delete", before={}, after=None)])

    result = invoke("deploy", "--env", "dev", "--plan", "dev.tfplan", "--yes-i-mean", "shop-dev")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.endswith("Destroyed shop-dev\n")


def test_without_changes_the_outputs_are_printed_and_nothing_is_asked(
    invoke: Invoke, terraform: ScriptedTerraform
) -> None:
    terraform.outputs({"aws_region": "eu-west-1"})

    result = invoke("deploy", "--env", "dev")

    assert (result.exit_code, result.stdout) == (0, "aws_region\teu-west-1\n")
    assert "shop-dev: no changes; the deployed stack matches the project file\n" in result.stderr
    assert result.stderr.endswith(f"{NEXT}\n")
    assert terraform.calls == ["init", "plan", "output"]


def test_only_with_no_wait_the_services_are_not_waited_for(invoke: Invoke, changed: ScriptedTerraform) -> None:
    stores_a_service()

    waited = invoke("deploy", "--env", "dev", "--auto-approve", "--timeout", "1s")
    not_waited = invoke("deploy", "--env", "dev", "--auto-approve", "--no-wait")

    assert (waited.exit_code, waited.stdout) == (1, "")
    assert "Waiting for the services to reach a steady state\n" in waited.stderr
    assert (
        "error: service `web`: the deploy is done, but it is unknown whether ECS reaches a steady state: AWS refused "
        "DescribeServices; got ClusterNotFoundException: "
    ) in waited.stderr
    assert "; check the health with `ecsforge status web --env dev`\n" in waited.stderr
    assert not_waited.exit_code == 0
    assert "Waiting for the services" not in not_waited.stderr


TWO = ("aws_sqs_queue.web", "aws_ecs_cluster.web_cluster")
PLANNED = [planned(address, "create") for address in TWO]
STOPPED = [*PLANNED, *(step(address, "create", "start") for address in TWO), step(QUEUE, "create", "complete")]
SELECTED = ["-f", "ecsforge.yaml", "--project-id", "shop", "--set", "services.web.count=2", "--env", "dev"]


def test_ctrl_c_during_an_apply_exits_with_130_and_is_continued_by_the_next_deploy(
    invoke: Invoke, changed: ScriptedTerraform, folder: Path, interruptible: None
) -> None:
    changed.is_interrupted_in("apply", STOPPED)

    result = invoke("deploy", *SELECTED, "--auto-approve", "--timeout", "5m", "-v")

    assert (result.exit_code, result.stdout) == (130, "")
    assert "warning: stopping: Terraform " in result.stderr
    assert result.stderr.splitlines()[-2:] == [
        "",  # ends the line of the ^C
        "Interrupted: 1 of 2 changes were made and 1 did not complete; the state is saved. To continue: ecsforge "
        "deploy -f ecsforge.yaml --project-id shop --set services.web.count=2 --env dev --auto-approve --timeout 300",
    ]
    assert last_ending(folder / STACK) == "interrupted"


def test_the_errors_of_an_interrupted_apply_are_reported(
    invoke: Invoke, changed: ScriptedTerraform, interruptible: None
) -> None:
    summaries = ("execution halted", "creating SQS Queue (web): QueueDeletedRecently")
    errors = [{"type": "diagnostic", "diagnostic": {"severity": "error", "summary": each}} for each in summaries]
    changed.is_interrupted_in("apply", [*STOPPED, *errors])

    result = invoke("deploy", "--env", "dev", "--auto-approve")

    assert result.exit_code == 130
    assert result.stderr.splitlines()[-3].startswith("error: applying: creating SQS Queue (web): QueueDeletedRecently")
    assert "execution halted" not in result.stderr


def test_an_interrupted_saved_plan_is_continued_without_it_because_it_is_outdated(
    invoke: Invoke, changed: ScriptedTerraform, folder: Path, interruptible: None
) -> None:
    (folder / "dev.tfplan").write_text("plan\n")
    changed.shows([shown(QUEUE, "create", before=None, after={})])
    changed.is_interrupted_in("apply", STOPPED)

    result = invoke("deploy", "--env", "dev", "--plan", "dev.tfplan", "--auto-approve")

    assert result.exit_code == 130
    assert result.stderr.endswith("To continue: ecsforge deploy --env dev --auto-approve\n")


def test_a_stop_that_came_too_late_says_that_everything_was_deployed(
    invoke: Invoke, changed: ScriptedTerraform, folder: Path, interruptible: None
) -> None:
    done = [step(address, "create", state) for address in TWO for state in ("start", "complete")]
    changed.is_interrupted_in("apply", [*PLANNED, *done], exit_code=0)

    result = invoke("deploy", "--env", "dev", "--auto-approve")

    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == (
        "Interrupted: 2 of 2 changes were made, which is the whole plan; the state is saved. To see the health of the "
        "services: ecsforge status --env dev"
    )
    assert last_ending(folder / STACK) is None


@pytest.mark.parametrize("phase", ["init", "plan"])
def test_ctrl_c_before_the_apply_says_that_nothing_was_changed(
    invoke: Invoke, changed: ScriptedTerraform, interruptible: None, phase: str
) -> None:
    changed.is_interrupted_in(phase)

    result = invoke("deploy", "--env", "dev", "--auto-approve")

    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == (
        "Interrupted: no resource was changed. To continue: ecsforge deploy --env dev --auto-approve"
    )
    assert "apply" not in changed.calls


def test_ctrl_c_at_the_prompt_says_that_nothing_was_changed(answer: Answer, changed: ScriptedTerraform) -> None:
    result = answer("", "deploy", "--env", "dev")

    assert result.exit_code == 130
    assert result.stderr.endswith("Interrupted: no resource was changed. To continue: ecsforge deploy --env dev\n")


def test_a_state_that_another_terraform_is_changing_stops_the_command_before_a_synth(
    invoke: Invoke, changed: ScriptedTerraform, folder: Path
) -> None:
    """An ecsforge that was killed leaves its Terraform running."""
    STATE.write_text("{}")

    with locked(STATE) as pid:
        result = invoke("deploy", "--env", "dev", "--auto-approve")

    assert result.exit_code == 1
    assert result.stderr == f"error: {STATE}: {still_changing(pid)}\n"
    assert not (folder / STACK).exists()


def test_the_command_that_releases_a_lock_selects_the_same_stack(invoke: Invoke, changed: ScriptedTerraform) -> None:
    detail = "Error message: x\nLock Info:\n  ID:        630cac8a\n  Who:       ada@laptop\n"
    locked_state = {"severity": "error", "summary": "Error acquiring the state lock", "detail": detail}
    changed.answers("plan", [{"type": "diagnostic", "diagnostic": locked_state}], exit_code=1)
    Path("ecsforge.yaml").write_text(PROJECT + "state: {backend: s3, bucket: states}\n")
    changed.initializes("s3", bucket="states", key="shop/dev/terraform.tfstate", region="eu-west-1")

    result = invoke("deploy", *SELECTED, "--auto-approve")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].endswith(
        "release its lock with `ecsforge state unlock 630cac8a -f ecsforge.yaml --project-id shop --set "
        "services.web.count=2 --env dev`"
    )


def test_an_apply_that_fails_exits_with_1(invoke: Invoke, changed: ScriptedTerraform, folder: Path) -> None:
    changed.fails("apply", "creating SQS Queue (web): QueueDeletedRecently")

    result = invoke("deploy", "--env", "dev", "--auto-approve")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("error: applying: creating SQS Queue (web): QueueDeletedRecently")
    assert last_ending(folder / STACK) == "failed"


def test_adopt_looks_for_resources_that_are_not_in_the_state(invoke: Invoke, changed: ScriptedTerraform) -> None:
    tags = {"Project": "shop", "Environment": "dev", "ManagedBy": "ecsforge"}
    cluster = Names("shop", "dev").cluster
    listed = [{"key": key, "value": value} for key, value in {**tags, "Name": cluster}.items()]
    boto3.client("ecs", "eu-west-1").create_cluster(clusterName=cluster, tags=listed)  # type: ignore[arg-type]

    result = invoke("deploy", "--env", "dev", "--auto-approve", "--adopt", "-v")

    assert result.exit_code == 0
    assert f"An interrupted deploy left aws_ecs_cluster.web_cluster, {cluster}\n" in result.stderr


class TestMovingTheState:
    """The project file names a bucket after a deploy with a local state."""

    QUESTION = f"Move the state from {STATE} to s3://states/shop/dev/terraform.tfstate?"

    @pytest.fixture(autouse=True)
    def named_bucket(self, changed: ScriptedTerraform, folder: Path) -> None:
        stores_a_service()
        (folder / "ecsforge.yaml").write_text(f"{PROJECT}state: {{backend: s3, bucket: states}}\n")
        changed.initializes("s3", bucket="states", key="shop/dev/terraform.tfstate", region="eu-west-1")

    def deploy(self, run: Any, *options: str) -> Any:
        return run("deploy", "--env", "dev", "--no-wait", "--auto-approve", *options)

    def test_without_a_terminal_the_missing_option_is_named(self, invoke: Invoke, folder: Path) -> None:
        result = self.deploy(invoke)

        assert result.exit_code == 2
        assert (
            f"error: cannot ask '{self.QUESTION}' because the input is not a terminal; pass --migrate-state\n"
        ) in result.stderr
        assert (folder / STATE).exists()

    def test_the_option_moves_it(self, invoke: Invoke, folder: Path, changed: ScriptedTerraform) -> None:
        result = self.deploy(invoke, "--migrate-state")

        assert result.exit_code == 0
        moved = f"Moved the state from {STATE} to s3://states/shop/dev/terraform.tfstate\n"
        assert moved in result.stderr
        assert changed.pushed["serial"] == 1
        assert not (folder / STATE).exists()

    def test_a_yes_moves_it(self, answer: Answer, changed: ScriptedTerraform) -> None:
        result = self.deploy(lambda *arguments: answer("y\n", *arguments))

        assert result.exit_code == 0
        assert f"{self.QUESTION} [y/N]: y\n" in result.stderr
        assert changed.pushed["serial"] == 1

    def test_a_no_deploys_nothing(self, answer: Answer, changed: ScriptedTerraform) -> None:
        result = self.deploy(lambda *arguments: answer("n\n", *arguments))

        assert result.exit_code == 1
        assert result.stderr.splitlines()[-1] == (
            f"error: state: the state of this stack is in {STATE}, but the project file now names "
            "s3://states/shop/dev/terraform.tfstate; deploy with --migrate-state to move it, or change `state` back"
        )
        assert changed.pushed is None
        assert "plan" not in changed.calls


def test_what_is_missing_in_the_account_ends_it_before_the_plan(
    invoke: Invoke, changed: ScriptedTerraform, folder: Path
) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT.replace("port: 80", "port: 80, secrets: {URL: 'ssm:/shop/url'}"))

    refused = invoke("deploy", "--env", "dev", "--auto-approve")
    calls = list(changed.calls)
    deployed = invoke("deploy", "--env", "dev", "--auto-approve", "--no-checks")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-3:] == [
        "Checking the account",
        "warning: nothing was planned; --no-checks deploys without these checks",
        "error: services.web.secrets.URL: the parameter does not exist; got ssm:/shop/url; set its value: `ecsforge "
        "secrets set URL --env dev`",
    ]
    assert calls == ["init"]
    assert deployed.exit_code == 0
    assert changed.calls == ["init", "plan", "show", "apply"]


def test_the_account_is_checked_before_repositories_are_created(
    invoke: Invoke, changed: ScriptedTerraform, folder: Path
) -> None:
    built = "repository: true, port: 80, image_credentials: secretsmanager:ghcr"
    (folder / "ecsforge.yaml").write_text(PROJECT.replace('image: "nginx:1.27", port: 80', built))

    refused = invoke("deploy", "--env", "dev", "--auto-approve")

    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1] == (
        "error: services.web.image_credentials: the secret does not exist; got secretsmanager:ghcr; set its value: "
        "`ecsforge secrets set image_credentials --env dev`"
    )
    assert changed.calls == ["init"]
    assert not (folder / "cdktf.out" / "stacks" / "shop-shared").exists()
