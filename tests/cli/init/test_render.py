"""The project file that `init` writes."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from cli.init.draft import BuildDraft, Draft, ServiceDraft
from cli.init.render import render
from tests.cli.init.validated import errors_of

WEB = ServiceDraft("web", "acme/web:1", 3000, environment={"A": "b"})
DRAFT = Draft("shop", "eu-west-1", ("dev", "prod"), (WEB,))


def test_the_file_is_short() -> None:
    assert (
        render(DRAFT)
        == """\
# yaml-language-server: $schema=.ecsforge/schema.json
#
# ecsforge project file. Check it with `ecsforge validate`. Editors complete and check every key with the schema above;
# `ecsforge schema --out .ecsforge/schema.json` updates it.

project_id: shop
region: eu-west-1

environments:  # Overrides per environment; any key except project_id.
  dev:
    services:
      web: {count: 1, cpu: 256, memory: 512}
  prod:
    protected: true

services:
  web:
    image: acme/web:1
    port: 3000
    environment:
      A: b
    # health_check: {path: /}  # the path that the load balancer requests; 200-399 is healthy
    # count: {min: 2, max: 6, cpu_percent: 60}
    # cpu: 512
    # memory: 1024

# load_balancer:
#   https: {domain: www.example.com, hosted_zone: example.com}  # a certificate, and the DNS record
# alarms: {email: [ops@example.com]}
# state: {backend: s3, bucket: my-terraform-state}  # shared by a team; `ecsforge state init` creates the bucket
"""
    )


def test_the_comments_are_valid_keys(tmp_path: Path) -> None:
    text = re.sub(r"^( *)# ( *\w+:)", r"\1\2", render(DRAFT), flags=re.MULTILINE)

    assert yaml.safe_load(text)["alarms"] == {"email": ["ops@example.com"]}
    assert errors_of(text, tmp_path) == []


def test_every_field_of_a_draft_is_written() -> None:
    service = ServiceDraft(
        "api",
        "",
        None,
        command=("run",),
        build=BuildDraft("api", "Dockerfile.prod", "final", {"A": "1"}),
        secrets={"TOKEN": "api/TOKEN"},
        connect=True,
        connect_port=4000,
        alias="backend",
        before=(("migrate", "--all"), ("seed",)),
        settings={"entrypoint": ["tini"], "count": 0},
        heavy=True,
    )

    content = yaml.safe_load(render(Draft("shop", "eu-west-1", ("dev", "prod"), (service,))))

    assert content["services"]["api"] == {
        "build": {"context": "api", "dockerfile": "Dockerfile.prod", "target": "final", "args": {"A": "1"}},
        "type": "worker",
        "entrypoint": ["tini"],
        "command": ["run"],
        "count": 0,
        "connect": {"port": 4000, "alias": "backend"},
        "secrets": {"TOKEN": "ssm:/shop/dev/api/TOKEN"},
        "deployment": {"before": [{"command": ["migrate", "--all"]}, {"command": ["seed"]}]},
    }
    assert content["environments"] == {
        "dev": {"services": {"api": {"count": 1}}},
        "prod": {"protected": True, "services": {"api": {"secrets": {"TOKEN": "ssm:/shop/prod/api/TOKEN"}}}},
    }
