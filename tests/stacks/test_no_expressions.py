"""Text of the project file is never an expression to Terraform: it is passed through unchanged, or rejected."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.app import synthesize
from stacks.expressions import parse_template
from stacks.output import BUILT_IN_TEMPLATE
from stacks.project import Selection, load, problems_of
from stacks.project.models import Overrides, ProjectFile
from stacks.project.own_terraform import KEY
from stacks.project.shape import Shape, fields_of

Json = dict[str, Any]
EVERY_TEXT = Path(__file__).with_name("every_text.yaml")
EXPRESSION = "${path.cwd}%{endif}"
ESCAPED = EXPRESSION.replace("{", "{{").replace("}", "}}")
"""The expression in a text with placeholders."""
# The text around the expression that some fields require.
FORMS = (
    *("{}", "/{}", "a{}", "{}@example.com", "s3://my.bucket/{}.env", "ssm:/{}", "secretsmanager:a:{}"),
    *("arn:aws:s3:::b/{}", "arn:aws:iam::123456789012:policy/{}", "arn:aws:iam::123456789012:role/{}", "s3:{}"),
)
RUN_BY_DEPLOY = {"services.*.deployment.before.0.command.0", "services.*.deployment.after.0.command.0"}
"""The fields that `ecsforge deploy` uses, and that Terraform does not get."""
ACCEPTED = {
    *(f"services.*.uses.*.{key}" for key in ("arn", "database", "host", "name", "password", "port")),
    *(f"services.*.uses.*.{key}" for key in ("secret_arn", "url", "username")),
    "resources.*.ttl",
    *("alarms.email.0", "services.*.alarms.log_errors.pattern", "services.*.deployment.alarms.0"),
    *RUN_BY_DEPLOY,
    *("services.*.command.0", "services.*.entrypoint.0", "services.*.user", "services.*.working_directory"),
    *("services.*.container_health_check.command.0", "services.*.environment.*", "services.*.env_files.0"),
    *("services.*.http.auth.cognito.client_id", "services.*.http.auth.oidc.client_id"),
    *("services.*.health_check.path", "services.*.http.also.0.health_check.path", "services.*.secrets.*"),
    "services.*.sidecars.*.secrets.*",
    *("services.*.permissions.statements.0.resources.0", "services.*.permissions.execution_statements.0.resources.0"),
    *("services.*.sidecars.*.command.0", "services.*.sidecars.*.environment.*"),
    *("services.*.sidecars.*.health_check.command.0", "services.*.volumes.*.path", "services.*.system_controls.*"),
    *("services.*.logs.options.*", "services.*.logs.secret_options.*", "services.*.logs.config_file"),
    *(f"services.*.sidecars.*.{key}" for key in ("entrypoint.0", "env_files.0", "user", "volumes.*", "volumes.*.path")),
    *("services.*.volumes.*.root_directory", "services.*.writable_paths.0"),
}
"""The fields that accept any text, including expressions."""
NOT_IN_TERRAFORM = {"ci.github.branch", "ci.github.install", "services.*.build.args.*"}
"""Fields that accept any text and are not in a stack."""


@cache
def projects() -> tuple[Json, ...]:
    """Project files that together use every text field."""
    return tuple(yaml.safe_load_all(EVERY_TEXT.read_text("utf-8")))


def texts(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all text fields; `*` is any key, `0` any item."""
    for branch in shape.branches():
        if branch.type is str:
            yield path
        elif branch.is_model and branch.type is not Overrides:
            for name, field in fields_of(branch.type).items():
                yield from texts(field, (*path, name))
        elif branch.origin in (dict, tuple):
            step = "*" if branch.origin is dict else 0
            inner = branch.below(step)
            assert inner is not None
            yield from texts(inner, (*path, str(step)))


FIELDS = sorted({".".join(path) for path in texts(Shape(ProjectFile)) if path[0] == KEY or path[-1] != KEY})
"""All text fields but `{terraform: EXPRESSION}`, which is an expression: tests/stacks/test_own_terraform.py."""


def changed(content: Json, field: str, text: str) -> Json | None:
    """The project with `text` in every occurrence of a field; None if it does not use the field."""
    result = copy.deepcopy(content)
    places = [*_places(result, field.split("."))]
    for holder, key in places:
        holder[key] = text
    return result if places else None


def _places(value: Any, path: list[str]) -> Iterator[tuple[Any, Any]]:
    step, rest = path[0], path[1:]
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = [*value] if step == "*" else [step] * (step in value)
    elif isinstance(value, list) and step == "0":
        # The first item of a health check's command is CMD or CMD-SHELL.
        keys = [len(value) - 1]
    for key in keys:
        if rest:
            yield from _places(value[key], rest)
        elif isinstance(value[key], str):
            yield value, key


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the project file, with the files that it refers to."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "infra").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM scratch\n", "utf-8")
    (tmp_path / "own.json.tpl").write_bytes(BUILT_IN_TEMPLATE.read_bytes())
    return tmp_path


def written(folder: Path, content: Json) -> Selection:
    (folder / "ecsforge.yaml").write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    return Selection(env="prod")


def is_valid(folder: Path, content: Json) -> bool:
    return all(problem.severity == "warning" for problem in problems_of(written(folder, content)))


def strings(value: Any) -> Iterator[str]:
    """Every string of a JSON document, including keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for item in value.items() for inner in item for text in strings(inner))
    elif isinstance(value, list):
        yield from (text for item in value for text in strings(item))


def test_the_project_files_are_valid_and_use_every_text_field(folder: Path) -> None:
    assert all(is_valid(folder, content) for content in projects())
    unused = [field for field in FIELDS if all(changed(content, field, "x") is None for content in projects())]
    assert unused == []


@pytest.mark.parametrize("field", FIELDS)
def test_an_expression_is_rejected_or_accepted_as_text(folder: Path, field: str) -> None:
    texts = [form.format(text) for text in (EXPRESSION, ESCAPED) for form in FORMS]
    tries = (changed(content, field, text) for content in projects() for text in texts)

    assert any(is_valid(folder, content) for content in tries if content) == (field in ACCEPTED | NOT_IN_TERRAFORM)


@pytest.mark.parametrize("number", range(len(projects())))
def test_accepted_text_is_not_an_expression(folder: Path, number: int) -> None:
    content, marked = projects()[number], []
    for field in sorted(ACCEPTED - RUN_BY_DEPLOY):
        mark = f"m{len(marked)}{EXPRESSION}"
        texts = [form.format(text) for text in (mark, f"m{len(marked)}{ESCAPED}") for form in FORMS]
        tries = (changed(content, field, text) for text in texts)
        accepted = next((one for one in tries if one and is_valid(folder, one)), None)
        if accepted is not None:
            content = accepted
            marked.append(mark)
    assert marked

    *_, stack = synthesize(load(written(folder, content)), folder / "out")

    document = json.loads((stack.path / "cdk.tf.json").read_text("utf-8"))
    parts = [part for text in strings(document) for part in parse_template(text)]
    literal = [part for part in parts if isinstance(part, str)]
    assert [mark for mark in marked if not any(mark in text for text in literal)] == []
    assert [part for part in parts if not isinstance(part, str) and "cwd" in str(part)] == []
