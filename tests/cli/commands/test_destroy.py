"""`ecsforge destroy` with a script as Terraform; tests/e2e destroys real stacks."""

from __future__ import annotations

import pytest

from tests.cli.commands.conftest import Answer
from tests.conftest import Invoke
from tests.support.scripted_terraform import ScriptedTerraform, planned, shown, step

QUEUE = "aws_sqs_queue.web"
QUESTION = "This destroys 1 resource of shop-dev. To continue, type shop-dev"


@pytest.fixture
def deployed(terraform: ScriptedTerraform) -> ScriptedTerraform:
    """A stack that contains one queue."""
    terraform.plans({QUEUE: "delete"}, destroy=True)
    terraform.shows([shown(QUEUE, "delete", before={}, after=None)])
    return terraform


def test_the_name_of_the_stack_is_typed_to_destroy_it(answer: Answer, deployed: ScriptedTerraform) -> None:
    result = answer("shop-dev\n", "destroy", "--env", "dev")

    assert (result.exit_code, result.stdout) == (0, "")
    assert f"{QUESTION}: shop-dev\n" in result.stderr
    assert result.stderr.endswith("Destroyed shop-dev\n")
    assert deployed.calls == ["init", "plan", "show", "apply"]


@pytest.mark.parametrize("typed", ["yes\n", "shop-prod\n", "SHOP-DEV\n"])
def test_any_other_answer_changes_nothing_and_exits_with_1(
    answer: Answer, deployed: ScriptedTerraform, typed: str
) -> None:
    result = answer(typed, "destroy", "--env", "dev")

    assert result.exit_code == 1
    assert result.stderr.endswith("Nothing was changed\n")
    assert "apply" not in deployed.calls


@pytest.mark.parametrize("options", [["--auto-approve"], ["--yes-i-mean", "shop-dev"]])
def test_an_option_answers(invoke: Invoke, deployed: ScriptedTerraform, options: list[str]) -> None:
    result = invoke("destroy", "--env", "dev", *options)

    assert result.exit_code == 0
    assert QUESTION not in result.stderr
    assert result.stderr.endswith("Destroyed shop-dev\n")
    assert "apply" in deployed.calls


def test_without_a_terminal_the_missing_option_is_named(invoke: Invoke, deployed: ScriptedTerraform) -> None:
    result = invoke("destroy", "--env", "dev")

    assert result.exit_code == 2
    assert result.stderr.splitlines()[-2:] == [
        f"error: cannot ask '{QUESTION}' because the input is not a terminal; pass --yes-i-mean shop-dev",
        "Try 'ecsforge destroy --help' for help.",
    ]
    assert "apply" not in deployed.calls


def test_the_name_of_another_stack_is_a_usage_error(invoke: Invoke, deployed: ScriptedTerraform) -> None:
    result = invoke("destroy", "--env", "dev", "--yes-i-mean", "shop-prod")

    assert result.exit_code == 2
    assert "error: --yes-i-mean: wrong stack name; got shop-prod; the selected stack is shop-dev\n" in result.stderr
    assert "apply" not in deployed.calls


def test_a_protected_environment_is_refused_before_it_is_planned(invoke: Invoke, deployed: ScriptedTerraform) -> None:
    result = invoke("destroy", "--env", "prod", "--yes-i-mean", "shop-prod")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "error: prod: this environment is protected; set `protected: false` in the project file, deploy that to remove "
        "the deletion protection, then destroy it"
    )
    assert deployed.calls == ["init"]


def test_a_stack_without_resources_has_nothing_to_destroy(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    result = invoke("destroy", "--env", "dev")

    assert result.exit_code == 0
    assert result.stderr.endswith("shop-dev: nothing to destroy\n")
    assert terraform.calls == ["init", "plan"]


def test_a_destroy_that_fails_exits_with_1(invoke: Invoke, deployed: ScriptedTerraform) -> None:
    deployed.fails("apply", "deleting SQS Queue: InternalError")

    result = invoke("destroy", "--env", "dev", "--auto-approve")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("error: applying: deleting SQS Queue: InternalError")
    assert "Destroyed" not in result.stderr


def test_ctrl_c_says_how_much_was_destroyed_and_which_command_continues(
    invoke: Invoke, deployed: ScriptedTerraform, interruptible: None
) -> None:
    both = (QUEUE, "aws_ecs_cluster.web_cluster")
    events = [*(planned(each, "delete") for each in both), step(QUEUE, "delete", "start")]
    deployed.is_interrupted_in("apply", [*events, step(QUEUE, "delete", "complete")])

    result = invoke("destroy", "--env", "dev", "--yes-i-mean", "shop-dev")

    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == (
        "Interrupted: 1 of 2 resources were destroyed; the state is saved. To continue: ecsforge destroy --env dev "
        "--yes-i-mean shop-dev"
    )


def test_a_destroy_that_completed_all_the_same_says_so(
    invoke: Invoke, deployed: ScriptedTerraform, interruptible: None
) -> None:
    events = [planned(QUEUE, "delete"), step(QUEUE, "delete", "start"), step(QUEUE, "delete", "complete")]
    deployed.is_interrupted_in("apply", events, exit_code=0)

    result = invoke("destroy", "--env", "dev", "--auto-approve")

    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == (
        "Interrupted: 1 of 1 resources were destroyed, which is the whole plan; the state is saved. Nothing is left to "
        "destroy"
    )
