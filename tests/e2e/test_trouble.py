"""Deploys that go wrong lose nothing: the next one completes them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable

from tests.support.faults import faulty
from tests.support.workplace import WORKER, Workplace


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def types_in_state(workplace: Workplace, stack: str) -> set[str]:
    try:
        return {resource["type"] for resource in workplace.state(stack)["resources"] if resource["mode"] == "managed"}
    except (FileNotFoundError, ValueError):  # not there yet, or being written
        return set()


def test_after_terraform_was_killed_the_next_deploy_completes(workplace: Workplace) -> None:
    workplace.write("killed", {"mailer": WORKER}, network={"nat": "single"})
    deploying = workplace.start("deploy", "--env", "dev", "--auto-approve")
    # Now the network and the cluster are being made, which takes seconds, and all else is done.
    wait_for(lambda: "aws_ecs_task_definition" in types_in_state(workplace, "killed-dev"))
    kill_terraform(deploying.pid)
    _, stderr = deploying.communicate(timeout=60)

    assert deploying.returncode == 1
    assert "Traceback" not in stderr
    assert "aws_ecs_service" not in types_in_state(workplace, "killed-dev")
    workplace.deploy()
    assert "aws_ecs_service" in types_in_state(workplace, "killed-dev")
    assert workplace.planned() == {}


def kill_terraform(parent: int) -> None:
    """Kills Terraform and its providers at once, as a machine that goes down does."""
    found = subprocess.run(["pgrep", "-P", str(parent), "terraform"], capture_output=True, text=True, check=True)
    os.killpg(int(found.stdout), signal.SIGKILL)


def test_after_errors_of_aws_the_next_deploy_completes(workplace: Workplace) -> None:
    workplace.write("faulty", {"mailer": WORKER})
    workplace.ecsforge("synth", "--env", "dev")
    try_twice(workplace, "faulty-dev")
    with faulty(workplace.emulator.endpoint) as faults:
        faults.failing.add("CreateService")
        variables = {"AWS_ENDPOINT_URL": faults.endpoint}
        answer = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1, **variables)

        assert faults.failed == ["CreateService"] * 2, answer.stderr
        assert "error: service `mailer` (aws_ecs_service.mailer): " in answer.stderr
        assert "the fault is on AWS's side and the state is intact: wait a little" in answer.stderr
        assert "aws_ecs_task_definition" in types_in_state(workplace, "faulty-dev")

        assert workplace.planned() == {"aws_ecs_service.mailer": "create"}
        faults.failing.clear()
        workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", **variables)
    assert workplace.planned() == {}


def try_twice(workplace: Workplace, stack: str) -> None:
    """The AWS provider tries 25 times, for half an hour; an override file is Terraform's own way to change that."""
    override = {"provider": {"aws": [{"max_retries": 2}]}}
    folder = workplace.folder / "cdktf.out" / "stacks" / stack
    (folder / "retries_override.tf.json").write_text(json.dumps(override))
