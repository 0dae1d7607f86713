"""Synthesized stacks, each synthesized once per session."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from stacks.app import synthesize
from stacks.project import Loaded, Selection, load
from tests.support.synthesized import Stack

Load = Callable[..., Loaded]
Synth = Callable[..., Stack]
EXISTING_NETWORK = """
network:
  vpc_id: vpc-0123456789abcdef0
  public_subnet_ids: [subnet-0000000a, subnet-0000000b]
  private_subnet_ids: [subnet-0000000c, subnet-0000000d]
"""
REVIEWED = [
    ("article.yaml", "dev"),
    ("article.yaml", "prod"),
    ("shop.yaml", "dev"),
    ("shop.yaml", "staging"),
    ("shop.yaml", "prod"),
    ("two-web.yaml", "prod"),
    ("everything.yaml", "dev"),
    ("everything.yaml", "prod"),
    ("built.yaml", "prod"),
]
INGRESS = ["keycloak.yaml", "grpc.yaml", "db-proxy.yaml", "internal-tool.yaml", "existing-balancer.yaml", "hobby.yaml"]
"""Examples of what reaches services, which lack parts that the others have."""


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """`loaded("services: ...", env="prod")`: a loaded project file; the default `project_id` is `shop`."""

    @cache
    def load_text(text: str = "", env: str | None = "prod") -> Loaded:
        file = tmp_path_factory.mktemp("project") / "ecsforge.yaml"
        text = dedent(text)
        (file.parent / "Dockerfile").write_text("FROM scratch\n", "utf-8")
        file.write_text(text if "project_id:" in text else f"project_id: shop\n{text}", "utf-8")
        return load(Selection(file=file, env=env))

    return load_text


@pytest.fixture(scope="session")
def stack(loaded: Load, tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """`stack("services: ...", env="prod")`: the stack of one environment of a project file."""

    @cache
    def synthesized(text: str = "", env: str = "prod") -> Stack:
        *_, written = synthesize(loaded(text, env), tmp_path_factory.mktemp("out"))
        return Stack(written.path)

    return synthesized


@pytest.fixture(scope="session")
def shared_stack(loaded: Load, tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """`shared_stack("services: ...", env="prod")`: the stack that all environments of a project file share."""

    @cache
    def synthesized(text: str = "", env: str | None = "prod") -> Stack:
        (written,) = synthesize(loaded(text, env).only_shared, tmp_path_factory.mktemp("out"))
        return Stack(written.path)

    return synthesized


@pytest.fixture(scope="session")
def small(stack: Synth) -> Synth:
    """The same in an existing VPC: fewer resources, for tests of other parts."""
    return lambda text="", env="prod": stack(f"{EXISTING_NETWORK}{dedent(text)}", env)


@pytest.fixture(scope="session")
def spec_stack(specs: Path, tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """`spec_stack("shop.yaml", "prod")`: the stack of one environment of a file in tests/specs."""

    @cache
    def synthesized(file: str, env: str) -> Stack:
        out = tmp_path_factory.mktemp("out")
        *_, written = synthesize(load(Selection(file=specs / file, env=env)), out)
        return Stack(written.path)

    return synthesized


@pytest.fixture(params=REVIEWED, ids=lambda where: f"{where[0].removesuffix('.yaml')}-{where[1]}")
def any_stack(request: pytest.FixtureRequest, spec_stack: Synth) -> Stack:
    """Each stack of the project files in tests/specs in turn, for rules that apply to all of them."""
    return spec_stack(*request.param)


@pytest.fixture
def everything(spec_stack: Synth) -> Stack:
    """The protected stack with every kind of resource."""
    return spec_stack("everything.yaml", "prod")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder to synthesize into, which does not exist yet."""
    return tmp_path / "out"


@pytest.fixture
def foreign(out: Path) -> dict[str, str]:
    """What Terraform and the user keep in a stack's folder."""
    return {
        ".terraform/providers/aws": "a provider",
        ".terraform.lock.hcl": "a lock file",
        "task-definitions/prod/web.latest.json": "{}",
        "backend_override.tf": 'terraform { backend "http" {} }',
        "notes.txt": "mine",
        "modules/dns/main.tf": "mine",
    }


@pytest.fixture(scope="session")
def reviewed(spec_stack: Synth) -> list[Stack]:
    """All stacks of the project files in tests/specs, for what must be true of a resource that not every stack has."""
    return [spec_stack(*where) for where in REVIEWED]
