"""The JSON Schema of the project file, for completion and checks in editors.

It is made from the same models that check the file, and is a little wider than they are: rules between two values
are left to `ecsforge validate`. Draft 7, the newest that every YAML editor understands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import annotated_types
from pydantic_core import PydanticUndefined

from stacks.spec.models import Model, Overrides, ProjectFile
from stacks.spec.shape import Shape, fields_of

Schema = dict[str, Any]

_ID = "urn:ecsforge:project-file"
_VARIABLE = "^[A-Za-z_][A-Za-z0-9_]*$"
# What the keys of a mapping look like, by the mapping's name.
_KEYS = {
    "environments": "^[a-z][a-z0-9-]{0,15}$",
    "services": "^[a-z][a-z0-9-]{0,19}$",
    "environment": _VARIABLE,
    "secrets": _VARIABLE,
}
# What a rule narrows within one value: (model, field) -> schema; any model's field where the model is "".
_REFINED: Mapping[tuple[str, str], Schema] = {
    ("Service", "cpu"): {"enum": [256, 512, 1024, 2048, 4096, 8192, 16384, 32768]},
    ("", "account_id"): {"pattern": "^[0-9]{12}$"},
    ("", "project_id"): {"pattern": "^[a-z](-?[a-z0-9])+$", "minLength": 2, "maxLength": 24},
}
_TYPES: Mapping[Any, str] = {int: "integer", bool: "boolean", str: "string"}


def json_schema() -> Schema:
    """The schema as a JSON object."""
    definitions: dict[str, Schema] = {}
    root = _object(ProjectFile, definitions, overlay=False)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": _ID,
        "title": "ecsforge project file",
        **root,
        "definitions": dict(sorted(definitions.items())),
    }


def _object(model: type[Model], definitions: dict[str, Schema], *, overlay: bool) -> Schema:
    """A mapping with the keys of `model`; an overlay may leave out what the file already says."""
    fields = {name: shape for name, shape in fields_of(model).items() if shape.type is not Any}
    required = [name for name, shape in fields.items() if _required(shape)]
    return {
        "description": _text(model.__doc__),
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _field(name, shape, definitions, overlay, model) for name, shape in fields.items()},
        **({"required": required} if required and not overlay else {}),
    }


def _field(name: str, shape: Shape, definitions: dict[str, Schema], overlay: bool, model: type[Model]) -> Schema:
    options = [_value(branch, definitions, overlay, _KEYS.get(name)) for branch in shape.branches()]
    refinement = _REFINED.get((model.__name__, name)) or _REFINED.get(("", name))
    if refinement:
        options[0] = {**options[0], **refinement}
    field = _any_of(options if _required(shape) else [*options, {"type": "null"}])
    field = {"description": _text(shape.description), **field}
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
        below = shape.below("")
        assert below is not None
        value = _any_of([*(_value(b, definitions, overlay) for b in below.branches()), {"type": "null"}])
        if keys is None:
            return {"type": "object", "additionalProperties": value}
        return {"type": "object", "patternProperties": {keys: value}, "additionalProperties": False}
    if shape.origin is tuple:
        return _list(shape, definitions)
    return _scalar(shape)


def _list(shape: Shape, definitions: dict[str, Schema]) -> Schema:
    """Lists replace one another, so that their items are whole in an overlay too."""
    arguments = get_args(shape.type)
    length = 1 if arguments[-1] is Ellipsis else len(arguments)
    items = [_any_of([_value(b, definitions, False) for b in _below(shape, step).branches()]) for step in range(length)]
    if arguments[-1] is Ellipsis:
        return {"type": "array", "items": items[0]}
    return {"type": "array", "items": items, "minItems": length, "maxItems": length}


def _scalar(shape: Shape) -> Schema:
    if shape.as_written:
        return {"type": ["string", "number", "boolean"]}
    bounds = {"minimum": shape.constraint(annotated_types.Ge), "maximum": shape.constraint(annotated_types.Le)}
    return {"type": _TYPES[shape.type], **{key: bound for key, bound in bounds.items() if bound is not None}}


def _choice(values: tuple[Any, ...]) -> Schema:
    return {"const": False} if values == (False,) else {"type": "string", "enum": list(values)}


def _reference(model: type[Model], definitions: dict[str, Schema], overlay: bool) -> Schema:
    """A reference to the definition of `model`, which is made when it is first asked for."""
    if model is Overrides:
        name, overlay = "Environment", True
    else:
        name = f"{model.__name__}Override" if overlay and _demands(model) else model.__name__
    if name not in definitions:
        definitions[name] = {}  # holds the place: a model that held itself would never end
        definitions[name] = _object(model, definitions, overlay=overlay)
    return {"$ref": f"#/definitions/{name}"}


def _demands(model: type[Model]) -> bool:
    """Whether any key of `model`, or of what it holds, is required: then its overlay is another schema."""
    return any(_required(shape) or any(map(_demands, _held(shape))) for shape in fields_of(model).values())


def _held(shape: Shape) -> list[type[Model]]:
    """The models that merge with the field: of its alternatives and of its mapping's values."""
    inner = [_below(branch, "") if branch.origin is dict else branch for branch in shape.branches()]
    return [branch.type for each in inner for branch in each.branches() if branch.is_model]


def _any_of(options: list[Schema]) -> Schema:
    """Alternatives, written short where one type list says the same."""
    if len(options) == 1:
        return options[0]
    if len(options) == 2 and options[1] == {"type": "null"} and "type" in options[0]:
        types = options[0]["type"]
        short = {**options[0], "type": [*([types] if isinstance(types, str) else types), "null"]}
        if "enum" in short:
            short["enum"] = [*short["enum"], None]
        return short
    return {"anyOf": options}


def _below(shape: Shape, step: str | int) -> Shape:
    below = shape.below(step)
    assert below is not None
    return below


def _required(shape: Shape) -> bool:
    return shape.default is PydanticUndefined


def _text(docstring: str | None) -> str:
    return " ".join((docstring or "").split())
