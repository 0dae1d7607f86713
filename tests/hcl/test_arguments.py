"""The order of arguments, and which of them are nested blocks."""

from __future__ import annotations

from tests.support.hcl import rendered


def test_arguments_are_in_reading_order() -> None:
    balancer = {
        "//": {"metadata": {"path": "a"}},
        "access_logs": {"enabled": True, "bucket": "b"},
        "count": 2,
        "depends_on": ["aws_lb.other"],
        "internal": False,
        "lifecycle": {"ignore_changes": "all"},
        "name": "main",
        "provider": "aws.west",
        "security_groups": ["sg-1"],
        "client_keep_alive": None,
        "tags": {"Name": "main"},
        "timeouts": {"create": "10m"},
    }

    assert rendered({"resource": {"aws_lb": {"main": balancer}}}) == (
        'resource "aws_lb" "main" {\n'
        "  provider = aws.west\n"
        "  count    = 2\n"
        "\n"
        '  name            = "main"\n'
        "  internal        = false\n"
        '  security_groups = ["sg-1"]\n'
        "\n"
        "  access_logs {\n"
        '    bucket  = "b"\n'
        "    enabled = true\n"
        "  }\n"
        "\n"
        "  tags = {\n"
        '    Name = "main"\n'
        "  }\n"
        "\n"
        "  timeouts {\n"
        '    create = "10m"\n'
        "  }\n"
        "\n"
        "  depends_on = [aws_lb.other]\n"
        "\n"
        "  lifecycle {\n"
        "    ignore_changes = all\n"
        "  }\n"
        "}\n"
    )


def test_a_list_of_objects_that_is_an_attribute_stays_one() -> None:
    table = {"route": [{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}], "vpc_id": "vpc-1"}

    assert rendered({"resource": {"aws_route_table": {"public": table}}}) == (
        'resource "aws_route_table" "public" {\n'
        '  vpc_id = "vpc-1"\n'
        '  route  = [{ cidr_block = "0.0.0.0/0", gateway_id = "igw-1" }]\n'
        "}\n"
    )


def test_without_a_schema_objects_are_blocks() -> None:
    statement = {"not_statement": [{"statement": {"ip_set": {"arn": "a", "countries": ["NL"]}}}]}

    assert rendered({"resource": {"aws_wafv2_web_acl": {"main": {"rule": [{"statement": statement}]}}}}) == (
        'resource "aws_wafv2_web_acl" "main" {\n'
        "  rule {\n"
        "    statement {\n"
        "      not_statement {\n"
        "        statement {\n"
        "          ip_set {\n"
        '            arn       = "a"\n'
        '            countries = ["NL"]\n'
        "          }\n"
        "        }\n"
        "      }\n"
        "    }\n"
        "  }\n"
        "}\n"
    )


def test_dynamic_blocks() -> None:
    logs = {"for_each": "${var.logs}", "iterator": "log", "content": {"bucket": "${log.value}"}}

    assert rendered({"resource": {"aws_lb": {"main": {"dynamic": {"access_logs": logs}}}}}) == (
        'resource "aws_lb" "main" {\n'
        '  dynamic "access_logs" {\n'
        "    for_each = var.logs\n"
        "    iterator = log\n"
        "\n"
        "    content {\n"
        "      bucket = log.value\n"
        "    }\n"
        "  }\n"
        "}\n"
    )
