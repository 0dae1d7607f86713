"""The page about the library names functions, errors and events that exist, and its example runs."""

from __future__ import annotations

import dataclasses
import inspect
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest

from operations.rehearsal.emulator.client import Emulator
from operations.reporter import Reporter
from stacks import errors
from stacks.errors import Problem
from tests.docs.pages import ROOT, blocks, inline_code, rows
from tests.support.terraform import terraform_environment

PAGE = ROOT / "docs" / "library.md"
SCRIPTS = {block.name: block.text for block in blocks(PAGE) if block.language == "python"}
FUNCTIONS = [cells[:2] for cells in rows(PAGE, "function")]
EVENTS = [cells[:2] for cells in rows(PAGE, "event")]
_CODE = re.compile(r"`([^`]+)`")
_QUALIFIED = re.compile(r"(?:stacks|operations|cli)(?:\.\w+)+")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A folder with the files of the page."""
    for block in blocks(PAGE):
        if block.name:
            (tmp_path / block.name).write_text(block.text, encoding="utf-8")
    return tmp_path


def run(script: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a script of the page as a user would."""
    return subprocess.run(
        [sys.executable, script],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_page_has_the_scripts() -> None:
    assert list(SCRIPTS) == [
        "synthesize.py",
        "reporter.py",
        "plan.py",
        "deploy.py",
        "status.py",
        "destroy.py",
        "rehearse.py",
    ]
    assert len(FUNCTIONS) > 10


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_import_of_a_script_exists(script: str) -> None:
    imports = re.findall(r"^from ((?:stacks|operations)[\w.]*) import (.+)$", SCRIPTS[script], re.MULTILINE)

    for module, names in imports:
        for name in names.split(", "):
            assert resolve_name(f"{module}:{name}") is not None
    assert imports


@pytest.mark.parametrize("name", sorted({code for code in inline_code(PAGE) if _QUALIFIED.fullmatch(code)}))
def test_a_name_on_the_page_exists(name: str) -> None:
    module, _, attribute = name.rpartition(".")

    assert resolve_name(f"{module}:{attribute}") is not None


@pytest.mark.parametrize(("function", "arguments"), FUNCTIONS, ids=[cell.strip("`") for cell, _ in FUNCTIONS])
def test_a_function_has_the_arguments_on_the_page(function: str, arguments: str) -> None:
    assert _CODE.findall(arguments) == parameters(resolve_name(function.strip("`")))


@pytest.mark.parametrize(("event", "attributes"), EVENTS, ids=[cell.strip("`") for cell, _ in EVENTS])
def test_an_event_has_the_attributes_on_the_page(event: str, attributes: str) -> None:
    assert _CODE.findall(attributes) == [field.name for field in dataclasses.fields(resolve_name(event.strip("`")))]


def test_the_attributes_of_a_problem() -> None:
    listed = [cell.strip("`") for cell, *_ in rows(PAGE, "attribute")]

    assert listed == [field.name for field in dataclasses.fields(Problem)]


def test_every_error_class_has_its_exit_code_on_the_page() -> None:
    listed = {cell.strip("`"): int(code) for cell, _, code in rows(PAGE, "class")}

    assert listed == {each.__name__: each.exit_code for each in errors.EcsforgeError.__subclasses__()}


def test_the_example_s_reporter_is_a_reporter(example: Path) -> None:
    printer = runpy.run_path(str(example / "reporter.py"))["Printer"]()
    methods = {name: method for name, method in inspect.getmembers(Reporter, inspect.isfunction) if name[0] != "_"}

    assert {name: parameters(getattr(printer, name)) for name in methods} == {
        name: parameters(method)[1:] for name, method in methods.items()
    }
    assert len(methods) == 7


def test_the_example_synthesizes(example: Path) -> None:
    done = run("synthesize.py", example, os.environ)

    assert done.returncode == 0, done.stderr
    assert [block.text for block in blocks(PAGE) if block.language == "text"] == [done.stdout]
    assert (example / "cdktf.out" / "stacks" / "shop-dev" / "cluster.tf").is_file()


def test_an_error_is_printed_by_its_fields(example: Path) -> None:
    (example / "ecsforge.yaml").write_text("project_id: shop\nenvironments: {dev: {}}\nservces: {}\n")

    done = run("deploy.py", example, os.environ)

    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        "where: ecsforge.yaml:3:1",
        "what: unknown key at the top level",
        "got: servces",
        "fix: did you mean services?",
        "code: None",
        "address: None",
    ]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables with which Terraform finds its providers."""
    own = {key: value for key, value in os.environ.items() if key.partition("_")[0] not in ("TF", "ECSFORGE")}
    return {**own, **terraform_environment(tmp_path_factory.mktemp("providers"))}


@pytest.fixture
def emulated(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """The same variables, with credentials for an emulated account."""
    with Emulator() as emulator:
        yield emulator.env_vars(environment)


@pytest.mark.terraform
def test_the_example_plans_deploys_and_destroys(example: Path, emulated: dict[str, str]) -> None:
    planned = run("plan.py", example, emulated)
    assert planned.returncode == 0, planned.stderr
    assert "create aws_ecs_service.web web" in planned.stdout.splitlines()

    deployed = run("deploy.py", example, emulated)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    lines = deployed.stdout.splitlines()
    assert lines[0].startswith("shop-dev in eu-west-1, account 123456789012 (")
    assert "Planning shop-dev" in lines
    assert "Plan for shop-dev: 50 to create" in lines
    assert any(re.fullmatch(r"  create aws_ecs_service\.web: \d+ s", line) for line in lines)
    assert "  web: 2 of 2 tasks" in lines
    assert lines.index("Deployed shop-dev") < lines.index("cluster_name web-cluster-shop-dev")

    # The emulator runs no containers, so no target ever answers.
    health = run("status.py", example, emulated)
    assert health.stdout.splitlines() == ["web unhealthy", "  the target group has no healthy target"], health.stderr

    destroyed = run("destroy.py", example, emulated)
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert destroyed.stdout.splitlines()[-1] == "Destroyed shop-dev"


@pytest.mark.terraform
def test_the_example_rehearses(example: Path, environment: dict[str, str]) -> None:
    done = run("rehearse.py", example, environment)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^shop-dev passed \d+ checks$", done.stdout, re.MULTILINE)
