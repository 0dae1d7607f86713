"""`make e2e-aws`, with the emulator in the account's place."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from operations.rehearsal.emulator.client import ACCOUNT_ID
from operations.rehearsal.inventory import inventory
from stacks.naming import Names
from tests.support.workplace import REGION, ROOT, Workplace

SPEC = ROOT / "tests" / "aws" / "small.yaml"


def start(workplace: Workplace, *options: str, account: str = ACCOUNT_ID) -> subprocess.Popen[str]:
    """Start a run in a workplace, as `make e2e-aws` does; it prints to one stream."""
    variables = {key: value for key, value in workplace.env_vars.items() if key != "AWS_ENDPOINT_URL"}
    program = [sys.executable, "-m", "tests.aws", "--account", account, "--endpoint", workplace.emulator.endpoint]
    process = subprocess.Popen(
        [*program, "--specs", str(SPEC), *options],
        cwd=workplace.folder,
        env={**variables, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    workplace.started.append(process)
    return process


def run(workplace: Workplace, *options: str, exit_code: int = 0, account: str = ACCOUNT_ID) -> str:
    """Run to the end, assert the exit code and return the output."""
    process = start(workplace, *options, account=account)
    output, _ = process.communicate(timeout=1200)
    assert process.returncode == exit_code, output
    return output


def steps(output: str, outcome: str = "passed") -> list[str]:
    """The names of the steps that ended so: `12:00:00 small/dev: plan again passed after 5 s`."""
    return re.findall(rf"^[\d:]+ small/\w+: (.+) {outcome} after \d+ s", output, re.MULTILINE)


def existing(workplace: Workplace) -> frozenset[str]:
    return inventory(workplace.emulator.client, REGION)


LIFE = ["prerequisites", "validate", "plan", "deploy", "status", "check", "plan again", "change", "plan after change"]
END = ["destroy", "delete what AWS created", "delete prerequisites", "nothing left"]


def test_a_protected_spec_is_deployed_changed_and_destroyed(workplace: Workplace) -> None:
    before = existing(workplace)

    output = run(workplace, "--envs", "prod", "--run", "aaa111")

    assert steps(output) == [*LIFE, "remove protection", *END]
    assert "\nsmall/prod: passed after " in output
    assert "  left in " not in output
    assert "(INACTIVE, which ECS keeps)" in output
    assert existing(workplace) == before
    assert not (workplace.folder / ".e2e-aws" / "aaa111").exists()


def test_a_deploy_that_fails_is_destroyed_and_the_rest_can_be_destroyed_later(workplace: Workplace) -> None:
    before = existing(workplace)
    group = Names("e2e-bbb1110-small", "dev").log_group("mailer")
    logs = workplace.aws("logs")
    logs.create_log_group(logGroupName=group)

    output = run(workplace, "--envs", "dev", "--run", "bbb111", exit_code=1)

    assert steps(output) == [*LIFE[:3], *END[:-1]]
    assert steps(output, "FAILED") == ["deploy", "nothing left"]
    assert "ResourceAlreadyExistsException" in output
    assert f"  left in {REGION}: logs {group}\n" in output
    assert f"make e2e-aws ACCOUNT={ACCOUNT_ID} DESTROY=bbb111" in output
    assert existing(workplace) - before == {f"logs {group}"}

    logs.delete_log_group(logGroupName=group)
    again = run(workplace, "--envs", "dev", "--destroy", "bbb111")

    assert steps(again) == END
    assert existing(workplace) == before
    assert not (workplace.folder / ".e2e-aws" / "bbb111").exists()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_an_interrupted_run_is_destroyed(workplace: Workplace, stop: signal.Signals) -> None:
    before = existing(workplace)
    process = start(workplace, "--envs", "dev", "--run", "ccc111")
    state = workplace.folder / ".e2e-aws" / "ccc111" / "small-dev" / "terraform.e2e-ccc1110-small-dev.tfstate"
    deadline = time.monotonic() + 300
    while not _has_resources(state) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _has_resources(state), "nothing was deployed"

    process.send_signal(stop)
    output, _ = process.communicate(timeout=600)

    assert process.returncode == 130, output
    assert "stopping: what was deployed is destroyed now; this takes minutes" in output
    assert steps(output) == [*LIFE[:3], *END]
    assert existing(workplace) == before


def _has_resources(state: Path) -> bool:
    """Whether Terraform has written a state with resources; it is not read while it is written."""
    return state.is_file() and b'"type": "aws_vpc"' in state.read_bytes()


def test_another_account_is_refused_before_anything(workplace: Workplace) -> None:
    before = existing(workplace)

    output = run(workplace, exit_code=2, account="210987654321")

    assert output.startswith("error: ACCOUNT: the credentials are for another account; got 123456789012 (arn:aws:")
    assert output.endswith("; named was 210987654321\n")
    assert existing(workplace) == before
    assert list(workplace.folder.iterdir()) == []
