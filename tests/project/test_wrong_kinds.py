"""A value of the wrong kind in any field is answered with a message, and its fix can be written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_core import PydanticUndefined

from cli.sentences import sentence
from stacks.project import Selection, problems_of
from stacks.project.models import ProjectFile
from stacks.project.shape import Shape, fields_of
from stacks.project.value_fixes import example_of

Steps = tuple[str | int, ...]
WRONG: dict[str, Any] = {
    "false": False,
    "true": True,
    "number": 5,
    "fraction": 0.5,
    "text": "x y",
    "empty text": "",
    "list": [5, {"a": 1}],
    "empty list": [],
    "mapping": {"a": {"b": [1]}},
    "empty mapping": {},
    "nothing": None,
}


def models(shape: Shape, at: Steps = (), above: tuple[type, ...] = ()) -> Iterator[tuple[Steps, type[Any]]]:
    """Each model below a shape, with the path to one of its mappings."""
    for branch in shape.branches():
        if branch.is_model and branch.type not in above:
            yield at, branch.type
            for key, field in fields_of(branch.type).items():
                yield from models(field, (*at, key), (*above, branch.type))
        elif branch.origin is dict:
            yield from models(branch.below("x") or Shape(str), (*at, "x"), above)
        elif branch.origin is tuple:
            yield from models(branch.below(0) or Shape(str), (*at, 0), above)


MODELS = dict(models(Shape(ProjectFile)))
BELOW = list(dict.fromkeys(model for model in MODELS.values() if model is not ProjectFile))


def content(path: Steps, fields: dict[str, Any]) -> dict[str, Any]:
    """A project file with these fields at a path."""
    value: Any = fields
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    services = value.get("services")
    if isinstance(services, dict) and isinstance(services.get("x"), dict):
        services["x"].setdefault("image", "app:1")
    return {"project_id": "shop", "region": "eu-west-1", "environments": {"dev": {}}, **value}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_kind_in_every_field_of_a_mapping(folder: Path, kind: str) -> None:
    file = folder / "ecsforge.yaml"
    for path, model in MODELS.items():
        fields = dict.fromkeys(fields_of(model), WRONG[kind])
        file.write_text(yaml.safe_dump(content(path, fields), sort_keys=False), "utf-8")

        texts = [sentence(problem) for problem in problems_of(Selection(file=file))]

        assert not [text for text in texts if "<" in text or not text.strip()], path


@pytest.mark.parametrize("model", BELOW, ids=lambda model: model.__name__)
def test_the_example_of_a_mapping_has_its_required_keys(model: type[Any]) -> None:
    example = yaml.safe_load(example_of(Shape(model)))

    required = {key for key, field in fields_of(model).items() if field.default is PydanticUndefined}
    assert isinstance(example, dict) and example
    assert required <= example.keys() <= fields_of(model).keys()
