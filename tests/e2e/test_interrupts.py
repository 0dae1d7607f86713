"""A deploy that is interrupted or killed does not lose state that Terraform could save."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.processes import terraform_of, wait_for
from tests.support.workplace import WEB, WORKER, Workplace


def load_balancers(workplace: Workplace) -> list[str]:
    return [each["LoadBalancerName"] for each in workplace.aws("elbv2").describe_load_balancers()["LoadBalancers"]]


def addresses(workplace: Workplace, stack: str) -> set[str]:
    """The resources in the state, without those that Terraform has only started to create and that have no instance."""
    resources = workplace.state(stack)["resources"]
    return {f"{each['type']}.{each['name']}" for each in resources if each["mode"] == "managed" and each["instances"]}


def last_words(stderr: str) -> dict[str, str]:
    """What an interrupted command says at its end: `made`, `planned` and `again`."""
    words = re.fullmatch(
        r"Interrupted: (?P<made>\d+) of (?P<planned>\d+) (?:changes were made|resources were destroyed)"
        r"(?: and \d+ did not complete)?; the state is saved\. To continue: (?P<again>.*)",
        stderr.splitlines()[-1],
    )
    assert words is not None, stderr
    return words.groupdict()


def applies(folder: Path) -> bool:
    """Whether Terraform has been started to apply a plan; it needs seconds until it works on resources."""
    commands = (Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in terraform_of(folder))
    return any(b"apply" in command for command in commands)


def interrupted(running: subprocess.Popen[str], folder: Path, number: signal.Signals) -> str:
    """Stop a command when its Terraform has just been started to apply a plan; returns its stderr."""
    wait_for(lambda: applies(folder), poll=0.02)
    running.send_signal(number)
    return running.communicate(timeout=120)[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_before_terraform_works_on_resources_is_not_lost(workplace: Workplace, number: signal.Signals) -> None:
    """Terraform drops a stop that comes while it loads providers."""
    workplace.write("early", {"mailer": WORKER})
    deploying = workplace.start("deploy", "--env", "dev", "--auto-approve")
    stderr = interrupted(deploying, workplace.folder, number)

    assert deploying.returncode == 130
    words = last_words(stderr)
    assert words["again"] == "ecsforge deploy --env dev --auto-approve"
    assert int(words["made"]) < int(words["planned"]) == 11
    assert len(addresses(workplace, "early-dev")) < 11
    workplace.deploy()
    assert len(addresses(workplace, "early-dev")) == 11

    destroying = workplace.start("destroy", "--env", "dev", "--yes-i-mean", "early-dev")
    stderr = interrupted(destroying, workplace.folder, number)

    assert destroying.returncode == 130
    words = last_words(stderr)
    assert words["again"] == "ecsforge destroy --env dev --yes-i-mean early-dev"
    assert int(words["made"]) < int(words["planned"]) == 11
    assert len(addresses(workplace, "early-dev")) >= 11 - int(words["made"])
    workplace.destroy("early-dev")
    assert addresses(workplace, "early-dev") == set()


def test_a_stack_is_refused_while_the_terraform_of_a_killed_ecsforge_is_running(workplace: Workplace) -> None:
    workplace.write("goeson", {"mailer": WORKER})
    workplace.deploy()
    workplace.write("goeson", {"mailer": {**WORKER, "count": 2}, "second": WORKER})
    file = workplace.folder / "terraform.goeson-dev.tfstate"
    deploying = workplace.start("deploy", "--env", "dev", "--auto-approve")
    before = serial(file)
    wait_for(lambda: serial(file) > before, poll=0.02)
    deploying.kill()
    deploying.communicate(timeout=10)
    (running,) = terraform_of(workplace.folder)
    os.kill(running, signal.SIGSTOP)  # in the middle of its apply
    wait_for(lambda: stopped(running))
    file_content = file.read_bytes()
    file.write_bytes(file_content[: len(file_content) // 2])  # as while Terraform writes it

    for command in ("plan", "deploy", "destroy"):
        refused = workplace.ecsforge(command, "--env", "dev", exit_code=1)
        assert refused.stderr.startswith(
            "error: terraform.goeson-dev.tfstate: Terraform is still changing this state; got process "
            f"{running}, apply by "
        )
        assert refused.stderr.endswith("; wait until that process has ended, then run the same command again\n")

    assert file.read_bytes() == file_content[: len(file_content) // 2]
    file.write_bytes(file_content)
    os.kill(running, signal.SIGCONT)
    wait_for(lambda: not terraform_of(workplace.folder))
    assert workplace.planned() == {}
    assert serial(file) > before


def stopped(pid: int) -> bool:
    """Whether every thread of a process has stopped; until then it may still write."""
    states = (file.read_text().rpartition(")")[2].split()[0] for file in Path(f"/proc/{pid}/task").glob("*/stat"))
    return all(state == "T" for state in states)


def serial(file: Path) -> int:
    """The serial of a state; 0 while Terraform is writing it."""
    try:
        return int(json.loads(file.read_text())["serial"])
    except ValueError:
        return 0


def test_an_interrupted_deploy_stops_gracefully_and_the_next_one_completes(workplace: Workplace) -> None:
    workplace.write("halted", {"web": WEB})
    deploying = workplace.start("deploy", "--env", "dev", "--auto-approve")
    wait_for(lambda: "alb-halted-dev" in load_balancers(workplace))  # AWS takes a minute until it is active
    for _ in range(3):
        deploying.send_signal(signal.SIGINT)
        time.sleep(0.3)
    _, stderr = deploying.communicate(timeout=120)

    assert deploying.returncode == 130
    assert "stopping: Terraform finishes the operations that are running and saves the state" in stderr
    assert last_words(stderr)["again"] == "ecsforge deploy --env dev --auto-approve"
    assert "aws_ecs_cluster.web_cluster" in addresses(workplace, "halted-dev")
    workplace.deploy()
    assert workplace.planned() == {}
    assert load_balancers(workplace).count("alb-halted-dev") == 1


def test_a_resource_that_a_killed_terraform_was_creating_is_imported(workplace: Workplace) -> None:
    workplace.write("orphan", {"web": WEB})
    deploying = workplace.start("deploy", "--env", "dev", "--auto-approve")
    wait_for(lambda: "alb-orphan-dev" in load_balancers(workplace))
    for pid in terraform_of(workplace.folder):
        os.kill(pid, signal.SIGKILL)
    _, stderr = deploying.communicate(timeout=60)

    assert deploying.returncode == 1
    assert "error: applying: Terraform failed; got killed by SIGKILL" in stderr
    assert "aws_lb.main" not in addresses(workplace, "orphan-dev")
    assert workplace.planned()["aws_lb.main"] == "import"
    workplace.deploy()
    assert workplace.planned() == {}


def test_terraform_outlives_an_ecsforge_that_is_killed(workplace: Workplace) -> None:
    workplace.write("parent", {"mailer": WORKER})
    deploying = workplace.start("deploy", "--env", "dev", "--auto-approve")
    state = workplace.folder / "terraform.parent-dev.tfstate"
    wait_for(lambda: state.exists() and "aws_ecs_task_definition" in state.read_text())
    deploying.kill()
    deploying.communicate(timeout=10)
    wait_for(lambda: not terraform_of(workplace.folder))

    assert "aws_ecs_service.mailer" in addresses(workplace, "parent-dev")
    assert workplace.planned() == {}


def test_two_commands_do_not_work_on_one_stack_at_once(workplace: Workplace) -> None:
    workplace.write("alone", {"mailer": WORKER})
    deploying = workplace.start("deploy", "--env", "dev", "--auto-approve")
    wait_for(lambda: bool(terraform_of(workplace.folder)))

    refused = workplace.ecsforge("plan", "--env", "dev", exit_code=1)

    assert refused.stderr == (
        "error: cdktf.out/stacks/alone-dev: another ecsforge command is working on this stack; "
        "wait until it has finished\n"
    )
    _, stderr = deploying.communicate(timeout=300)
    assert deploying.returncode == 0, stderr
