"""Any input results in problems with readable messages, never in another exception."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_args

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.sentences import sentence
from stacks.errors import ProjectError
from stacks.project import Selection, load, problems_of
from stacks.project.models import Model, ProjectFile
from stacks.project.models.base import AsWritten
from stacks.project.shape import Shape, fields_of

relaxed = settings(
    max_examples=int(os.environ.get("ECSFORGE_FUZZ_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "*", "a.b", "a\nb", "10.0.0.0/16", "cron(0 3 * * ? *)", "ssm:/a", "fs-12345678", "${x}", "/"]),
)
NAMES = st.one_of(st.sampled_from(["web", "api", "A", "aws:x", "proxy", "a.b", ""]), st.text(max_size=8))


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Mostly values of the type in the models, ignoring bounds; sometimes any value."""
    alternatives = [_branch(branch) for branch in shape.branches()]
    return st.one_of(*alternatives, *alternatives, SCALARS)


def _branch(shape: Shape) -> st.SearchStrategy[Any]:
    if shape.is_model:
        return sections(shape.type)
    arguments = get_args(shape.type)
    if shape.origin is dict:
        return st.dictionaries(NAMES, st.deferred(lambda: values(shape.below("x") or Shape(str))), max_size=3)
    if shape.origin is tuple:
        return st.lists(st.deferred(lambda: values(shape.below(0) or Shape(str))), max_size=3)
    if arguments:
        return st.sampled_from(arguments)
    return (
        st.integers(0, 5000)
        if shape.type is int and not any(isinstance(m, AsWritten) for m in shape.metadata)
        else SCALARS
    )


def sections(model: type[Model]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with some of a model's keys, and sometimes an unknown one."""
    known = st.fixed_dictionaries(
        {}, optional={key: st.deferred(lambda shape=shape: values(shape)) for key, shape in fields_of(model).items()}
    )
    return st.one_of(
        known, known, st.builds(lambda one, other: {**one, **other}, known, st.dictionaries(NAMES, SCALARS))
    )


def check_all(folder: Path, data: bytes, env: str | None = "dev", sets: tuple[str, ...] = ()) -> None:
    """Checking and loading a file raises at most a `ProjectError`, and its messages can be printed."""
    (folder / "ecsforge.yaml").write_bytes(data)
    for selected in (None, env):
        selection = Selection(env=selected, sets=sets)
        text = "\n".join(map(sentence, problems_of(selection)))
        text.encode()
        try:
            load(selection)
        except ProjectError as error:
            assert error.problems


@relaxed
@given(st.binary(max_size=200))
def test_any_bytes(folder: Path, data: bytes) -> None:
    check_all(folder, data)


@relaxed
@given(st.text(alphabet=st.sampled_from("ab: -[]{}&*!|>'\"#%@`,?\n\t~<=.1\u00e4\U0001f600"), max_size=80))
def test_any_text_of_yaml_characters(folder: Path, text: str) -> None:
    check_all(folder, text.encode())
    check_all(folder, f"project_id: shop\nservices: {{web: {{image: app:1}}}}\n{text}".encode())


@relaxed
@given(sections(ProjectFile))
def test_any_structure_of_known_keys(folder: Path, content: dict[str, Any]) -> None:
    check_all(folder, yaml.safe_dump(content, allow_unicode=True, sort_keys=False).encode())


@relaxed
@given(st.dictionaries(NAMES, values(fields_of(ProjectFile)["services"].below("x") or Shape(str)), max_size=3))
def test_any_services(folder: Path, services: dict[str, Any]) -> None:
    content = {"project_id": "shop", "services": services, "environments": {"dev": {}, "prod": {"services": services}}}
    check_all(folder, yaml.safe_dump(content, sort_keys=False).encode(), env="prod")


@relaxed
@given(st.text(alphabet=st.sampled_from('services.web"=[]{}:,& *\n\x00a1'), max_size=40))
def test_any_set(folder: Path, text: str) -> None:
    check_all(folder, b"project_id: shop\nservices: {web: {image: app:1}}\n", sets=(text, f"services.web.{text}"))
