"""Every field of the project file changes the Terraform of tests/specs/everything.yaml.

every_field.yaml adds the keys that the file does not use. Each test changes one field, checks that the changed file is
valid, and compares the Terraform of the part of the stack that the field belongs to: one service, in an existing VPC
unless the field is about the network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from shutil import copyfile
from typing import Any, Literal, get_args

import pytest
import yaml

from stacks.app import EnvironmentStack
from stacks.bindings import App
from stacks.errors import ProjectError
from stacks.output import BUILT_IN_TEMPLATE
from stacks.project import Selection, load
from stacks.project.models import Model, Network, Oidc, Project, ProjectFile
from stacks.project.nodes import Path as Steps
from stacks.project.reference import held_models
from stacks.project.shape import Shape, fields_of
from tests.support.synthesized import Json, Stack

pytestmark = pytest.mark.slow

EVERYTHING = Path(__file__).parents[1] / "specs" / "everything.yaml"
ADDED = Path(__file__).with_name("every_field.yaml")
REMOVED = object()

REFUSED: Mapping[str, Mapping[str, Any]] = {
    "layout": {"layout": "per_service"},
    "services.NAME.deployment.strategy": {"services.web.deployment.strategy": "canary"},
}
"""Fields without another supported value, each with a change that is rejected."""
NOT_IN_A_STACK = {
    "environments": "selects and overrides the other keys",
    "terraform": "is about other files: tests/stacks/test_own_terraform.py",
    **{f"ci{below}": "is about pipelines" for below in ("", ".github")},
    **{f"ci.github.{key}": "is about pipelines" for key in ("repository", "branch", "install", "plan_protected")},
    "registry.assume_role": "is in the shared stack: tests/stacks/test_shared.py",
    **{f"services.NAME.build.{key}": "is about the image" for key in ("context", "dockerfile", "target", "platform")},
    "services.NAME.build.args": "is about the image",
    **dict.fromkeys(
        (
            f"services.NAME.deployment.{key}"
            for key in ("before", "before[].command", "before[].timeout", "after", "after[].command", "after[].timeout")
        ),
        "run by ecsforge deploy, not by Terraform",
    ),
}
"""Fields that are not about the resources of a stack, with the reason."""

EXISTING_NETWORK = {
    "vpc_id": "vpc-0123456789abcdef0",
    "public_subnet_ids": ["subnet-0000000a", "subnet-0000000b"],
    "private_subnet_ids": ["subnet-0000000c", "subnet-0000000d"],
}
OIDC = {
    "services.web.http.auth": {
        "oidc": {
            "issuer": "https://login.example.com",
            "authorization_endpoint": "https://login.example.com/authorize",
            "token_endpoint": "https://login.example.com/token",
            "user_info_endpoint": "https://login.example.com/userinfo",
            "client_id": "everything",
            "client_secret": "secretsmanager:everything/oidc:secret",
        }
    },
    "state": {"backend": "s3", "bucket": "everything-state"},
}
POOL = "services.NAME.http.auth.cognito.user_pool_arn"
SHARED = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/shared/50dc6c495c0c9188"
EXISTING_BALANCER: Json = {
    "network": EXISTING_NETWORK,
    "load_balancer": {
        "arn": SHARED,
        "listener_arn": SHARED.replace(":loadbalancer/", ":listener/") + "/f2f7dc8efc522ab2",
        "security_group": "sg-0123456789abcdef0",
    },
    "services.web.http.priority": 7,
    "services.api.http.hosts": ["api.example.com"],
    "services.broker.tcp.tls": REMOVED,
}
HTTP_1 = {
    "services.api.http.protocol": REMOVED,
    "services.api.http.also[0].protocol": REMOVED,
    "services.web.http.auth": REMOVED,
}
WITHOUT_HTTPS = {"load_balancer.https": REMOVED, "services.broker.tcp.tls": REMOVED, **HTTP_1}
STATE_IN_S3 = {
    "state": {
        "backend": "s3",
        "bucket": "everything-state",
        "key_prefix": "teams",
        "region": "eu-west-1",
        "lock": True,
        "kms_key": "alias/terraform-state",
    }
}
OTHER_KEY = "arn:aws:kms:eu-central-1:123456789012:key/99999999-2222-3333-4444-555555555555"
STATE_IN_CLOUD = {"state": {"backend": "cloud", "organization": "everything"}}
DOMAIN = {
    "load_balancer.https": {"domain": "*.eu.example.com", "hosted_zone": "eu.example.com"},
    "load_balancer.redirects": REMOVED,
    "services.web.http.hosts": ["app.eu.example.com"],
    "services.api.http.also[0].hosts": ["metrics.eu.example.com"],
}
DOMAINS = {
    "load_balancer.https": {"domains": ["eu.example.com", "*.eu.example.com"], "hosted_zone": "eu.example.com"},
    "load_balancer.redirects": REMOVED,
    "services.web.http.hosts": ["app.eu.example.com"],
    "services.api.http.also[0].hosts": ["metrics.eu.example.com"],
}
CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
IN_EXISTING_NETWORK = Network.model_validate_json(json.dumps(EXISTING_NETWORK))
BASES: Mapping[str, Mapping[str, Any]] = {
    "load_balancer.https.certificate_arn": {"load_balancer.https": {"certificate_arn": CERTIFICATE}},
    "load_balancer.https.domain": DOMAIN,
    "load_balancer.https.domains": DOMAINS,
    "load_balancer.https.hosted_zone": DOMAIN,
    "load_balancer.arn": EXISTING_BALANCER,
    "load_balancer.listener_arn": EXISTING_BALANCER,
    "load_balancer.security_group": EXISTING_BALANCER,
    **{f"services.NAME.http.auth.{key}": OIDC for key in ("oidc", *(f"oidc.{key}" for key in Oidc.model_fields))},
    "network.private_subnet_ids": {"network": EXISTING_NETWORK},
    "network.public_subnet_ids": {"network": EXISTING_NETWORK},
    "network.vpc_id": {"network": EXISTING_NETWORK},
    "state": STATE_IN_S3,
    "state.backend": STATE_IN_S3,
    "state.bucket": STATE_IN_S3,
    "state.key_prefix": STATE_IN_S3,
    "state.kms_key": STATE_IN_S3,
    "state.lock": STATE_IN_S3,
    "state.organization": STATE_IN_CLOUD,
    "state.region": STATE_IN_S3,
}
"""Changes to make first, for fields that can't be combined with the rest of everything.yaml."""

CHANGES: Mapping[str, Mapping[str, Any]] = {
    "load_balancer": {"load_balancer.idle_timeout": 60},
    "load_balancer.deletion_protection": {"load_balancer.deletion_protection": False},
    "load_balancer.https": WITHOUT_HTTPS,
    "load_balancer.https.domain": {
        "load_balancer.https.domain": "app.eu.example.com",
        "services.api.http.also[0].hosts": REMOVED,
    },
    "load_balancer.https.domains": {"load_balancer.https.domains": ["*.eu.example.com"]},
    "load_balancer.https.hosted_zone": {"load_balancer.https.hosted_zone": "example.com"},
    "load_balancer.redirect_http": {"load_balancer.redirect_http": False, **HTTP_1},
    "load_balancer.arn": {
        f"load_balancer.{key}": EXISTING_BALANCER["load_balancer"][key].replace("shared", "other")
        for key in ("arn", "listener_arn")
    },
    "load_balancer.listener_arn": {
        "load_balancer.listener_arn": EXISTING_BALANCER["load_balancer"]["listener_arn"][:-1] + "3"
    },
    "load_balancer.security_group": {"load_balancer.security_group": "sg-0123456789abcdef1"},
    POOL: {
        POOL.replace("NAME", "web"): "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_JKLmnoPQR"
    },
    "services.NAME.http.auth": {"services.web.http.auth": REMOVED},
    "services.NAME.http.auth.cognito": {
        "services.web.http.auth": OIDC["services.web.http.auth"],
        "state": OIDC["state"],
    },
    "services.NAME.http.auth.oidc": {
        "services.web.http.auth.oidc": REMOVED,
        "services.web.http.auth.cognito": {
            "user_pool_arn": "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_ABCdefGHI",
            "client_id": "everything",
            "domain": "everything-login",
        },
    },
    "services.NAME.http.auth.scope": {"services.web.http.auth.scope": "openid profile"},
    "network.availability_zones": {"network.availability_zones": [f"eu-central-1{zone}" for zone in "abc"]},
    "network.cidr": {"network.cidr": "10.40.0.0/17"},
    "network.private_subnet_ids": {"network.private_subnet_ids[0]": "subnet-0000000e"},
    "network.public_subnet_ids": {"network.public_subnet_ids[0]": "subnet-0000000e"},
    "network.vpc_id": {"network.vpc_id": "vpc-0123456789abcdef1"},
    "region": {
        "region": "eu-west-1",
        "load_balancer.https.certificate_arns": ["arn:aws:acm:eu-west-1:123456789012:certificate/1"],
        "services.web.kms_keys": [OTHER_KEY.replace("eu-central-1", "eu-west-1")],
        "services.web.http.auth": REMOVED,
        "services.worker.queue.subscribe": REMOVED,
    },
    "services.NAME.build": {"services.worker.build": ".", "services.worker.image": REMOVED},
    "services.NAME.repository": {"services.worker.repository": False, "registry": REMOVED},
    "services.NAME.kms_keys": {"services.web.kms_keys": [OTHER_KEY]},
    "services.NAME.container_health_check.command": {"services.web.container_health_check.command[0]": "CMD"},
    "services.NAME.count.schedules[].cron": {"services.worker.count.schedules[0].cron": "rate(1 day)"},
    "services.NAME.logs.driver": {"services.worker.logs": {}},
    "services.NAME.permissions.execution_statements[].actions": {
        "services.api.permissions.execution_statements[0].actions": ["kms:DescribeKey"],
    },
    "services.NAME.permissions.execution_statements[].resources": {
        "services.api.permissions.execution_statements[0].resources": ["*"],
    },
    "services.NAME.permissions.statements[].actions": {
        "services.api.permissions.statements[0].actions": ["s3:ListBucket"],
    },
    "services.NAME.permissions.statements[].effect": {"services.api.permissions.statements[0].effect": "Deny"},
    "services.NAME.permissions.statements[].resources": {"services.api.permissions.statements[0].resources": ["*"]},
    "services.NAME.queue": {"services.worker.queue": {}},
    "services.NAME.queue.fifo": {"services.worker.queue.fifo": False, "services.worker.queue.subscribe": REMOVED},
    "services.NAME.queue.subscribe[].topic": {
        "services.worker.queue.subscribe[1].topic": "arn:aws:sns:eu-central-1:123456789012:payments.fifo",
    },
    "services.NAME.schedule": {"services.cleanup.schedule": "rate(1 day)"},
    "services.NAME.sidecars": {"services.api.sidecars.metrics": REMOVED},
    "services.NAME.sidecars.NAME.essential": {"services.api.sidecars.proxy.essential": False},
    "services.NAME.sidecars.NAME.health_check.command": {
        "services.api.sidecars.proxy.health_check.command[0]": "CMD",
    },
    "resources": {"resources.more": {"type": "bucket"}},
    "resources.NAME.type": {
        "resources.uploads": {"type": "table", "key": {"id": "S"}},
        "services.cleanup.uses": REMOVED,
    },
    "resources.NAME.version": {"resources.main-db.version": "17"},
    "resources.NAME.capacity": {
        "resources.orders-db.capacity": REMOVED,
        "resources.orders-db.instance": "db.t4g.micro",
    },
    "resources.NAME.instance": {"resources.main-db.instance": "db.t4g.small"},
    "resources.NAME.node": {"resources.sidekiq.node": "cache.t4g.micro"},
    "resources.NAME.key": {"resources.sessions.key": {"number": "N"}},
    "resources.NAME.sort_key": {"resources.sessions.sort_key": {"at": "S"}},
    "resources.NAME.fifo": {"resources.events.fifo": False, "services.worker.queue.subscribe": REMOVED},
    "services.NAME.type": {
        "services.cleanup": {"type": "worker", "image": "public.ecr.aws/docker/library/python:3.12-slim"},
    },
    "services.NAME.volumes": {"services.api.volumes.shared": REMOVED},
    "services.NAME.volumes.NAME.root_directory": {
        "services.api.volumes.shared.root_directory": "/shared",
        "services.api.volumes.shared.access_point": REMOVED,
    },
    "state.backend": STATE_IN_CLOUD,
    "services.NAME.task_definition_template": {"services.cleanup.task_definition_template": "service.json.tpl"},
}
"""Changes for fields that need more than a removal or another value of their type."""


def fields(model: type[Model] = ProjectFile, above: tuple[str, ...] = ()) -> Iterator[tuple[str, Shape]]:
    """Every field of the project file, such as `services.NAME.egress[].port`, with its shape."""
    for name, shape in fields_of(model).items():
        yield ".".join((*above, name)), shape
        if not above and name == "environments":
            continue
        for steps, held in held_models(name, shape):
            yield from fields(held, (*above, *steps))


FIELDS = dict(fields())


@cache
def everything() -> Json:
    """The environment `prod` of everything.yaml, with the keys that every_field.yaml adds."""
    content = merged(yaml.safe_load(EVERYTHING.read_text("utf-8")), yaml.safe_load(ADDED.read_text("utf-8")))
    environments = content.pop("environments")
    return merged(content, environments["prod"])


def merged(base: Json, over: Json) -> Json:
    shared = base.keys() & over.keys()
    both = {
        key: merged(base[key], over[key])
        for key in shared
        if isinstance(base[key], dict) and isinstance(over[key], dict)
    }
    return {**base, **over, **both}


def steps_of(path: str) -> Steps:
    """`services.web.egress[1].cidr` as keys and indexes."""
    found = re.findall(r"(\w[\w-]*)", path)
    return tuple(int(step) if step.isdecimal() else step for step in found)


def changed(content: Json, changes: Mapping[str, Any]) -> Json:
    """A copy with other values at some paths, or without them."""
    copy = deepcopy(content)
    for path, value in changes.items():
        *above, last = steps_of(path)
        place: Any = copy
        for step in above:
            place = place[step]
        if value is REMOVED:
            del place[last]
        else:
            place[last] = value
    return copy


def written(content: Any, field: str) -> Iterator[tuple[str, Any]]:
    """The paths at which a field is in the file, with their values."""
    pattern = re.escape(field).replace("NAME", r"[^.]+").replace(r"\[\]", r"\[\d+\]")
    return ((path, value) for path, value in values(content) if re.fullmatch(pattern, path))


def values(content: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if path:
        yield path, content
    if isinstance(content, dict):
        for key, value in content.items():
            yield from values(value, f"{path}.{key}" if path else key)
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from values(value, f"{path}[{index}]")


def alternatives(field: str, value: Any) -> Iterator[Any]:
    """Other values to try: no value, then others of its type."""
    yield REMOVED
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, value * 2)
    elif isinstance(value, list) and value:
        yield value[:-1]
    elif isinstance(value, str):
        choices = [get_args(branch.type) for branch in FIELDS[field].branches() if branch.origin is Literal]
        yield from (choice for each in choices for choice in each if choice != value)
        yield from (f"{value}-2", f"{value}a", value[:-1])


@dataclass
class Synthesis:
    """Loads project files and synthesizes parts of them, each part once."""

    folder: Path
    _stacks: dict[str, Json] = field(default_factory=dict)

    def project(self, content: Json) -> Project | None:
        """The project of a file; None when the file is invalid."""
        file = self.folder / "ecsforge.yaml"
        file.write_text(json.dumps(content), "utf-8")  # JSON is YAML
        try:
            return load(Selection(file=file, env="prod")).projects[0]
        except ProjectError:
            return None

    def terraform(self, project: Project) -> Json:
        """The Terraform JSON of a project."""
        key = project.model_dump_json(exclude_unset=True)
        if key not in self._stacks:
            out = self.folder / str(len(self._stacks))
            app = App(outdir=str(out))
            stack = EnvironmentStack(app, project)
            app.synth()
            self._stacks[key] = Stack(out / "stacks" / stack.names.stack).content
        return self._stacks[key]


@pytest.fixture(scope="module")
def synthesis(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    folder = tmp_path_factory.mktemp("every_field")
    copyfile(BUILT_IN_TEMPLATE, folder / "service.json.tpl")
    (folder / "Dockerfile").write_text("FROM scratch\n", "utf-8")
    (folder / "infra").mkdir()
    (folder / "infra" / "main.tf").write_text("locals {\n  one = 1\n  on  = 2\n}\n", "utf-8")
    return Synthesis(folder)


def part(project: Project, path: str) -> Project:
    """The part of a project that a path is in, which is faster to synthesize than the whole."""
    if path == "services":
        return project
    section, _, rest = path.partition(".")
    owners = {"services": rest.partition(".")[0], "load_balancer": "web", "network": "web"}
    service = owners.get(section, "worker")
    network = project.network if section == "network" else IN_EXISTING_NETWORK
    kept = {service, *project.services[service].uses}
    services = {name: each for name, each in project.services.items() if name in kept}
    return project.model_copy(update={"services": services, "network": network})


def change(content: Json, before: Project, field: str, synthesis: Synthesis) -> tuple[str, Project]:
    """A path of the field, and the project with the first valid other value there."""
    if field in CHANGES:
        candidates = [(next(iter(CHANGES[field])), CHANGES[field])]
    else:
        found = [*written(content, field)]
        assert found, f"{field} is in no file: add it to every_field.yaml, or an entry to CHANGES"
        candidates = [(path, {path: other}) for path, value in found for other in alternatives(field, value)]
    for path, changes in candidates:
        project = synthesis.project(changed(content, changes))
        if project is not None and project.model_dump() != before.model_dump():
            return path, project
    pytest.fail(f"no valid change of {field}: add an entry in CHANGES")


@pytest.mark.parametrize("field", [name for name in FIELDS if name not in REFUSED and name not in NOT_IN_A_STACK])
def test_a_change_of_the_field_changes_the_terraform(field: str, synthesis: Synthesis) -> None:
    content = changed(everything(), BASES.get(field, {}))
    before = synthesis.project(content)
    assert before is not None
    path, after = change(content, before, field, synthesis)

    changes = synthesis.terraform(part(after, path)) != synthesis.terraform(part(before, path))

    assert changes, f"another value of {path} generates the same Terraform"


@pytest.mark.parametrize("field", REFUSED)
def test_a_field_without_another_supported_value_is_still_rejected(field: str, synthesis: Synthesis) -> None:
    project = synthesis.project(changed(everything(), REFUSED[field]))

    assert project is None, f"{field} is supported now: remove it from REFUSED"


def test_every_listed_field_exists() -> None:
    assert {*REFUSED, *NOT_IN_A_STACK, *BASES, *CHANGES} <= {*FIELDS}
