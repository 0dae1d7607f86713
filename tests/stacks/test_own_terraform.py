"""The user's own Terraform in a synthesized stack."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any, Literal

import pytest

from cli.sentences import sentences
from stacks.app import synthesize
from stacks.errors import EcsforgeError, Position
from stacks.infra.offered import OFFERED, SEVERAL
from stacks.output import SynthesizedStack
from stacks.project import Selection, load

SPECS = Path(__file__).parents[1] / "specs"
Synth = Callable[..., SynthesizedStack]
SMALL = """
project_id: shop
terraform: infra/
network:
  vpc_id: vpc-0123456789abcdef0
  public_subnet_ids: [subnet-0000000a, subnet-0000000b]
  private_subnet_ids: [subnet-0000000c, subnet-0000000d]
services: {worker: {type: worker, image: 'app:1'}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def example(format: Literal["json", "hcl"] = "json") -> SynthesizedStack:
    """The environment dev of the example project, which is copied to the current folder."""
    copytree(SPECS / "own-terraform", ".", dirs_exist_ok=True)
    (stack,) = synthesize(load(Selection(env="dev")), Path("cdktf.out"), format=format)
    return stack


def small(files: dict[str, str], extra: str = "", format: Literal["json", "hcl"] = "json") -> SynthesizedStack:
    """A small project with these files in `infra/`."""
    for path, text in files.items():
        Path("infra", path).parent.mkdir(parents=True, exist_ok=True)
        Path("infra", path).write_text(text, "utf-8")
    Path("ecsforge.yaml").write_text(SMALL + extra, "utf-8")
    (stack,) = synthesize(load(Selection(env="dev")), Path("cdktf.out"), format=format)
    return stack


def refused(files: dict[str, str], extra: str = "", format: Literal["json", "hcl"] = "json") -> list[str]:
    """What a synth says about these files."""
    with pytest.raises(EcsforgeError) as error:
        small(files, extra, format)
    assert error.value.exit_code == 2
    assert not Path("cdktf.out", "stacks").exists()
    return sentences(error.value).splitlines()


def test_the_files_are_copied_with_their_bytes() -> None:
    stack = example()

    for path in ("database.tf", "audit.tf.json", "sizes.auto.tfvars", "modules/table/main.tf"):
        assert (stack.path / path).read_bytes() == Path("infra", path).read_bytes()


@pytest.mark.parametrize("format", ["json", "hcl"])
def test_required_providers_move_to_the_stack_and_lines_stay(format: Literal["json", "hcl"]) -> None:
    stack = example(format)
    given, copied = (Path(folder, "main.tf").read_text("utf-8") for folder in ("infra", stack.path))

    assert "required_providers {" not in copied
    assert copied.partition("locals")[2] == given.partition("locals")[2]
    assert copied.count("\n") == given.count("\n")
    assert stack.configuration["terraform"]["required_providers"]["aws"] == {
        "source": "hashicorp/aws",
        "version": ">= 5.100, < 7, >= 5.60",
    }


def test_required_providers_of_a_json_file_move_too() -> None:
    text = '{"terraform": {"required_providers": {\n  "random": {"source": "hashicorp/random"}\n}}}\n'
    stack = small({"a.tf.json": text, "b.tf": 'resource "time_static" "x" {}\n'})

    assert json.loads((stack.path / "a.tf.json").read_text("utf-8")) == {"terraform": {"required_providers": []}}
    assert (stack.path / "a.tf.json").read_text("utf-8").count("\n") == text.count("\n")
    assert sorted(stack.configuration["terraform"]["required_providers"]) == ["aws", "local", "random", "time"]


def test_files_that_were_deleted_leave_the_stack() -> None:
    small({"a.tf": "", "b.auto.tfvars": "", "m/a.txt": "x", "m/b.txt": "x"})
    for path in ("a.tf", "b.auto.tfvars", "m/a.txt"):
        Path("infra", path).unlink()
    stack = small({"c.tf": ""})

    found = sorted(path.relative_to(stack.path).as_posix() for path in stack.path.rglob("*") if path.is_file())
    assert found == ["c.tf", "cdk.tf.json", "m/b.txt", "templates/service.json.tpl"]


def test_a_stack_without_the_folder_keeps_nothing_of_it() -> None:
    small({"a.tf": "", "m/a.txt": ""})
    Path("ecsforge.yaml").write_text(SMALL.replace("terraform: infra/\n", ""), "utf-8")
    (stack,) = synthesize(load(Selection(env="dev")), Path("cdktf.out"))

    assert sorted(path.name for path in stack.path.iterdir()) == ["cdk.tf.json", "templates"]
    assert "ecsforge" not in stack.configuration["locals"]


def test_a_script_stays_executable() -> None:
    small({"run.sh": "#!/bin/sh\n"})
    Path("infra/run.sh").chmod(0o755)
    stack = small({})

    assert (stack.path / "run.sh").stat().st_mode & 0o111


def test_the_offer() -> None:
    offer = example().configuration["locals"]["ecsforge"]

    assert offer == {
        "project_id": "books",
        "env": "dev",
        "region": "us-east-1",
        "account_id": "${data.aws_caller_identity.current.account_id}",
        "tags": {"Environment": "dev", "ManagedBy": "ecsforge", "Project": "books"},
        "vpc_id": "${aws_vpc.main.id}",
        "public_subnet_ids": ["${aws_subnet.public_0.id}", "${aws_subnet.public_1.id}"],
        "private_subnet_ids": ["${aws_subnet.private_0.id}", "${aws_subnet.private_1.id}"],
        "cluster_arn": "${aws_ecs_cluster.web_cluster.arn}",
        "kms_key_arn": "${null}",
        "load_balancer": {
            "arn": "${aws_lb.main.arn}",
            "dns_name": "${aws_lb.main.dns_name}",
            "zone_id": "${aws_lb.main.zone_id}",
            "security_group_id": "${aws_security_group.load_balancer.id}",
            "listener_arns": {"http": "${aws_lb_listener.http.arn}"},
        },
        "services": {
            "web": {
                "security_group_id": "${aws_security_group.web_tasks.id}",
                "task_role_name": "${aws_iam_role.web_task.name}",
                "execution_role_name": "${aws_iam_role.web_execution.name}",
                "log_group_name": "${aws_cloudwatch_log_group.web.name}",
                "target_group_arn": "${aws_lb_target_group.web.arn}",
            },
            "worker": {
                "security_group_id": "${aws_security_group.worker_tasks.id}",
                "task_role_name": "${aws_iam_role.worker_task.name}",
                "execution_role_name": "${aws_iam_role.worker_execution.name}",
                "log_group_name": "${aws_cloudwatch_log_group.worker.name}",
                "target_group_arn": "${null}",
            },
        },
        "resources": {},
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key != "//":
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def test_references_to_the_offer_are_compared_with_it() -> None:
    offer = example().configuration["locals"]["ecsforge"]

    assert set(OFFERED) == set(offer)
    assert {*OFFERED["load_balancer"]} == {*offer["load_balancer"]}
    assert {*OFFERED["services"]} == {*offer["services"]["web"]}
    assert {name for name, value in offer.items() if isinstance(value, dict | list)} == SEVERAL


def test_nothing_in_the_offer_depends_on_an_expression() -> None:
    stack = example()
    content = stack.configuration
    names = {**{f"local.{name}": value for name, value in content["locals"].items()}}
    for section, prefix in (("resource", ""), ("data", "data.")):
        for kind, made in content[section].items():
            names |= {f"{prefix}{kind}.{name}": arguments for name, arguments in made.items()}
    reached, waiting = set(), ["local.ecsforge"]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in names:
            reached.add(name)
            text = " ".join(_texts(names[name]))
            waiting += re.findall(r"(?:data\.)?\b[a-z]\w+\.\w+", text)

    assert "aws_security_group.web_tasks" in reached
    expressions = [text for text, _ in stack.sources.expressions]
    own = "|".join(map(re.escape, (*stack.sources.addresses, "module.", "local.ecsforge.")))
    for name in reached:
        text = " ".join(_texts(names[name]))
        assert not any(each in text for each in expressions), name
        assert not re.search(rf"(?<![\w.])(?:{own})", text), name


def test_expressions_are_in_the_task_definition_and_the_policies() -> None:
    stack = example()
    task = stack.configuration["locals"]["web_task"]
    found = stack.configuration["resource"]["aws_iam_role_policy"]
    policies = {name: json.loads(found[name]["policy"]) for name in ("web_execution", "web_task", "worker_task")}

    assert {each["name"]: each["value"] for each in task["environment"]} == {
        "ASSETS_URL": '${tostring("https://${aws_cloudfront_distribution.assets.domain_name}")}',
        "DB_HOST": "${tostring(aws_db_instance.main.address)}",
        "DB_PORT": "${tostring(aws_db_instance.main.port)}",
        "ORIGIN": "${tostring(local.ecsforge.load_balancer.dns_name)}",
        "PORT": "3000",
        "SESSIONS": "${tostring(module.sessions.name)}",
    }
    assert {each["name"]: each["valueFrom"] for each in task["secrets"]} == {
        "API_KEY": "${aws_ssm_parameter.api_key.arn}",
        "DB_PASSWORD": '${"${aws_secretsmanager_secret.db.arn}:password::"}',
    }
    grants = {each["Sid"]: (each["Action"], each["Resource"]) for each in policies["web_execution"]["Statement"]}
    assert grants["ReadOwnSecrets"] == (["secretsmanager:GetSecretValue"], ["${aws_secretsmanager_secret.db.arn}"])
    assert grants["ReadOwnParameters"] == (["ssm:GetParameters"], ["${aws_ssm_parameter.api_key.arn}"])
    assert policies["web_task"]["Statement"][0]["Resource"] == ["${module.sessions.arn}"]
    assert policies["worker_task"]["Statement"][0]["Resource"] == ["${local.worker_own_1}"]
    assert stack.configuration["locals"]["worker_own_1"] == '${aws_dynamodb_table.audit["eu"].arn}'


def test_expressions_are_in_groups_and_rules() -> None:
    resources = example().configuration["resource"]

    groups = resources["aws_ecs_service"]["worker"]["network_configuration"]["security_groups"]
    assert groups == ["${aws_security_group.worker_tasks.id}", "${aws_security_group.db_clients.id}"]
    rule = resources["aws_vpc_security_group_egress_rule"]["worker_tasks_5432_aws_security_group_db_id"]
    assert rule["referenced_security_group_id"] == "${aws_security_group.db.id}"
    assert rule["description"] == "Port 5432 of aws_security_group.db.id"


def test_a_secret_whose_kind_is_not_known_can_be_read_either_way() -> None:
    extra = "environments: {dev: {services: {worker: {secrets: {A: {terraform: local.secret}}}}}}\n"
    stack = small({"a.tf": 'locals {\n  secret = var.secret\n}\nvariable "secret" {}\n'}, extra)
    policy = json.loads(stack.configuration["resource"]["aws_iam_role_policy"]["worker_execution"]["policy"])

    (statement,) = (each for each in policy["Statement"] if each["Sid"] == "ReadOwnValues")
    assert statement["Action"] == ["secretsmanager:GetSecretValue", "ssm:GetParameters"]
    assert statement["Resource"] == ["${local.worker_own_1}"]
    assert stack.configuration["locals"]["worker_own_1"] == (
        '${join(":", slice(split(":", local.secret), 0, min(7, length(split(":", local.secret)))))}'
    )


def test_the_synth_says_where_everything_comes_from() -> None:
    sources = example().sources

    assert sources.files["database.tf"] == "infra/database.tf"
    assert sources.place("modules/table/main.tf", 3, 5, "") == Position("infra/modules/table/main.tf", 3, 5)
    code = '"value": "${tostring(aws_db_instance.main.port)}"'
    place = sources.place("cdk.tf.json", 12, 3, code)
    assert place is not None
    assert place.source == "ecsforge.yaml"
    line = Path("ecsforge.yaml").read_text("utf-8").splitlines()[place.line - 1]
    assert line[place.column - 1 :].startswith("aws_db_instance.main.port")
    assert sources.place("cdk.tf.json", 12, 3, "something else") is None


def test_hcl_has_a_file_for_the_offer_and_local_values_of_a_service_are_in_its_file() -> None:
    stack = example("hcl")

    assert sorted(path.name for path in stack.path.glob("*.tf")) == [
        *("account.tf", "cluster.tf", "database.tf", "ecsforge.tf", "load_balancer.tf", "main.tf", "network.tf"),
        *("outputs.tf", "providers.tf", "service_web.tf", "service_worker.tf"),
    ]
    assert 'worker_own_1 = aws_dynamodb_table.audit["eu"].arn' in (stack.path / "service_worker.tf").read_text("utf-8")


@pytest.mark.parametrize("format", ["json", "hcl"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('resource "aws_ecs_cluster" "web_cluster" {}\n', "infra/a.tf:1:1: the stack already has a resource of this "
         "name; got aws_ecs_cluster.web_cluster; rename it"),
        ('data "aws_partition" "current" {}\n', "infra/a.tf:1:1: the stack already has a data source of this name; got "
         "aws_partition.current; rename it"),
        ('output "vpc_id" {}\n', "infra/a.tf:1:1: the stack already has an output of this name; got vpc_id; rename it"),
        ('variable "worker_force_new_deployment" {}\n', "infra/a.tf:1:1: the stack already has a variable of this "
         "name; got worker_force_new_deployment; rename it"),
        ("locals {\n  ecsforge = 1\n}\n", "infra/a.tf:2:3: the stack already has a local value of this name; got "
         "local.ecsforge; rename it"),
        ("locals {\n  worker_task = 1\n}\n", "infra/a.tf:2:3: the stack already has a local value of this name; got "
         "local.worker_task; rename it"),
    ],
)  # fmt: skip
def test_names_of_the_stack_are_refused(format: Literal["json", "hcl"], text: str, message: str) -> None:
    assert refused({"a.tf": text}, format=format) == [message]


def test_resources_of_the_stack_are_not_moved_away() -> None:
    native = """
    moved {
      from = aws_ecs_cluster.web_cluster # ours
      to   = aws_ecs_cluster.mine
    }
    removed {
      from = aws_ecs_cluster.web_cluster[0]
    }
    moved {
      from = aws_dynamodb_table.old
      to   = aws_dynamodb_table.new
    }
    import {
      to = aws_ecs_cluster.web_cluster
      id = "shop"
    }
    """
    json = '{"moved": [{"from": "aws_ecs_cluster.web_cluster", "to": "a.b"}], "removed": {"from": "aws_vpc.x"}}'
    what = "the stack has this resource, so a {} block can't name it; got {}; remove the block"

    assert refused({"a.tf": native, "b.tf.json": json}) == [
        f"infra/a.tf:3:7: {what.format('moved', 'aws_ecs_cluster.web_cluster')}",
        f"infra/a.tf:7:7: {what.format('removed', 'aws_ecs_cluster.web_cluster')}",
        f"infra/b.tf.json:1:13: {what.format('moved', 'aws_ecs_cluster.web_cluster')}",
    ]


def test_variables_of_the_stack_are_not_set_by_files() -> None:
    name = "worker_force_new_deployment"
    files = {"a.auto.tfvars": f"{name} = true\n", "b.auto.tfvars.json": f'{{"{name}": true}}'}
    says = f"ecsforge sets this variable with each deploy; got {name}; remove it"
    assert refused(files) == [f"infra/a.auto.tfvars:1:1: {says}", f"infra/b.auto.tfvars.json:1:2: {says}"]


def test_the_output_folder_is_not_in_the_folder() -> None:
    small({"a.tf": ""})
    with pytest.raises(EcsforgeError) as error:
        synthesize(load(Selection(env="dev")), Path("infra/out"))

    assert sentences(error.value) == (
        "infra/out: the output folder and the folder of your own Terraform are inside each other; got infra; choose "
        "another one with --out"
    )


def test_the_alias_of_an_existing_load_balancer_is_looked_up() -> None:
    copyfile(SPECS / "existing-balancer.yaml", "ecsforge.yaml")
    Path("infra").mkdir()
    text = Path("ecsforge.yaml").read_text("utf-8")
    Path("ecsforge.yaml").write_text(f"terraform: infra/\n{text}", "utf-8")
    stack, *_ = synthesize(load(Selection()), Path("cdktf.out"))

    offer = stack.configuration["locals"]["ecsforge"]["load_balancer"]
    assert offer["dns_name"] == "${data.aws_lb.existing.dns_name}"
    assert offer["zone_id"] == "${data.aws_lb.existing.zone_id}"
