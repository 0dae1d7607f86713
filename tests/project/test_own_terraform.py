"""The field `terraform` and expressions in the project file, with their positions."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from cli.sentences import sentence
from stacks.project import Selection, load, problems_of

MAIN = 'resource "aws_db_instance" "main" {}\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the project file, with your own Terraform in `infra/`."""
    monkeypatch.chdir(tmp_path)
    Path("infra").mkdir()
    Path("infra/main.tf").write_text(MAIN, "utf-8")
    return tmp_path


def problems(text: str, *sets: str) -> list[str]:
    """The errors of a project file."""
    Path("ecsforge.yaml").write_text(f"project_id: shop\n{dedent(text)}", "utf-8")
    found = problems_of(Selection(env="dev", sets=sets))
    return [sentence(problem) for problem in found if problem.severity == "error"]


def service(*lines: str) -> str:
    """A project file with a folder, and a service with these lines."""
    return "\n".join(["terraform: infra/", "services:", "  web:", "    image: app:1", *(f"    {x}" for x in lines), ""])


def test_every_place_takes_an_expression() -> None:
    lines = (
        "environment: {A: {terraform: aws_db_instance.main.port}}",
        "secrets: {B: {terraform: aws_db_instance.main.arn}}",
        "security_groups: [{terraform: aws_db_instance.main.group}]",
        "egress: [{port: 443}, {port: 5432, security_group: {terraform: aws_db_instance.main.group}}]",
        "permissions:",
        "  statements: [{actions: ['rds:Connect'], resources: [{terraform: aws_db_instance.main.arn}]}]",
        "  execution_statements: [{actions: ['rds:Connect'], resources: [{terraform: aws_db_instance.main.arn}]}]",
        "sidecars:",
        "  proxy:",
        "    image: proxy:1",
        "    environment: {A: {terraform: aws_db_instance.main.port}}",
        "    secrets: {B: {terraform: aws_db_instance.main.arn}}",
    )
    assert problems(service(*lines)) == []


@pytest.mark.parametrize(
    ("line", "place", "path"),
    [
        ("environment: {A: {terraform: path.root}}", "6:34", "environment.A"),
        ("environment: {A: {terraform: 'path.root'}}", "6:35", "environment.A"),
        ('secrets: {A: {terraform: "\\"${path.root}\\""}}', "6:30", "secrets.A"),
        ("security_groups: [{terraform: path.root}]", "6:35", "security_groups[0]"),
        ("egress: [{port: 443}, {port: 1, security_group: {terraform: path.root}}]", "6:65",
         "egress[1].security_group"),
        ("sidecars: {p: {image: p:1, environment: {A: {terraform: '1 + path.root'}}}}", "6:66",
         "sidecars.p.environment.A"),
    ],
)  # fmt: skip
def test_a_fault_has_the_position_of_its_part(line: str, place: str, path: str) -> None:
    (message,) = problems(service(line))
    assert message.startswith(f"ecsforge.yaml:{place}: services.web.{path} can't refer to path; got path.root; ")


def test_expressions_need_the_folder() -> None:
    text = "services: {web: {image: app:1, environment: {A: {terraform: aws_db_instance.main.port}}}}\n"
    assert problems(text) == [
        "ecsforge.yaml:2:61: services.web.environment.A refers to your own Terraform, but the project has none; got "
        "aws_db_instance.main; add terraform: infra/, and declare it in a file of that folder"
    ]


@pytest.mark.parametrize(
    ("sets", "where"),
    [
        ("services.web.environment.A.terraform=aws_db_instance.main.port", "environment.A"),
        ("services.web.environment.A={terraform: aws_db_instance.main.port}", "environment.A"),
        ("services.web.security_groups=[{terraform: aws_db_instance.main.port}]", "security_groups[0]"),
    ],
)
def test_an_option_cannot_write_an_expression(sets: str, where: str) -> None:
    option = sets.partition("=")[0]
    assert problems(service("environment: {A: x}"), sets) == [
        f"--set {option}: --set can't write a Terraform expression, as services.web.{where} is; write it in the "
        "project file"
    ]


def test_an_option_can_leave_the_folder_out_but_not_name_one() -> None:
    assert problems(service(), "terraform=null") == []
    assert problems(service(), "terraform=other/") == [
        "--set terraform: --set can't name a folder with Terraform of your own; got other/; write it in the project "
        "file; =null leaves it out"
    ]


def test_an_option_can_set_a_variable_that_is_called_terraform() -> None:
    assert problems(service("environment: {A: x}"), "services.web.environment.terraform=1.11") == []


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("/infra", "must be a folder inside the project file's folder; got /infra; move it there, and write terraform: "
         "infra/"),
        ("../infra", "must be a folder inside the project file's folder; got ../infra; move it there, and write "
         "terraform: infra/"),
        (".", "must be a folder of its own, not the project file's; got .; move the files to a folder, such as infra/"),
        (".infra", "must not be a hidden folder; got .infra; rename it, for example to infra/"),
        ("link", "must not be a symbolic link; got link; write the path that it leads to, if that is in the same "
         "folder"),
        ("link/sub", "must not be a symbolic link; got link/sub; write the path that it leads to, if that is in the "
         "same folder"),
        ("nowhere", "names a folder that does not exist; got nowhere; create it, or check the path; it is relative to "
         "the project file"),
        ("ecsforge.yaml", "must be a folder; got ecsforge.yaml; write the path of the folder that the file is in"),
    ],
)  # fmt: skip
def test_the_folder_is_inside_the_project(folder: Path, value: str, what: str) -> None:
    (folder / "link").symlink_to("infra")
    assert problems(f"terraform: {value}\n") == [f"ecsforge.yaml:2:12: terraform {what}"]


def test_what_is_wrong_in_the_folder_has_its_own_position() -> None:
    Path("infra/main.tf").write_text('terraform {\n  backend "s3" {}\n}\n', "utf-8")
    assert problems(service()) == [
        "infra/main.tf:2:3: a backend block can't be in this folder, because ecsforge writes the stack's settings; got "
        'backend "s3"; write the field state in the project file'
    ]


def test_an_environment_can_have_another_folder_or_none() -> None:
    text = "terraform: infra/\nenvironments: {dev: {terraform: null}, prod: {}}\n"
    Path("ecsforge.yaml").write_text(f"project_id: shop\n{text}", "utf-8")

    assert [project.terraform for project in load(Selection()).projects] == [None, "infra/"]


def test_another_mapping_is_answered_as_before() -> None:
    assert problems(service("environment: {A: {b: c}}")) == [
        "ecsforge.yaml:6:22: services.web.environment.A must be text; got a mapping; write a single value"
    ]


def test_a_list_of_expressions_has_one_for_each_item() -> None:
    statement = "actions: ['dynamodb:GetItem'], resources: {terraform: aws_db_instance.main.arn}"
    where = "services.web.permissions.statements[0].resources"

    assert problems(service(f"permissions: {{statements: [{{{statement}}}]}}")) == [
        f"ecsforge.yaml:6:75: {where} must be a list; got a mapping; write a list: resources: [{{terraform: "
        "aws_db_instance.main.arn}]"
    ]


@pytest.mark.parametrize(
    ("expression", "endpoint"),
    [
        ("'\"${aws_db_instance.main.master_user_secret[0].secret_arn}:password::\"'", "secretsmanager"),
        ("aws_secretsmanager_secret.x.arn", "secretsmanager"),
        ("aws_ssm_parameter.x.arn", "ssm"),
    ],
)
def test_secrets_of_own_terraform_need_endpoints_without_nat(expression: str, endpoint: str) -> None:
    blocks = 'resource "aws_secretsmanager_secret" "x" {}\nresource "aws_ssm_parameter" "x" {}\n'
    Path("infra/other.tf").write_text(blocks, "utf-8")
    text = service(f"secrets: {{A: {{terraform: {expression}}}}}")
    text = text.replace("app:1", "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1")
    endpoints = "s3, ecr.api, ecr.dkr, logs"

    def with_endpoints(names: str) -> list[str]:
        return problems(f"network: {{nat: none, endpoints: [{names}]}}\n{text}")

    assert with_endpoints(f"{endpoints}, {endpoint}") == []
    assert with_endpoints(endpoints) == [
        f"ecsforge.yaml:2:1: network needs the endpoint {endpoint}, because tasks have no NAT gateway; write "
        f"endpoints: [{endpoints}, {endpoint}], or nat: single"
    ]


def test_an_expression_has_one_key() -> None:
    assert problems(service("environment: {A: {terraform: aws_db_instance.main.port, b: c}}")) == [
        "ecsforge.yaml:6:61: unknown key in services.web.environment.A; got b; valid keys are terraform"
    ]


@pytest.mark.parametrize(
    "secret",
    [
        "random_password.db.result",
        "aws_db_instance.main.password",
        "aws_rds_cluster.main.master_password",
        "tls_private_key.x.private_key_pem",
        "data.aws_secretsmanager_secret_version.x.secret_string",
    ],
)
def test_a_password_in_the_environment_is_a_warning(secret: str) -> None:
    names = ("random_password.db", "aws_rds_cluster.main", "tls_private_key.x")
    blocks = "".join(f'resource "{kind}" "{name}" {{}}\n' for kind, name in (each.split(".") for each in names))
    Path("infra/other.tf").write_text(f'{blocks}data "aws_secretsmanager_secret_version" "x" {{}}\n', "utf-8")
    Path("ecsforge.yaml").write_text(
        f"project_id: shop\n{service(f'environment: {{A: {{terraform: {secret}}}}}')}", "utf-8"
    )

    assert [sentence(each) for each in problems_of(Selection(env="dev"))] == [
        "ecsforge.yaml:6:34: services.web.environment.A is a password or a key, and environment is readable by anyone "
        f"who can describe the task; got {secret}; store it in Secrets Manager, and write the ARN of that secret under "
        "secrets"
    ]


@pytest.mark.parametrize("value", ["aws_db_instance.main.address", "aws_db_instance.main.password_wo_version"])
def test_other_values_in_the_environment_are_accepted(value: str) -> None:
    Path("ecsforge.yaml").write_text(
        f"project_id: shop\n{service(f'environment: {{A: {{terraform: {value}}}}}')}", "utf-8"
    )

    assert problems_of(Selection(env="dev")) == ()
