"""The JSON Schema of the project file, for completion and checks in editors.

It is generated from the models that check the file. Most rules between two values are only checked by
`ecsforge validate`. It uses draft 7, the newest draft that YAML editors support.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import annotated_types
from pydantic_core import PydanticUndefined

from stacks.project.data.regions import REGIONS
from stacks.project.models import Model, Overrides, ProjectFile
from stacks.project.rules.containers import IPC_PARAMETERS
from stacks.project.rules.logs import RETENTION_DAYS
from stacks.project.rules.one_off_tasks import MAX_TASKS
from stacks.project.rules.task import MEMORY_BY_CPU, ULIMITS
from stacks.project.rules.variables import MAX_ENV_FILES
from stacks.project.shape import Shape, fields_of

Schema = dict[str, Any]

_ID = "urn:ecsforge:project-file"
_NAME = "^[a-z][a-z0-9-]{0,19}$"
_CONTAINER = "^[A-Za-z0-9_-]{1,255}$"
_VARIABLE = r"^[^=\u0000-\u001f\u007f-\u009f]+$"
# Patterns for the keys of a mapping, by the mapping's name.
_KEYS = {
    "environments": "^[a-z][a-z0-9-]{0,15}$",
    "services": _NAME,
    "resources": _NAME,
    "uses": _NAME,
    "environment": _VARIABLE,
    "secrets": _VARIABLE,
    "sidecars": _CONTAINER,
    "system_controls": rf"^({'|'.join(IPC_PARAMETERS)}|(net|fs\.mqueue)\..+)$",
    "tmpfs": "^/.+$",
    "ulimits": f"^({'|'.join(ULIMITS)})$",
    "volumes": _CONTAINER,
}
# Restrictions from rules about one value: (model, field) -> schema; the model "" means any model.
_REFINED: Mapping[tuple[str, str], Schema] = {
    ("Service", "cpu"): {"enum": list(MEMORY_BY_CPU)},
    ("", "env_files"): {"maxItems": MAX_ENV_FILES},
    ("Deployment", "before"): {"maxItems": MAX_TASKS},
    ("Deployment", "after"): {"maxItems": MAX_TASKS},
    ("OneOffTask", "command"): {"minItems": 1},
    ("Http", "paths"): {"minItems": 1},
    ("Statement", "actions"): {"minItems": 1},
    ("Statement", "resources"): {"minItems": 1},
    ("Deployment", "strategy"): {"enum": ["rolling"]},
    ("", "account_id"): {"pattern": "^[0-9]{12}$"},
    ("", "layout"): {"enum": ["single"]},
    ("", "project_id"): {"pattern": "^[a-z](-?[a-z0-9])+$", "minLength": 2, "maxLength": 24},
    ("", "region"): {"enum": list(REGIONS)},
    ("", "retention_days"): {"enum": list(RETENTION_DAYS)},
}
# Restrictions from rules about two keys of one model.
_RULES: Mapping[str, Schema] = {
    "Service": {
        "allOf": [
            {
                "if": {"properties": {"cpu": {"const": cpu}}, "required": ["cpu"]},
                "then": {"properties": {"memory": {"enum": [*memories, None]}}},
            }
            for cpu, memories in MEMORY_BY_CPU.items()
        ]
    },
}
_TYPES: Mapping[Any, str] = {int: "integer", float: "number", bool: "boolean", str: "string"}


def json_schema() -> Schema:
    """The schema as a JSON object."""
    definitions: dict[str, Schema] = {}
    root = _object(ProjectFile, definitions, overlay=False)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": _ID,
        "title": "ecsforge project file",
        **root,
        "type": "object",
        "definitions": dict(sorted(definitions.items())),
    }


def _object(model: type[Model], definitions: dict[str, Schema], *, overlay: bool) -> Schema:
    """A mapping with the keys of `model`; in an environment no key is required."""
    fields = fields_of(model)
    required = [name for name, shape in fields.items() if _required(shape)]
    return {
        "description": _text(model.__doc__),
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {name: _field(name, shape, definitions, overlay, model) for name, shape in fields.items()},
        **({"required": required} if required and not overlay else {}),
        **_RULES.get(model.__name__, {}),
    }


def _field(name: str, shape: Shape, definitions: dict[str, Schema], overlay: bool, model: type[Model]) -> Schema:
    options = [_value(branch, definitions, overlay, _KEYS.get(name)) for branch in shape.branches()]
    refinement = _REFINED.get((model.__name__, name)) or _REFINED.get(("", name))
    if refinement:
        options[0] = {**options[0], **refinement}
    field = _any_of(options) if _required(shape) else _nullable(options)
    # Draft 7 ignores the keys next to a `$ref`.
    field = {"description": _text(shape.description), **({"allOf": [field]} if "$ref" in field else field)}
    if not _required(shape) and shape.default is not None and not isinstance(shape.default, Model):
        field["default"] = list(shape.default) if isinstance(shape.default, tuple) else shape.default
    return field


def _value(shape: Shape, definitions: dict[str, Schema], overlay: bool, keys: str | None = None) -> Schema:
    """The schema of one alternative."""
    arguments = get_args(shape.type)
    if shape.is_model:
        return _reference(shape.type, definitions, overlay)
    if shape.origin is Literal:
        return _choice(arguments)
    if shape.origin is dict:
        value = _nullable([_value(branch, definitions, overlay) for branch in _below(shape, "").branches()])
        if keys is None:
            return {"type": "object", "additionalProperties": value}
        return {"type": "object", "patternProperties": {keys: value}, "additionalProperties": False}
    if shape.origin is tuple:
        return _list(shape, definitions)
    return _scalar(shape)


def _list(shape: Shape, definitions: dict[str, Schema]) -> Schema:
    """Lists are replaced as a whole, so their items are complete in an environment too."""
    arguments = get_args(shape.type)
    length = 1 if arguments[-1] is Ellipsis else len(arguments)
    items = [_item(_below(shape, step), definitions) for step in range(length)]
    if arguments[-1] is Ellipsis:
        return {"type": "array", "items": items[0]}
    return {"type": "array", "items": items, "minItems": length, "maxItems": length}


def _item(shape: Shape, definitions: dict[str, Schema]) -> Schema:
    """An item, which unlike the value of a key can't be null."""
    item = _any_of([_value(branch, definitions, False) for branch in shape.branches()])
    return {"allOf": [item, {"type": "object"}]} if "$ref" in item else item


def _scalar(shape: Shape) -> Schema:
    if shape.type is Any:
        return {}
    if shape.as_written:
        return {"type": ["string", "number", "boolean"]}
    if shape.is_duration:
        return {
            "type": ["integer", "string"],
            **_bounds(shape),
            "pattern": r"^(?=\d)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$",
        }
    return {"type": _TYPES[shape.type], **_bounds(shape)}


def _bounds(shape: Shape) -> Schema:
    bounds = {"minimum": shape.constraint(annotated_types.Ge), "maximum": shape.constraint(annotated_types.Le)}
    return {key: bound for key, bound in bounds.items() if bound is not None}


def _choice(values: tuple[Any, ...]) -> Schema:
    return {"const": False} if values == (False,) else {"type": "string", "enum": list(values)}


def _reference(model: type[Model], definitions: dict[str, Schema], overlay: bool) -> Schema:
    """A reference to the definition of `model`, which is created on first use."""
    if model is Overrides:
        name, overlay = "Environment", True
    else:
        name = f"{model.__name__}Override" if overlay and _has_required_keys(model) else model.__name__
    if name not in definitions:
        definitions[name] = {}  # holds the place: a model that held itself would never end
        definitions[name] = _object(model, definitions, overlay=overlay)
    return {"$ref": f"#/definitions/{name}"}


def _has_required_keys(model: type[Model]) -> bool:
    """Whether `model` or a model in it has a required key: its schema in an environment then differs."""
    return any(
        _required(shape) or any(map(_has_required_keys, _nested_models(shape))) for shape in fields_of(model).values()
    )


def _nested_models(shape: Shape) -> list[type[Model]]:
    """The models of the field: of its alternatives and of the values of its mapping."""
    inner = [_below(branch, "") if branch.origin is dict else branch for branch in shape.branches()]
    return [branch.type for each in inner for branch in each.branches() if branch.is_model]


def _nullable(options: list[Schema]) -> Schema:
    """Alternatives, or null, which resets a key to its default; definitions of mappings already allow it."""
    if any("$ref" in option for option in options):
        return _any_of(options)
    if len(options) > 1 or "type" not in options[0]:
        return _any_of([*options, {"type": "null"}])
    [option] = options
    types = option["type"]
    short = {**option, "type": [*([types] if isinstance(types, str) else types), "null"]}
    return {**short, "enum": [*option["enum"], None]} if "enum" in option else short


def _any_of(options: list[Schema]) -> Schema:
    return options[0] if len(options) == 1 else {"anyOf": options}


def _below(shape: Shape, step: str | int) -> Shape:
    below = shape.below(step)
    assert below is not None
    return below


def _required(shape: Shape) -> bool:
    return shape.default is PydanticUndefined


def _text(docstring: str | None) -> str:
    return " ".join((docstring or "").split())
