"""Failures during a deploy, and damaged resources and states: the messages, and the deploy that completes."""

from __future__ import annotations

import json
from typing import Any

from tests.support.faults import Fault, Request, faulty
from tests.support.workplace import REGION, WEB, WORKER, Workplace

EXPIRED = Fault(400, "ExpiredTokenException", "The security token included in the request is expired")


def test_after_an_aws_error_the_next_deploy_completes(workplace: Workplace) -> None:
    workplace.write("faulty", {"mailer": WORKER})
    workplace.ecsforge("synth", "--env", "dev")
    try_twice(workplace, "faulty-dev")
    with faulty(workplace.emulator.endpoint) as faults:
        faults.fail("CreateService")
        variables = {"AWS_ENDPOINT_URL": faults.endpoint}
        answer = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1, **variables)

        assert [request.operation for request in faults.failed] == ["CreateService"] * 2, answer.stderr
        assert "error: service `mailer` (aws_ecs_service.mailer): " in answer.stderr
        assert "AWS had an internal error, and the state is intact: wait a minute" in answer.stderr
        kept = {resource["type"] for resource in workplace.state("faulty-dev")["resources"]}
        assert "aws_ecs_task_definition" in kept

        assert workplace.planned() == {"aws_ecs_service.mailer": "create"}
        faults.succeed()
        workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", **variables)
    assert workplace.planned() == {}


def test_credentials_expire_during_a_deploy(workplace: Workplace) -> None:
    workplace.write("expired", {"mailer": WORKER})
    expired = False

    def fault(request: Request) -> Fault | None:
        nonlocal expired
        expired = expired or request.operation == "RegisterTaskDefinition"
        return EXPIRED if expired else None

    with faulty(workplace.emulator.endpoint) as faults:
        faults.fault = fault
        variables = {"AWS_ENDPOINT_URL": faults.endpoint}
        answer = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1, **variables)

        assert "task definition of service `mailer` (aws_ecs_task_definition.mailer): creating" in answer.stderr
        assert "the credentials have expired: sign in again with `aws sso login`, then run the same" in answer.stderr
        assert "aws_iam_role" in {each["type"] for each in workplace.state("expired-dev")["resources"]}

        faults.succeed()
        workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", **variables)
    assert workplace.planned() == {}


def test_a_target_group_deleted_by_hand_is_created_again(workplace: Workplace) -> None:
    workplace.write("deleted", {"web": WEB})
    workplace.deploy()
    delete_target_group(workplace, "deleted-dev")

    status = workplace.ecsforge("status", "--env", "dev", exit_code=1)
    plan = workplace.ecsforge("plan", "--env", "dev")
    workplace.deploy()

    assert "service `web`: the target group does not exist" in status.stderr
    assert "  ! target group of service `web` was deleted outside of Terraform\n" in plan.stdout
    assert "deleted-dev: 2 to create, 1 to change, " in plan.stdout
    assert workplace.planned() == {}


def test_a_damaged_state_in_s3_is_named_and_never_overwritten(workplace: Workplace) -> None:
    s3 = workplace.aws("s3")
    s3.create_bucket(Bucket="damaged-states", CreateBucketConfiguration={"LocationConstraint": REGION})
    workplace.write("damaged", {"mailer": WORKER}, state={"backend": "s3", "bucket": "damaged-states"})
    workplace.deploy()
    place = {"Bucket": "damaged-states", "Key": "damaged/dev/terraform.tfstate"}
    stored = s3.get_object(**place)["Body"].read()

    for damaged in (stored[:500], b"{}", b"[]"):
        s3.put_object(**place, Body=damaged)
        for command in (["plan"], ["output"], ["deploy", "--auto-approve"], ["destroy", "--auto-approve"]):
            answer = workplace.ecsforge(*command, "--env", "dev", exit_code=1)
            assert (
                "error: state s3://damaged-states/damaged/dev/terraform.tfstate: Terraform can't read it; got The "
            ) in answer.stderr
        assert s3.get_object(**place)["Body"].read() == damaged

    s3.put_object(**place, Body=stored)
    assert workplace.planned() == {}


def delete_target_group(workplace: Workplace, stack: str) -> None:
    """Delete a stack's only target group and the listener rules that forward to it."""
    elb = workplace.aws("elbv2")
    groups = elb.describe_target_groups()["TargetGroups"]
    (group,) = [each for each in groups if stack in each["TargetGroupName"]]
    for balancer in group["LoadBalancerArns"]:
        for listener in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
            rules: list[dict[str, Any]] = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            for rule in rules:
                if group["TargetGroupArn"] in json.dumps(rule):
                    elb.delete_rule(RuleArn=rule["RuleArn"])
    elb.delete_target_group(TargetGroupArn=group["TargetGroupArn"])


def try_twice(workplace: Workplace, stack: str) -> None:
    """Limit the AWS provider to two attempts with an override file. By default it tries 25 times, for half an hour."""
    override = {"provider": {"aws": [{"max_retries": 2}]}}
    folder = workplace.folder / "cdktf.out" / "stacks" / stack
    (folder / "retries_override.tf.json").write_text(json.dumps(override))
