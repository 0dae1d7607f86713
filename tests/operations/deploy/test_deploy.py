"""What a deploy asks before it changes anything."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from cli.console import Console
from operations.deploy import deploy as deployment
from operations.deploy.deploy import Consent, agreed, deploy
from operations.plan.make import read_plan
from operations.plan.model import Plan, plan_from_actions
from operations.terraform.stream import Outputs, Planned
from stacks.addresses import Owners
from stacks.errors import AwsError, TerraformError
from stacks.project.models import Project

ORDINARY = Project(project_id="shop", env="dev")
PROTECTED = Project(project_id="shop", env="prod", protected=True)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def plan(stack: str = "shop-dev", **actions: int) -> Plan:
    planned = [
        Planned(f"aws_sqs_queue.q_{action}_{number}", "aws_sqs_queue", f"q_{action}_{number}", action)  # type: ignore[arg-type]
        for action, count in actions.items()
        for number in range(count)
    ]
    return plan_from_actions(stack, planned, Owners())


def answering(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Make stdin, stdout and stderr a terminal on which `text` is typed."""
    monkeypatch.setattr(sys, "stdin", Terminal(f"{text}\n"))
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Terminal())


@pytest.mark.parametrize(("key", "expected"), [("y", True), ("n", False), ("", False)])
def test_an_ordinary_plan_is_applied_after_a_yes(monkeypatch: pytest.MonkeyPatch, key: str, expected: bool) -> None:
    answering(monkeypatch, key)

    assert agreed(plan(create=1), ORDINARY, Console(), Consent()) is expected


def test_auto_approve_answers_it() -> None:
    assert agreed(plan(create=1), ORDINARY, Console(), Consent(auto_approve=True))


def test_on_a_pipe_nothing_is_asked_and_the_missing_option_is_named() -> None:
    with pytest.raises(click.UsageError) as caught:
        agreed(plan(create=1), ORDINARY, Console(), Consent())

    assert caught.value.message == (
        "cannot ask 'Apply this plan to shop-dev?' because the input is not a terminal; pass --auto-approve"
    )


@pytest.mark.parametrize(("name", "expected"), [("shop-prod", True), (" shop-prod ", True), ("shop-dev", False)])
def test_a_protected_environment_asks_for_its_stacks_name(
    monkeypatch: pytest.MonkeyPatch, name: str, expected: bool
) -> None:
    answering(monkeypatch, name)

    assert agreed(plan("shop-prod", create=1), PROTECTED, Console(), Consent(auto_approve=True)) is expected


def test_auto_approve_does_not_answer_for_a_protected_environment() -> None:
    with pytest.raises(click.UsageError, match=r"prod is protected.*pass --yes-i-mean shop-prod"):
        agreed(plan("shop-prod", create=1), PROTECTED, Console(), Consent(auto_approve=True))


def test_naming_the_stack_answers_for_a_protected_environment() -> None:
    assert agreed(plan("shop-prod", create=1), PROTECTED, Console(), Consent(stack="shop-prod"))


def test_naming_another_stack_is_an_error() -> None:
    with pytest.raises(click.UsageError) as caught:
        agreed(plan("shop-prod", create=1), PROTECTED, Console(), Consent(stack="shop-dev"))

    assert caught.value.message == ("--yes-i-mean: this is not the stack at hand; got shop-dev; the stack is shop-prod")


def test_a_plan_that_destroys_more_than_it_keeps_asks_again_despite_auto_approve() -> None:
    with pytest.raises(click.UsageError, match="This destroys more than it keeps: 2 resources go"):
        agreed(plan(delete=1, replace=1, create=1), ORDINARY, Console(), Consent(auto_approve=True))


def test_destroying_asks_for_the_name() -> None:
    with pytest.raises(click.UsageError, match=r"This destroys 2 resources of shop-dev.*pass --yes-i-mean shop-dev"):
        agreed(plan(delete=2), ORDINARY, Console(), Consent(), destroy=True)


def test_destroying_an_ordinary_environment_can_be_approved_beforehand() -> None:
    assert agreed(plan(delete=2), ORDINARY, Console(), Consent(auto_approve=True), destroy=True)


def test_the_question_says_how_much_can_not_be_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Console, "confirm", lambda self, question, flag: asked.append(question) or True)
    kept = Plan("shop-dev", plan(delete=1).resources, kept=10)

    agreed(kept, ORDINARY, Console(), Consent())

    assert asked == ["Apply this plan to shop-dev? 1 change above can't be undone."]


def stack(folder: Path, project: Project = ORDINARY, shown: dict[str, Any] | None = None) -> Any:
    """A stack whose Terraform has no outputs and shows `shown` for any plan file."""
    terraform = SimpleNamespace(folder=folder, output=Outputs, show=lambda file: shown)
    backend = SimpleNamespace(is_named_in=lambda file: True)
    name = f"{project.project_id}-{project.env}"
    return SimpleNamespace(
        name=name, project=project, services=(), terraform=terraform, backend=backend, stored_state=dict
    )


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits for ECS, each of which fails."""
    waited: list[float] = []

    def wait(stack: Any, console: Console, seconds: float) -> None:
        waited.append(seconds)
        raise AwsError("service `web`: its tasks keep stopping")

    monkeypatch.setattr(deployment, "wait", wait)
    return waited


def test_a_deploy_that_changes_nothing_still_tells_what_ecs_could_not_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, waits: list[float]
) -> None:
    """The deploy before may have failed there: run again, it must not end well."""
    unchanged = Plan("shop-dev", (), has_changes=False)
    monkeypatch.setattr(deployment, "make_plan", lambda *arguments, **options: unchanged)

    with pytest.raises(AwsError, match="its tasks keep stopping"):
        deploy(stack(tmp_path), Console(), Consent(), wait_seconds=60)
    outputs = deploy(stack(tmp_path), Console(), Consent(), wait_seconds=None)

    assert waits == [60]
    assert outputs == Outputs()


def to_destroy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every plan file holds a plan that destroys all there is."""
    everything = replace(plan("shop-prod", delete=2), kept=0)
    monkeypatch.setattr(deployment, "read_plan", lambda stack, file: everything)


def test_a_saved_plan_to_destroy_is_refused_for_a_protected_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    to_destroy(monkeypatch)

    with pytest.raises(TerraformError, match="prod: this environment is protected"):
        deploy(
            stack(tmp_path, PROTECTED),
            Console(),
            Consent(stack="shop-prod"),
            saved_plan=tmp_path / "plan",
            wait_seconds=None,
        )


def test_a_saved_plan_to_destroy_ends_with_destroyed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to_destroy(monkeypatch)
    monkeypatch.setattr(deployment, "apply", lambda *arguments: Outputs())
    ordinary = ORDINARY.model_copy(update={"env": "prod"})

    deploy(
        stack(tmp_path, ordinary),
        Console(),
        Consent(stack="shop-prod"),
        saved_plan=tmp_path / "plan",
        wait_seconds=None,
    )

    assert capsys.readouterr().err.splitlines()[-1] == "Destroyed shop-prod"


def test_a_state_is_no_plan(tmp_path: Path) -> None:
    state = stack(tmp_path, shown={"format_version": "1.0", "values": {}})

    with pytest.raises(TerraformError) as refused:
        read_plan(state, Path("terraform.shop-dev.tfstate"))

    assert str(refused.value) == (
        "terraform.shop-dev.tfstate: this is no plan; got a state; make a plan with `ecsforge plan --out FILE`"
    )


def test_an_interrupt_of_the_wait_says_that_the_deploy_is_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(deployment, "_targets", lambda *arguments: ["web"])
    monkeypatch.setattr(deployment, "wait_until_steady", interrupted)
    monkeypatch.setattr(deployment.aws, "client", interrupted)

    with pytest.raises(KeyboardInterrupt):
        deployment.wait(SimpleNamespace(session=None, **vars(stack(tmp_path))), Console(), 60)  # type: ignore[arg-type]

    assert capsys.readouterr().err.splitlines()[-1] == (
        "warning: no longer waiting: shop-dev is deployed, and ECS goes on without this command"
    )


@pytest.mark.parametrize(
    ("ending", "adopt", "closes"), [(None, False, False), ("failed", False, True), (None, True, True)]
)
def test_after_an_apply_that_did_not_end_well_its_security_groups_are_closed(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    ending: str | None,
    adopt: bool,
    closes: bool,
) -> None:
    to_make = plan(create=1)
    monkeypatch.setattr(deployment, "make_plan", lambda *arguments, **options: to_make)
    monkeypatch.setattr(deployment, "keep_half_made", lambda *arguments: None)
    monkeypatch.setattr(deployment, "last_ending", lambda folder: ending)
    monkeypatch.setattr(deployment, "close_half_made_groups", lambda folder, session: ("web-shop-dev",))
    monkeypatch.setattr(deployment, "apply", lambda *arguments: Outputs())
    broken = SimpleNamespace(session=None, **vars(stack(tmp_path)))

    deploy(broken, Console(), Consent(auto_approve=True), adopt=adopt, wait_seconds=None)  # type: ignore[arg-type]

    told = "Closed the security group web-shop-dev, which the last deploy had left open to the outside"
    assert (told in capsys.readouterr().err.splitlines()) is closes
