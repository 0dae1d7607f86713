"""Unusual but valid values for a project file."""

from __future__ import annotations

import json
from typing import Any

from stacks.references import partition_of

TEXTS = (
    *('say "hi"', "${HOME}", "%{if}", "$${x}", "a\\b", "back`tick", "line\nline", "tab\there", "", " ", "ä é 漢字 😀"),
    *(
        "$",
        "%",
        "$$${a}",
        "%%{b}",
        "'",
        "<<EOT",
        "EOT\n",
        "#",
        "//",
        "*/",
        "{{.x}}",
        "null",
        "true",
        "0100",
        "1e3",
        "~",
    ),
    *("\u2028", "</script>", "&amp;", "a" * 3000, "${jsonencode(1)}", "\\${x}", '\\"', "%{ for x in y }", "x\r\ny"),
)
# Words that occur in Terraform addresses, so that names collide wherever they can.
NAMES = (
    *("web", "api", "http", "https", "a", "a-a", "a-b", "b", "tasks", "task", "execution", "schedule", "queue"),
    *("dead-letters", "efs", "efs-data", "open", "alarms", "outputs", "providers", "network", "account", "cluster"),
    *("connect", "web-tasks", "tasks-web", "cpu", "log-errors", "task-definition", "web-task", "x-definition"),
    *("w" * 20, "n-------------------", "service", "local", "each", "count", "self", "path", "templates"),
)
VOLUMES = ("data", "b", "DATA", "cache_1", "1st", "media-files", "task", "tasks", "http", "v" * 255)
SIDECARS = ("proxy", "init", "Log_Router", "1", "metrics-agent", "s" * 255)
PATHS = ("/*", "/api/*", "/a?b*", "/~x/$y/z", "/'q\"", "/" + "p" * 127, "*.png", "/a&b+d:e@f", "/v1.0/_-/x")
HOSTS = ("app.example.com", "*.example.com", "x.y.example.org", "A.Example.COM", "a." + "b" * 60 + ".example.com")
IMAGES = (
    *("app:1", "nginx", "public.ecr.aws/docker/library/python:3.12-slim", "localhost:5000/team/app:v1_2.3-x"),
    *("123456789012.dkr.ecr.us-east-1.amazonaws.com/team/web:1.0", "app@sha256:" + "a" * 64, "ghcr.io/o/r:sha-0a1b2c"),
    "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a/b@sha256:" + "0" * 64,
)
REFERENCES = (
    *("ssm:/shop/db-url", "ssm:/a/b/c/d_e.f-g", "secretsmanager:shop/api", "secretsmanager:shop/api:key"),
    *("secretsmanager:a:key:AWSCURRENT", "secretsmanager:a::AWSPREVIOUS", "secretsmanager:a:k::" + "0" * 32),
    *("arn:aws:ssm:us-east-1:123456789012:parameter/x/y", "arn:aws:ssm:us-east-1:123456789012:parameter/flat"),
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf:password::",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf",
)
SCHEDULES = (
    *("rate(1 minute)", "rate(5 hours)", "rate(2 days)", "cron(0 3 * * ? *)", "cron(0/15 8-18 ? * MON-FRI *)"),
    *("at(2031-01-31T03:00:00)", "cron(0 0 L * ? *)", "cron(30 6 ? * 2#1 2030-2035)", "cron(0,30 1 1W JAN,JUL ? *)"),
)
ZONES = ("UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "Etc/GMT+5")
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-4", "us-gov-west-1", "cn-northwest-1", "il-central-1")
ENVIRONMENTS = ("dev", "prod", "p-r-o-d", "e" * 16, "x", "a-", "staging")


def with_arns_of_its_region(content: dict[str, Any]) -> dict[str, Any]:
    """The project file with every ARN in the partition of its region."""
    partition = partition_of(content["region"])
    moved: dict[str, Any] = json.loads(json.dumps(content).replace("arn:aws:", f"arn:{partition}:"))
    return moved
