from __future__ import annotations

import pytest

from stacks.infra.expression import expression_fault, secret_fault
from tests.stacks.infra.conftest import Own

TEXT = """
variable "size" {}
locals {
  name = "x"
}
resource "aws_db_instance" "main" {}
data "aws_ami" "web" {}
module "m" {
  source = "./m"
}
ephemeral "random_password" "x" {}
"""


KNOWN = "the names in it are aws_db_instance.main, data.aws_ami.web, local.name, module.m and var.size"


MEMBERS = {"services": ["web"], "resources": ["cache"]}


@pytest.mark.parametrize(
    "text",
    [
        "aws_db_instance.main.address",
        "aws_db_instance.main[0].address",
        'aws_db_instance.main["a"].address',
        "data.aws_ami.web.id",
        "module.m.name",
        "var.size",
        "local.name",
        "local.ecsforge.load_balancer.dns_name",
        "local.ecsforge.public_subnet_ids[0]",
        'local.ecsforge.services["web"].log_group_name',
        "local.ecsforge.services.web.log_group_name",
        "local.ecsforge.resources.cache.endpoint",
        "jsonencode(aws_db_instance.main)",
        'join(",", aws_db_instance.main[*].id)',
        "length([var.size])",
        '"postgres://${aws_db_instance.main.endpoint}/shop"',
        'join(",", [for each in aws_db_instance.main : each.id if each.id != null])',
        '{ for k, v in aws_db_instance.main : k => v }["a"]',
        '"%{ for x in local.name }${x}%{ endfor }"',
        '"%{ for x in local.name }%{ for y in x }${y}%{ endfor }${x}%{ endfor }"',
        "core::upper(var.size)",
        "provider::aws::arn_parse(var.size).region",
        'var.size == 1 ? "a" : "b"',
        "[var.size][0]",
        "{ a = var.size }.a",
    ],
)
def test_valid_expressions(own: Own, text: str) -> None:
    assert expression_fault(text, own({"main.tf": TEXT, "m/a.tf": ""}), "infra/", MEMBERS) is None


@pytest.mark.parametrize(
    ("text", "at", "what", "fix"),
    [
        ("", 0, "is not a Terraform expression: unexpected end of an expression", "write an expression, such as "),
        ("a b", 2, "is not a Terraform expression from character 3 on", "write an expression, such as "),
        ("var.size +", 10, "is not a Terraform expression: unexpected end of an expression", "write an expression"),
        ("var.size} ${path.root", 8, "is not a Terraform expression from character 9 on", "write an expression"),
        ("aws_db_instance.other.id", 0, "refers to something that infra/ does not declare", KNOWN),
        ("aws_db_instance.mian.id", 0, "refers to something that infra/ does not declare",
         "did you mean aws_db_instance.main?"),
        ("aws_vpc.main.id", 0, "refers to something that infra/ does not declare", KNOWN),
        ("[var.size, var.other]", 11, "refers to something that infra/ does not declare", KNOWN),
        ('"a ${local.x}"', 5, "refers to something that infra/ does not declare", "the names in it are "),
        ("hello", 0, "does not refer to anything in your own Terraform", "write a reference, such as "),
        ("path.module", 0, "can't refer to path", "write the value in a local value"),
        ("terraform.workspace", 0, "can't refer to terraform", "write the value in a local value"),
        ('"%{ for path in local.name }%{ endfor }${path.root}"', 41, "can't refer to path", "write the value"),
        ('"%{ for path in path.root }${path}%{ endfor }"', 16, "can't refer to path", "write the value in a local"),
        ("each.key", 0, "can't refer to each, which only exists inside of a block", "remove it"),
        ("ephemeral.random_password.x.result", 0, "can't refer to an ephemeral resource", "refer to a value that"),
        ('file("/etc/passwd")', 0, "can't call file(), which can read any file on the machine that runs the plan",
         "read the file in your own Terraform"),
        ('"${core::filebase64("x")}"', 3, "can't call filebase64(), which can read any file on the machine that runs "
         "the plan", "read the file in your own Terraform"),
        ('[for x in [1] : templatefile("x", {})]', 16, "can't call templatefile(), which can read any file on the "
         "machine that runs the plan", "read the file in your own Terraform"),
        ("timestamp()", 0, "can't call timestamp(), whose value changes with every plan", "remove the call"),
        ('pathexpand("~")', 0, "can't call pathexpand(), whose value depends on the machine that runs the plan",
         "remove the call"),
        ("aws_db_instance.main", 0, "refers to a resource, not to one of its values",
         "write aws_db_instance.main.NAME, with the name of a value"),
        ("aws_db_instance.main[0]", 0, "refers to a resource, not to one of its values", "write aws_db_instance.main."),
        ("data.aws_ami.web", 0, "refers to a data source, not to one of its values", "write data.aws_ami.web.NAME"),
        ("(module.m)", 0, "refers to a module, not to one of its values", "write module.m.NAME"),
        ('"plain"', 0, "refers to nothing in your own Terraform", "write the value itself, without terraform:"),
        ('upper("a")', 0, "refers to nothing in your own Terraform", "write the value itself, without terraform:"),
        ("12", 0, "refers to nothing in your own Terraform", "write the value itself, without terraform:"),
        ("[var.size]", 0, "must be a single value", "for example aws_db_instance.main.address"),
        ("{ a = var.size }", 0, "must be a single value", "for example aws_db_instance.main.address"),
        ("[for x in [1] : x]", 0, "must be a single value", "for example aws_db_instance.main.address"),
        ("local.ecsforge", 0, "must be a single value", "write local.ecsforge.NAME, with the name of a value"),
        ("local.ecsforge.tags", 0, "must be a single value", "write local.ecsforge.tags.NAME"),
        ("local.ecsforge.vpc", 0, "refers to something that local.ecsforge does not have", "the names there are "),
        ("local.ecsforge.vpcid", 0, "refers to something that local.ecsforge does not have", "did you mean vpc_id?"),
        ("local.ecsforge.services.api.task_role_name", 0, "refers to something that local.ecsforge does not have",
         "the only one is web"),
        ("local.ecsforge.services.web.role", 0, "refers to something that local.ecsforge does not have",
         "the names there are security_group_id, task_role_name, execution_role_name, log_group_name and target_group"),
        ("local.ecsforge.load_balancer.dns", 0, "refers to something that local.ecsforge does not have",
         "the names there are arn, dns_name, zone_id, security_group_id and listener_arns"),
        ("local.ecsforge.resources.db.url", 0, "refers to something that local.ecsforge does not have",
         "the only one is cache"),
        ("uper(var.size)", 0, "calls a function that Terraform does not have", "did you mean upper?"),
        ("provider::x::f()", 0, "calls a function of a provider that is not declared", "add the provider to"),
    ],
)  # fmt: skip
def test_faults_have_a_position(own: Own, text: str, at: int, what: str, fix: str) -> None:
    fault = expression_fault(text, own({"main.tf": TEXT, "m/a.tf": ""}), "infra/", MEMBERS)

    assert fault is not None
    assert (fault.at, fault.what) == (at, what)
    assert fault.fix.startswith(fix)


def test_what_the_stack_offers_exists_only_beside_own_terraform() -> None:
    fault = expression_fault('"a-${local.ecsforge.vpc_id}"', None, None)

    assert fault is not None
    assert (fault.at, fault.what, fault.got, fault.fix) == (
        5,
        "refers to local.ecsforge, which exists only beside your own Terraform",
        "local.ecsforge.vpc_id",
        "add terraform: infra/, with a file in that folder",
    )


@pytest.mark.parametrize("end", ["", ":key::", ":key:AWSCURRENT:", "::AWSPREVIOUS:", ":::id", "/path"])
def test_the_end_of_a_secrets_arn(end: str) -> None:
    assert secret_fault(f'"${{aws_secretsmanager_secret.x.arn}}{end}"') is None
    assert secret_fault("aws_secretsmanager_secret.x.arn") is None


@pytest.mark.parametrize(("end", "key"), [(":key", "key"), (":key:", "key"), (":", "password"), (":a:b:c:d", "a")])
def test_the_end_of_a_secrets_arn_has_all_its_colons(end: str, key: str) -> None:
    fault = secret_fault(f'"${{aws_secretsmanager_secret.x.arn}}{end}"')

    assert fault is not None
    assert (fault.what, fault.got, fault.fix) == (
        "must end with a JSON key, a version stage and a version ID after the ARN of a secret",
        end,
        f"write :{key}:: at its end",
    )
