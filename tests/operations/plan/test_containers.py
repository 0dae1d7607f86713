"""Containers that Terraform does not know before apply, rendered from the template of the stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from operations.plan.containers import with_containers
from operations.plan.diff import AttributeChange
from operations.plan.read import plan_from_json
from operations.plan.redact import MASK
from operations.plan.values import UNKNOWN
from stacks.addresses import Owners

ADDRESS = "aws_ecs_task_definition.web"
VARIABLES = {
    "image": "nginx:2",
    "role": "${aws_iam_role.web.arn}",
    "group": "${aws_cloudwatch_log_group.web.name}",
    "queue": "https://${aws_sqs_queue.web.name}/$${USER}",
    "region": "arn:${data.aws_partition.current.partition}:x",
    "secret": "${random_password.web.result}",
    "version": "${var.web_version}",
}
TEMPLATE = """{
  "executionRoleArn": "${role}",
  "containerDefinitions": [{"name": "web", "image": ${jsonencode(image)}, "environment": [
    {"name": "ROLE", "value": "${role}"}, {"name": "GROUP", "value": "${group}"},
    {"name": "QUEUE", "value": "${queue}"},
    {"name": "REGION", "value": "${region}"}, {"name": "VALUE", "value": "${secret}"},
    {"name": "VERSION", "value": "${version}"}]}]
}"""


OWN = {
    '${tostring("https://${aws_sqs_queue.web.name}/")}': "https://q/",
    '${tostring(upper(aws_sqs_queue.many["eu"].name))}': "Q-EU",
    "${tostring(aws_sqs_queue.counted[0].name)}": "q-0",
    "${tostring(data.aws_partition.current.partition)}": "aws",
    '${tostring("x${random_password.web.result}")}': MASK,
    "${tostring(aws_iam_role.web.arn)}": UNKNOWN,
    "${tostring(module.sessions.name)}": UNKNOWN,
    '${tostring(cidrhost("10.0.0.0/8", 1))}': UNKNOWN,
}
"""Expressions of the user's own Terraform, each with what a plan shows."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "service.json.tpl").write_text(TEMPLATE)
    variables = {
        "web_task": VARIABLES,
        "web_task_definition": '${templatefile("${path.module}/templates/service.json.tpl", local.web_task)}',
    }
    (tmp_path / "cdk.tf.json").write_text(json.dumps({"locals": variables}))
    return tmp_path


def resource(address: str, **change: Any) -> dict[str, Any]:
    kind = address.partition(".")[0]
    return {"address": address, "type": kind, "mode": "managed", "change": {"actions": ["update"], **change}}


def shown(before: str | None = None) -> dict[str, Any]:
    expression = {"references": ["local.web_task_definition"]}
    return {
        "variables": {"web_version": {"value": "7"}},
        "configuration": {
            "root_module": {
                "resources": [{"address": ADDRESS, "expressions": {"container_definitions": expression}}],
                "variables": {"web_version": {}},
            }
        },
        "prior_state": {
            "values": {
                "root_module": {
                    "resources": [
                        {"address": "data.aws_partition.current", "values": {"partition": "aws"}},
                        {
                            "address": "random_password.web",
                            "values": {"result": "hunter2"},
                            "sensitive_values": {"result": True},
                        },
                    ]
                }
            }
        },
        "resource_changes": [
            resource("aws_iam_role.web", after={"name": "web"}, after_unknown={"arn": True}),
            resource("aws_cloudwatch_log_group.web", after={"name": "/web"}, after_unknown={}),
            resource("aws_sqs_queue.web", after={"name": "q"}, after_unknown={}),
            {
                **resource(
                    ADDRESS,
                    before={"container_definitions": before},
                    after={},
                    after_unknown={"container_definitions": True, "arn": True},
                ),
            },
        ],
    }


def test_known_values_of_containers_are_rendered(folder: Path) -> None:
    change = with_containers(shown(), folder)["resource_changes"][-1]["change"]

    assert change["after_unknown"] == {"arn": True}
    assert json.loads(change["after"]["container_definitions"]) == [
        {
            "name": "web",
            "image": "nginx:2",
            "environment": [
                {"name": "ROLE", "value": UNKNOWN},
                {"name": "GROUP", "value": "/web"},
                {"name": "QUEUE", "value": "https://q/${USER}"},
                {"name": "REGION", "value": "arn:aws:x"},
                {"name": "VALUE", "value": MASK},
                {"name": "VERSION", "value": "7"},
            ],
        }
    ]


@pytest.mark.parametrize(("expression", "expected"), OWN.items())
def test_expressions_of_own_terraform_are_evaluated(folder: Path, expression: str, expected: str) -> None:
    stack = json.loads((folder / "cdk.tf.json").read_text())
    stack["locals"]["web_task"]["role"] = expression
    (folder / "cdk.tf.json").write_text(json.dumps(stack))
    plan = shown()
    plan["resource_changes"] += [
        resource('aws_sqs_queue.many["eu"]', after={"name": "q-eu"}, after_unknown={}),
        resource("aws_sqs_queue.counted[0]", after={"name": "q-0"}, after_unknown={}),
    ]

    found = {each["address"]: each["change"] for each in with_containers(plan, folder)["resource_changes"]}

    (container,) = json.loads(found[ADDRESS]["after"]["container_definitions"])
    assert {each["name"]: each["value"] for each in container["environment"]}["ROLE"] == expected


def test_the_image_of_an_update_with_unknown_values_is_compared(folder: Path) -> None:
    before = json.dumps([{"name": "web", "image": "nginx:1", "environment": [{"name": "GROUP", "value": "/web"}]}])

    plan = plan_from_json("shop-dev", shown(before), Owners(services=("web",)), folder=folder)

    (definition,) = [each for each in plan.resources if each.address == ADDRESS]
    assert AttributeChange("image", "nginx:1", "nginx:2") in definition.attributes
    assert AttributeChange("environment.ROLE", None, UNKNOWN) in definition.attributes
    assert "hunter2" not in str(plan)


@pytest.mark.parametrize("missing", ["cdk.tf.json", "templates/service.json.tpl"])
def test_without_the_files_of_the_stack_a_plan_is_unchanged(folder: Path, missing: str) -> None:
    (folder / missing).unlink()

    assert with_containers(shown(), folder) == shown()


def test_with_a_template_that_only_terraform_can_render_a_plan_is_unchanged(folder: Path) -> None:
    (folder / "templates" / "service.json.tpl").write_text("${sha512(role)}")

    assert with_containers(shown(), folder) == shown()
