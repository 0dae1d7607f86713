"""Values of Terraform JSON as readable HCL."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.hcl.layout import laid_out
from stacks.hcl.values import literal, value
from stacks.jsonencode import terraform_json


def written(json_value: Any) -> str:
    return "\n".join(laid_out(value(json_value)))


@pytest.mark.parametrize(
    ("json_value", "hcl"),
    [
        ("${aws_vpc.main.id}", "aws_vpc.main.id"),
        ("${(aws_vpc.main.id)}", "aws_vpc.main.id"),
        ('${"${f(x)}"}', "f(x)"),
        ("arn:${data.aws_partition.current.partition}:ecs", '"arn:${data.aws_partition.current.partition}:ecs"'),
        ("", '""'),
        ("$${literal} %%{too}", '"$${literal} %%{too}"'),
        ('a "b" \\c\n\td\r', '"a \\"b\\" \\\\c\\n\\td\\r"'),
        ("é ☕ \u200b\x00", '"é ☕ \\u200b\\u0000"'),
        ("${var.a}${var.b}", '"${var.a}${var.b}"'),
        ("%{ if var.a }b%{ endif }", '"%{if var.a}b%{endif}"'),
        (None, "null"),
        (True, "true"),
        (85.5, "85.5"),
        (-1, "-1"),
        ("256", '"256"'),
        ([], "[]"),
        ({}, "{}"),
        (["a", 1], '["a", 1]'),
    ],
)
def test_a_value(json_value: Any, hcl: str) -> None:
    assert written(json_value) == hcl


def test_keys_are_bare_where_they_are_identifiers() -> None:
    tags = {"Name": "a", "kubernetes.io/role": "b", "${var.key}": "c", "x-${var.key}": "d", "for": "e", "e\u0301": "f"}

    assert written(tags) == (
        "{\n"
        '  Name                 = "a"\n'
        '  (var.key)            = "c"\n'
        '  "e\\u0301"            = "f"\n'
        '  "for"                = "e"\n'
        '  "kubernetes.io/role" = "b"\n'
        '  "x-${var.key}"       = "d"\n'
        "}"
    )


def test_a_long_list_has_a_line_per_item() -> None:
    subnets = [f"${{aws_subnet.a_subnet_with_a_long_name_{number}.id}}" for number in range(3)]

    assert written(subnets) == (
        "[\n"
        "  aws_subnet.a_subnet_with_a_long_name_0.id,\n"
        "  aws_subnet.a_subnet_with_a_long_name_1.id,\n"
        "  aws_subnet.a_subnet_with_a_long_name_2.id,\n"
        "]"
    )


def test_a_call_opens_with_its_last_argument() -> None:
    call = '${templatefile("${path.module}/a.tpl", {"name" = "web", "port" = 80, "tags" = {"a" = "b"}})}'

    assert written(call) == (
        'templatefile("${path.module}/a.tpl", {\n  name = "web"\n  port = 80\n  tags = { a = "b" }\n})'
    )


def test_an_index_stays_on_its_line() -> None:
    parts = 'split(":", aws_ssm_parameter.own["a"].arn)'

    assert written(f'${{join(":", slice({parts}, 0, min(7, length({parts}))))}}') == (
        f'join(":", slice({parts}, 0, min(7, length(split(\n  ":",\n  aws_ssm_parameter.own["a"].arn\n)))))'
    )


def test_no_other_object_is_on_the_line_of_one_that_opens() -> None:
    """`terraform fmt` would align the `=` of the first with those below."""
    assert written('${merge({"a" = 1}, {"b" = 2, "c" = 3})}') == (
        "merge(\n  {\n    a = 1\n  },\n  {\n    b = 2\n    c = 3\n  }\n)"
    )


def test_short_objects_of_a_list_stay_on_their_lines() -> None:
    assert written([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]) == (
        '[\n  { name = "A", value = "1" },\n  { name = "B", value = "2" },\n]'
    )


def test_canonical_json_becomes_jsonencode() -> None:
    statement = {"Resource": "${aws_s3_bucket.b.arn}/*", "Effect": "Allow", "Action": ["s3:Get<&>"], "Sid": "$${a}"}
    policy = terraform_json({"Version": "2012-10-17", "Statement": [statement]})

    assert policy == (
        '{"Statement":[{"Action":["s3:Get\\u003c\\u0026\\u003e"],"Effect":"Allow",'
        '"Resource":"${aws_s3_bucket.b.arn}/*","Sid":"$${a}"}],"Version":"2012-10-17"}'
    )
    assert written(policy) == (
        "jsonencode({\n"
        '  Version = "2012-10-17"\n'
        "  Statement = [{\n"
        '    Sid      = "$${a}"\n'
        '    Effect   = "Allow"\n'
        '    Action   = ["s3:Get<&>"]\n'
        '    Resource = "${aws_s3_bucket.b.arn}/*"\n'
        "  }]\n"
        "})"
    )


@pytest.mark.parametrize(
    ("leaf", "hcl"),
    [
        ("${aws_s3_bucket.b.arn}", "aws_s3_bucket.b.arn"),
        ("${data.aws_caller_identity.current.account_id}", "data.aws_caller_identity.current.account_id"),
        ("${aws_lb_listener.l.port}", "tostring(aws_lb_listener.l.port)"),
        ("${local.name}", "tostring(local.name)"),
    ],
)
def test_a_single_reference_in_quotes_stays_a_string(leaf: str, hcl: str) -> None:
    assert written(terraform_json({"a": leaf})) == f"jsonencode({{\n  a = {hcl}\n}})"


def test_keys_that_begin_with_the_same_reference_keep_their_order() -> None:
    policy = terraform_json({"${aws_a.i.url}:aud": "x", "${aws_a.i.url}:sub": "y"})

    assert written(policy) == 'jsonencode({\n  "${aws_a.i.url}:aud" = "x"\n  "${aws_a.i.url}:sub" = "y"\n})'


@pytest.mark.parametrize(
    "text",
    [
        '{"b": 1, "a": 2}',
        '{"b":1,"a":2}',
        '{"a":1.0}',
        '{"a":1e-7}',
        '{"a":NaN}',
        '{"a":"<"}',
        '{"a":1,"a":1}',
        '{"a":${var.a}}',
        '{"${var.a}":1,"${var.b}":2}',
        "{}",
        "[1,2]",
        "[${var.a}]",
        "{not json}",
    ],
)
def test_json_that_jsonencode_would_write_differently_stays_text(text: str) -> None:
    assert written(text).startswith('"')


def test_literal_values_have_no_expressions() -> None:
    assert "\n".join(laid_out(literal(["${a}", {"b": "%{c}"}]))) == '["$${a}", { b = "%%{c}" }]'
