"""The JSON Schema of the project file, for completion and checks in editors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from stacks.project.models import Model, ProjectFile
from stacks.project.schema import json_schema
from stacks.project.shape import fields_of
from tests.support.some import some

ROOT = Path(__file__).parents[2]
SCHEMA = json_schema()
WHOLE = """
project_id: shop
region: eu-west-1
tags: {team: web, cost: 12}
network: {cidr: 10.0.0.0/16, availability_zones: [eu-west-1a, eu-west-1b], nat: per_az, flow_logs: false}
load_balancer: {https: {certificate_arn: "arn:aws:acm:eu-west-1:123456789012:certificate/a"}, waf: {rate_limit: 500}}
services:
  web:
    cpu: 1024
    memory: 4096
    count: {min: 1, max: 4, cpu_percent: 60, schedules: [{cron: "cron(0 8 * * ? *)", min: 2, max: 4}]}
    capacity: {on_demand_base: 1, spot_weight: 3}
    command: [sleep, 5, true]
    user: 1000
    environment: {DEBUG: false, WORKERS: 4, NAME: x}
    http: {stickiness: 60, paths: [/shop]}
    connect: {alias: shop}
    volumes: {data: {path: /data}}
    sidecars: {proxy: {image: envoy, health_check: {command: [CMD, x]}}}
    ulimits: {nofile: [1024, 4096]}
    egress: [{port: 443}]
    permissions: {statements: [{actions: ["s3:GetObject"], resources: ["*"]}]}
  worker: {type: worker, queue: {}}
  plain:
environments:
  dev:
  prod:
    account_id: "123456789012"
    protected: true
    region: null
    network: {flow_logs: {retention_days: 90}}
    services: {web: {count: {max: 8}, sidecars: {proxy: {cpu: 64}}, environment: {NAME: null}}}
"""


def faults(text: str) -> list[str]:
    """The paths in a project file that the schema rejects."""
    errors = Draft7Validator(SCHEMA).iter_errors(yaml.safe_load(text))
    return sorted(".".join(map(str, error.absolute_path)) for error in errors)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema of a mapping with known keys."""
    if isinstance(schema, dict):
        if "properties" in schema and "description" in schema:
            yield schema
        for value in schema.values():
            yield from objects(value)


def test_the_schema_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)

    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert (SCHEMA["$id"], SCHEMA["title"]) == ("urn:ecsforge:project-file", "ecsforge project file")


def test_a_file_that_uses_every_form_is_valid() -> None:
    assert faults(WHOLE) == []


def test_the_project_file_of_the_repository_is_valid() -> None:
    assert faults((ROOT / "ecsforge.yaml").read_text()) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("region: us-east-1", ""),
        ("project_id: Bad--Name", "project_id"),
        ("project_id: shop\nregon: us-east-1", ""),
        ("project_id: shop\nregion: us-esat-1", "region"),
        ("project_id: shop\nci: {github: {repository: org/repo}}", "ci.github"),
        ("project_id: shop\nenvironments: {prod: {ci: {}}}", "environments.prod"),
        ("project_id: shop\nlayout: per_service", "layout"),
        ("project_id: shop\nservices: {Web: {}}", "services"),
        ("project_id: shop\nservices: {web: {prot: 3000}}", "services.web"),
        ("project_id: shop\nservices: {web: {build: {contxt: .}}}", "services.web.build"),
        ("project_id: shop\nenvironments: {prod: {registry: {}}}", "environments.prod"),
        ("project_id: shop\nservices: {web: {port: 0}}", "services.web.port"),
        ("project_id: shop\nservices: {web: {port: '80'}}", "services.web.port"),
        ("project_id: shop\nservices: {web: {cpu: 300}}", "services.web.cpu"),
        ("project_id: shop\nservices: {web: {cpu: 256, memory: 4096}}", "services.web.memory"),
        ("project_id: shop\nservices: {web: {count: {min: 1}}}", "services.web.count"),
        ("project_id: shop\nservices: {web: {environment: {A=B: x}}}", "services.web.environment"),
        ("project_id: shop\nservices: {web: {logs: {retention_days: 31}}}", "services.web.logs.retention_days"),
        ("project_id: shop\nservices: {web: {sidecars: {proxy: {}}}}", "services.web.sidecars.proxy"),
        ("project_id: shop\nservices: {web: {egress: [null]}}", "services.web.egress"),
        ("project_id: shop\nservices: {web: {ulimits: {files: [1, 2]}}}", "services.web.ulimits"),
        ("project_id: shop\nservices: {web: {sidecars: {a b: {image: x}}}}", "services.web.sidecars"),
        ("project_id: shop\nservices: {web: {http: {paths: []}}}", "services.web.http.paths"),
        ("project_id: shop\nenvironments: {PROD: {}}", "environments"),
        ("project_id: shop\nenvironments: {prod: {project_id: other}}", "environments.prod"),
        ("project_id: shop\nenvironments: {prod: {account_id: 123456789012}}", "environments.prod.account_id"),
        ("project_id: shop\nenvironments: {prod: {services: {web: {prot: 1}}}}", "environments.prod.services.web"),
    ],
)
def test_the_schema_rejects_invalid_files(text: str, place: str) -> None:
    assert faults(text) == [place]


def test_every_mapping_rejects_unknown_keys_and_describes_its_own() -> None:
    for schema in some(objects(SCHEMA)):
        assert schema["additionalProperties"] is False
        for name, field in schema["properties"].items():
            assert field["description"], name


def test_every_key_of_the_models_is_in_the_schema() -> None:
    seen: set[type[Model]] = set()

    def check(model: type[Model], schema: dict[str, Any]) -> None:
        seen.add(model)
        assert set(schema["properties"]) == set(fields_of(model))

    check(ProjectFile, SCHEMA)
    for name, model in {model.__name__: model for model in Model.__subclasses__()}.items():
        if name in SCHEMA["definitions"]:
            check(model, SCHEMA["definitions"][name])

    assert len(seen) > 20


def test_defaults_are_those_of_the_models() -> None:
    properties = SCHEMA["definitions"]["Service"]["properties"]

    assert (properties["cpu"]["default"], properties["http"].get("default")) == (512, None)
    assert SCHEMA["properties"]["region"]["default"] == "us-east-1"
    assert SCHEMA["definitions"]["Network"]["properties"]["endpoints"]["default"] == ["s3"]
