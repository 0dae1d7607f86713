"""After a deploy that fails because of errors in AWS, the next deploy completes it."""

from __future__ import annotations

import json

from tests.support.faults import faulty
from tests.support.workplace import WORKER, Workplace


def test_after_an_aws_error_the_next_deploy_completes(workplace: Workplace) -> None:
    workplace.write("faulty", {"mailer": WORKER})
    workplace.ecsforge("synth", "--env", "dev")
    try_twice(workplace, "faulty-dev")
    with faulty(workplace.emulator.endpoint) as faults:
        faults.failing.add("CreateService")
        variables = {"AWS_ENDPOINT_URL": faults.endpoint}
        answer = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1, **variables)

        assert faults.failed == ["CreateService"] * 2, answer.stderr
        assert "error: service `mailer` (aws_ecs_service.mailer): " in answer.stderr
        assert "AWS had an internal error, and the state is intact: wait a minute" in answer.stderr
        kept = {resource["type"] for resource in workplace.state("faulty-dev")["resources"]}
        assert "aws_ecs_task_definition" in kept

        assert workplace.planned() == {"aws_ecs_service.mailer": "create"}
        faults.failing.clear()
        workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", **variables)
    assert workplace.planned() == {}


def try_twice(workplace: Workplace, stack: str) -> None:
    """Limit the AWS provider to two attempts with an override file. By default it tries 25 times, for half an hour."""
    override = {"provider": {"aws": [{"max_retries": 2}]}}
    folder = workplace.folder / "cdktf.out" / "stacks" / stack
    (folder / "retries_override.tf.json").write_text(json.dumps(override))
