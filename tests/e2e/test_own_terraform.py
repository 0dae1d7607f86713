"""The user's own Terraform, in the life of a project and in a rehearsal."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest

from cli.sentences import sentences
from operations.rehearsal.run import rehearse
from operations.terraform.binary import find_terraform
from stacks.project import Selection, load
from tests.support.reporter import Recorder
from tests.support.workplace import REGION, Workplace

EXAMPLE = Path(__file__).parents[1] / "specs" / "own-terraform"
STACK = "shop-dev"
WORKER = {
    "type": "worker",
    "image": "public.ecr.aws/docker/library/python:3.12",
    "count": 1,
    "environment": {"TABLE": {"terraform": "aws_dynamodb_table.sessions.name"}},
    "secrets": {"TOKEN": {"terraform": '"${aws_secretsmanager_secret.token.arn}:value::"'}},
    "permissions": {
        "statements": [
            {"actions": ["dynamodb:GetItem"], "resources": [{"terraform": "aws_dynamodb_table.sessions.arn"}]}
        ]
    },
    "security_groups": [{"terraform": "aws_security_group.clients.id"}],
}
TABLE = """
resource "aws_dynamodb_table" "sessions" {
  name         = "${local.ecsforge.project_id}-sessions"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_secretsmanager_secret" "token" {
  name                    = "${local.ecsforge.project_id}-token"
  recovery_window_in_days = 0
}

resource "aws_security_group" "clients" {
  name   = "${local.ecsforge.project_id}-clients"
  vpc_id = local.ecsforge.vpc_id
}
"""
AUDIT = TABLE.partition("\n\nresource")[0].replace("sessions", "audit") + "\n"


def write(workplace: Workplace, **files: str) -> None:
    """Write the project file and files in `infra/`."""
    workplace.write("shop", {"worker": WORKER}, terraform="infra/")
    (workplace.folder / "infra").mkdir(exist_ok=True)
    for name, text in files.items():
        (workplace.folder / "infra" / f"{name}.tf").write_text(text, "utf-8")


def test_own_resources_live_with_the_stack(workplace: Workplace) -> None:
    write(workplace, tables=TABLE, audit=AUDIT)
    workplace.deploy()
    assert workplace.planned() == {}

    the_dots_are_connected(workplace)
    a_removed_file_removes_its_resources(workplace)

    workplace.destroy(STACK)
    assert workplace.aws("dynamodb").list_tables()["TableNames"] == []
    assert workplace.state(STACK)["resources"] == []


def the_dots_are_connected(workplace: Workplace) -> None:
    """The values are in what ECS runs, and in what its roles may do."""
    ecs, iam = workplace.aws("ecs"), workplace.aws("iam")
    table = workplace.aws("dynamodb").describe_table(TableName="shop-sessions")["Table"]
    secret = workplace.aws("secretsmanager").describe_secret(SecretId="shop-token")["ARN"]
    definition = ecs.describe_task_definition(taskDefinition="worker-shop-dev")["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    assert {"name": "TABLE", "value": "shop-sessions"} in container["environment"]
    assert container["secrets"] == [{"name": "TOKEN", "valueFrom": f"{secret}:value::"}]
    granted = {}
    for use in ("task", "execution"):
        policy = iam.get_role_policy(RoleName=f"shop-dev-worker-{use}", PolicyName="permissions")["PolicyDocument"]
        granted |= {each["Sid"]: (each["Action"], each["Resource"]) for each in policy["Statement"]}
    assert granted["Project1"] == (["dynamodb:GetItem"], [table["TableArn"]])
    assert granted["ReadOwnSecrets"] == (["secretsmanager:GetSecretValue"], [secret])
    (service,) = ecs.describe_services(cluster="web-cluster-shop-dev", services=["worker-service-shop-dev"])["services"]
    groups = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    named = workplace.emulator.client("ec2", REGION).describe_security_groups(GroupIds=groups)["SecurityGroups"]
    assert sorted(each["GroupName"] for each in named) == ["shop-clients", "worker-shop-dev"]


def a_removed_file_removes_its_resources(workplace: Workplace) -> None:
    (workplace.folder / "infra" / "audit.tf").unlink()

    shown = workplace.ecsforge("plan", "--env", "dev").stdout
    assert "your own Terraform\n  - aws_dynamodb_table.audit" in shown
    assert "Warnings\n  ! aws_dynamodb_table.audit is destroyed: its items are lost" in shown
    assert workplace.planned() == {"aws_dynamodb_table.audit": "destroy"}
    refused = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=2).stderr
    assert f"This deletes all data in aws_dynamodb_table.audit. To continue, type {STACK}" in refused
    workplace.ecsforge("deploy", "--env", "dev", "--yes-i-mean", STACK)
    assert workplace.aws("dynamodb").list_tables()["TableNames"] == ["shop-sessions"]


def test_errors_name_the_file_and_the_expression(workplace: Workplace) -> None:
    write(workplace, tables=TABLE.replace("hash_key     =", "hash_kee     ="))

    message = workplace.ecsforge("plan", "--env", "dev", exit_code=1).stderr
    assert (
        'error: infra/tables.tf:5:3: Unsupported argument; got An argument named "hash_kee" is not expected' in message
    )

    write(workplace, tables=TABLE)
    text = (workplace.folder / "ecsforge.yaml").read_text("utf-8")
    wrong = text.replace("aws_dynamodb_table.sessions.name", "aws_dynamodb_table.sessions.nam")
    (workplace.folder / "ecsforge.yaml").write_text(wrong, "utf-8")
    line = next(number for number, each in enumerate(wrong.splitlines(), start=1) if "sessions.nam" in each)
    column = wrong.splitlines()[line - 1].index('"aws_dynamodb') + 1

    message = workplace.ecsforge("plan", "--env", "dev", exit_code=1).stderr
    assert f"error: ecsforge.yaml:{line}:{column}: Unsupported attribute; got This object has no argument" in message


def test_the_example_passes_a_rehearsal(workplace: Workplace) -> None:
    copytree(EXAMPLE, workplace.folder, dirs_exist_ok=True)

    answer = workplace.ecsforge("rehearse", "--json", "--env", "dev")

    (environment,) = json.loads(answer.stdout)["environments"]
    stages = {stage["name"]: stage["detail"] for stage in environment["stages"]}
    assert environment["passed"]
    assert stages["plan again"] == "no changes"
    assert stages["nothing left"] == "the account is as before"


def test_the_example_passes_a_rehearsal_as_hcl(
    terraform: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line rehearses JSON; a user who keeps the HCL has the same life."""
    for name, value in terraform.items():
        monkeypatch.setenv(name, value)
    copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    loaded = load(Selection(file=tmp_path / "ecsforge.yaml", env="dev"))

    report = rehearse(loaded, binary=find_terraform(None), reporter=Recorder(), format="hcl")

    assert report.error is None, sentences(report.error)
    stages = {stage.name: stage.detail for stage in report.stages}
    assert stages["validate"] == "valid"
    assert stages["plan again"] == "no changes"
    assert stages["nothing left"] == "the account is as before"
    assert all(check.passed for check in report.checks)


def test_a_rehearsal_runs_nothing_that_acts_for_real(workplace: Workplace) -> None:
    proof = workplace.folder / "proof"
    command = f'"touch {proof}"'
    write(
        workplace,
        tables=TABLE,
        hostile=f'resource "terraform_data" "x" {{\n  provisioner "local-exec" {{\n    command = {command}\n  }}\n}}\n'
        f'data "external" "y" {{\n  program = ["touch", "{proof}"]\n}}\n'
        'resource "cloudflare_record" "z" {}\n',
    )

    answer = workplace.ecsforge("rehearse", "--env", "dev", exit_code=2)

    assert answer.stdout == ""
    first, second, third, count = answer.stderr.splitlines()
    assert first.startswith("infra/hostile.tf:2:3: a rehearsal does not run provisioners")
    assert second.startswith("infra/hostile.tf:6:1: a rehearsal does not run provider hashicorp/external")
    assert third.startswith("infra/hostile.tf:9:1: a rehearsal does not run provider hashicorp/cloudflare")
    assert count == "3 problems in infra/hostile.tf"
    assert not proof.exists()
