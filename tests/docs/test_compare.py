"""The comparison maps to fields of the project file that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from stacks.project.models import Model, ProjectFile, Service
from tests.docs.pages import ROOT, rows

PAGE = ROOT / "docs" / "compare.md"
TABLES = (
    "Copilot",
    "`ApplicationLoadBalancedFargateService`",
    "module input",
    "`awsx.ecs.FargateService`",
    "`sst.aws.Service`",
)
_FIELD = re.compile(r"`([a-z_.]+)(?=[:`])")


def models_in(annotation: Any) -> Iterator[type[Model]]:
    """The models in a field's type."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def exists(path: list[str], *models: type[Model]) -> bool:
    """Whether one of the models has a field at this path."""
    fields = [model.model_fields[path[0]] for model in models if path[0] in model.model_fields]
    if len(path) == 1:
        return bool(fields)
    return any(exists(path[1:], *models_in(field.annotation)) for field in fields)


FIELDS = sorted({field for table in TABLES for _, cell, *_ in rows(PAGE, table) for field in _FIELD.findall(cell)})


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_it_maps_to_exists(field: str) -> None:
    assert exists(field.split("."), Service, ProjectFile)


def test_fields_were_found() -> None:
    assert len(FIELDS) > 50
