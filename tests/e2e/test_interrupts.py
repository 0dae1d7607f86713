"""A deploy that is interrupted or killed does not lose state that Terraform could save."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.workplace import WEB, WORKER, Workplace


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.2)


def terraform_of(folder: Path) -> list[int]:
    """The process IDs of the Terraform processes that run below `folder`."""
    answer = subprocess.run(["pgrep", "-x", "terraform"], capture_output=True, text=True, check=False).stdout
    return [int(each) for each in answer.split() if works_in(Path(f"/proc/{each}/cwd"), folder)]


def works_in(link: Path, folder: Path) -> bool:
    try:
        return link.readlink().is_relative_to(folder)
    except OSError:  # the process has ended
        return False


def load_balancers(workplace: Workplace) -> list[str]:
    return [each["LoadBalancerName"] for each in workplace.aws("elbv2").describe_load_balancers()["LoadBalancers"]]


def addresses(workplace: Workplace, stack: str) -> set[str]:
    """The resources in the state, without those that Terraform has only started to create and that have no instance."""
    resources = workplace.state(stack)["resources"]
    return {f"{each['type']}.{each['name']}" for each in resources if each["mode"] == "managed" and each["instances"]}


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
    assert "stopped: completed changes are in the state; run the same command again to continue" in stderr
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
