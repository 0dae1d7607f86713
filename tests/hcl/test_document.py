"""Each kind of top-level block, and the errors for unsupported content."""

from __future__ import annotations

from typing import Any

import pytest

from cli.sentences import sentences
from stacks.errors import SynthError
from stacks.hcl import render
from tests.support.hcl import SCHEMA, rendered


def test_resources_are_in_the_given_order_with_their_comments() -> None:
    stack = {"resource": {"aws_lb": {"a": {}, "b": {}, "c": {}}}}

    assert rendered(stack, b="Because.", a="") == (
        '# Because.\nresource "aws_lb" "b" {}\n\nresource "aws_lb" "a" {}\n\nresource "aws_lb" "c" {}\n'
    )


def test_a_long_comment_is_wrapped() -> None:
    text = rendered({"resource": {"aws_lb": {"a": {}}}}, a=f"{'x' * 60} {'y' * 60}")

    assert text == f'# {"x" * 60}\n# {"y" * 60}\nresource "aws_lb" "a" {{}}\n'


def test_a_local_value_is_below_the_object_it_refers_to() -> None:
    assert rendered({"locals": {"a": {"x": 1, "y": 2}, "b": "${local.a}", "c": 3}}) == (
        "locals {\n  a = {\n    x = 1\n    y = 2\n  }\n\n  b = local.a\n  c = 3\n}\n"
    )


def test_settings_are_literal() -> None:
    """Terraform does not evaluate expressions in them."""
    settings = {
        "required_version": ">= 1.10",
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 6.0"}},
        "backend": {"s3": {"bucket": "state-${x}", "key": "k", "region": "eu-west-1", "use_lockfile": True}},
    }

    assert rendered({"terraform": settings}) == (
        "terraform {\n"
        '  required_version = ">= 1.10"\n'
        "\n"
        "  required_providers {\n"
        "    aws = {\n"
        '      source  = "hashicorp/aws"\n'
        '      version = "~> 6.0"\n'
        "    }\n"
        "  }\n"
        "\n"
        '  backend "s3" {\n'
        '    region       = "eu-west-1"\n'
        '    bucket       = "state-$${x}"\n'
        '    key          = "k"\n'
        "    use_lockfile = true\n"
        "  }\n"
        "}\n"
    )


def test_the_cloud_has_workspaces() -> None:
    cloud = {"organization": "shop", "workspaces": {"name": "shop-prod"}}

    assert rendered({"terraform": {"cloud": cloud}}) == (
        "terraform {\n"
        "  cloud {\n"
        '    organization = "shop"\n'
        "\n"
        "    workspaces {\n"
        '      name = "shop-prod"\n'
        "    }\n"
        "  }\n"
        "}\n"
    )


def test_a_provider_without_settings_has_no_block() -> None:
    aws = {"region": "eu-west-1", "default_tags": [{"tags": {"team": "store front"}}]}

    assert rendered({"provider": {"aws": [aws, {"alias": "us", "region": "us-east-1"}], "local": [{}]}}) == (
        'provider "aws" {\n'
        '  region = "eu-west-1"\n'
        "\n"
        "  default_tags {\n"
        "    tags = {\n"
        '      team = "store front"\n'
        "    }\n"
        "  }\n"
        "}\n"
        "\n"
        'provider "aws" {\n'
        '  alias  = "us"\n'
        '  region = "us-east-1"\n'
        "}\n"
    )


def test_variables_have_types_without_quotes_and_literal_defaults() -> None:
    variable = {
        "default": {"a": "${b}"},
        "description": "What",
        "type": "map(string)",
        "validation": {"condition": "${length(var.it)>0}", "error_message": "Empty: ${var.it}"},
    }

    assert rendered({"variable": {"it": variable}}) == (
        'variable "it" {\n'
        "  type        = map(string)\n"
        '  description = "What"\n'
        "\n"
        "  default = {\n"
        '    a = "$${b}"\n'
        "  }\n"
        "\n"
        "  validation {\n"
        "    condition     = length(var.it) > 0\n"
        '    error_message = "Empty: ${var.it}"\n'
        "  }\n"
        "}\n"
    )


def test_local_values_share_a_block() -> None:
    assert rendered({"locals": {"one": 1, "second": "${local.one + 1}"}}) == (
        "locals {\n  one    = 1\n  second = local.one + 1\n}\n"
    )


def test_addresses_in_moved_import_and_removed_are_not_quoted() -> None:
    stack = {
        "moved": [{"from": "aws_lb.old", "to": "aws_lb.new"}],
        "import": [{"id": "lb-${var.id}", "to": 'aws_lb.it["a"]', "provider": "aws"}],
        "removed": [{"from": "aws_lb.gone", "lifecycle": {"destroy": False}}],
    }

    assert rendered(stack) == (
        "moved {\n  from = aws_lb.old\n  to   = aws_lb.new\n}\n"
        "\n"
        'import {\n  to       = aws_lb.it["a"]\n  id       = "lb-${var.id}"\n  provider = aws\n}\n'
        "\n"
        "removed {\n  from = aws_lb.gone\n\n  lifecycle {\n    destroy = false\n  }\n}\n"
    )


def test_outputs() -> None:
    output = {"value": "${aws_lb.a.arn}", "sensitive": True, "description": "It", "depends_on": ["aws_lb.a"]}

    assert rendered({"output": {"arn": output}}) == (
        'output "arn" {\n'
        '  description = "It"\n'
        "  value       = aws_lb.a.arn\n"
        "  sensitive   = true\n"
        "\n"
        "  depends_on = [aws_lb.a]\n"
        "}\n"
    )


def test_an_ephemeral_resource_is_among_the_resources_that_use_it() -> None:
    """cdktf has no bindings for ephemeral resources; those of the AWS provider have attributes only."""
    stack = {
        "resource": {"aws_lb": {"b": {}, "a": {}}},
        "ephemeral": {"aws_secretsmanager_secret_version": {"db": {"secret_id": "${aws_lb.a.arn}", "depends_on": []}}},
    }
    made = {"aws_lb.a": "", "ephemeral.aws_secretsmanager_secret_version.db": "Read again.", "aws_lb.b": ""}

    assert render(stack, SCHEMA, lambda address: "main.tf", made) == {
        "main.tf": (
            'resource "aws_lb" "a" {}\n'
            "\n"
            "# Read again.\n"
            'ephemeral "aws_secretsmanager_secret_version" "db" {\n'
            "  secret_id = aws_lb.a.arn\n"
            "}\n"
            "\n"
            'resource "aws_lb" "b" {}\n'
        )
    }


def test_file_of_is_called_for_each_address() -> None:
    asked: list[str] = []
    stack = {
        "terraform": {"required_version": ">= 1.5"},
        "provider": {"aws": [{"region": "eu-west-1"}, {"alias": "us"}]},
        "variable": {"image": {}},
        "locals": {"name": "x"},
        "resource": {"aws_lb": {"main": {}}},
        "moved": [{"from": "aws_lb.old", "to": "aws_lb.main"}],
        "output": {"url": {"value": "x"}},
    }

    render(stack, SCHEMA, lambda address: asked.append(address) or "main.tf", {})

    assert asked == [
        "terraform",
        "provider.aws",
        "provider.aws.us",
        "var.image",
        "local.name",
        "aws_lb.main",
        "moved.aws_lb.main",
        "output.url",
    ]


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        ({"module": {"a": {}}}, "module: HCL output does not support this top-level block; use --format json"),
        (
            {"resource": {"aws_sqs_queue": {"a": {}}}},
            "aws_sqs_queue: the bindings do not describe the nested blocks of this type; use --format json",
        ),
        (
            {"resource": {"aws_lb": {"a": {"name": "${f("}}}},
            "aws_lb.a: invalid Terraform expression at character 5; got '${f('; use --format json",
        ),
    ],
)
def test_unsupported_content_is_refused(stack: dict[str, Any], message: str) -> None:
    with pytest.raises(SynthError) as caught:
        rendered(stack)

    assert sentences(caught.value) == message
