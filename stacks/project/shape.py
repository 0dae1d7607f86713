"""The valid values at each path of the project file, from the models, and their description for messages."""

from __future__ import annotations

import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from stacks.project.descriptions import description_of
from stacks.project.durations import duration_text
from stacks.project.models.base import AsDuration, AsSchedule, AsWritten, Model, Unit
from stacks.project.models.expression import Expression
from stacks.project.nodes import Items, Mapping, Node, Scalar
from stacks.project.suggest import listed


@dataclass(frozen=True)
class Shape:
    """A type of the models, with its constraints and, for a field, its description and default.

    `field_of` is the model and the name of a field.
    """

    type: Any
    metadata: tuple[Any, ...] = ()
    field_of: tuple[Any, str] | None = None
    default: Any = field(default=PydanticUndefined, hash=False)

    @property
    def description(self) -> str:
        """The description of a field; empty without one, and for other types."""
        if self.field_of is None:
            return ""
        model, name = self.field_of
        return model.model_fields[name].description or description_of(model, name)

    @property
    def origin(self) -> Any:
        """The bare type: `tuple` of `tuple[str, ...]`."""
        return get_origin(self.type) or self.type

    @property
    def is_model(self) -> bool:
        return isinstance(self.type, type) and issubclass(self.type, Model)

    @property
    def is_mapping(self) -> bool:
        return self.is_model or self.origin is dict

    @property
    def is_false(self) -> bool:
        """Whether `false` is the only valid value."""
        return self.origin is Literal and get_args(self.type) == (False,)

    @property
    def as_written(self) -> bool:
        """Whether the value is the text in the file, regardless of the type that YAML reads."""
        return any(isinstance(item, AsWritten) for item in self.metadata)

    @property
    def is_duration(self) -> bool:
        """Whether the value is seconds that may also be written as text with a unit."""
        return any(isinstance(item, AsDuration) for item in self.metadata)

    @property
    def is_schedule(self) -> bool:
        """Whether the value is a schedule expression that may also be written as in a crontab."""
        return any(isinstance(item, AsSchedule) for item in self.metadata)

    def number(self, value: float) -> str:
        """A number of this shape as it is written: `600`, or `10m` for a duration."""
        return duration_text(int(value)) if self.is_duration else str(value)

    @property
    def tag(self) -> str | None:
        """The only value of the key `type` of a model, which distinguishes it from others; None without such a key."""
        kind = fields_of(self.type).get("type") if self.is_model else None
        values = get_args(kind.type) if kind and kind.origin is Literal else ()
        return str(values[0]) if len(values) == 1 else None

    @property
    def tags(self) -> tuple[str, ...]:
        """The values of `type` that choose one of the alternatives; none when nothing has to be chosen."""
        found = tuple(tag for branch in self.branches() if (tag := branch.tag) is not None)
        return found if len(found) > 1 else ()

    @property
    def label(self) -> str:
        """pydantic's label for this alternative of a union in the location of an error, or the start of it."""
        return self.tag or (self.type.__name__ if self.is_model else str(self.origin.__name__))

    def constraint(self, kind: type) -> Any:
        """The bound of this kind, such as `annotated_types.Ge`; None without one."""
        return next((getattr(m, kind.__name__.lower()) for m in self.metadata if isinstance(m, kind)), None)

    @property
    def unit(self) -> str:
        return next((item.plural for item in self.metadata if isinstance(item, Unit)), "")

    def branches(self) -> tuple[Shape, ...]:
        """The alternatives of a union, without None; the shape itself when it is not a union."""
        if self.origin not in (Union, types.UnionType):
            return (self,)
        return tuple(_bare(member) for member in get_args(self.type) if member is not type(None))

    def branch(self, node: Node) -> Shape | None:
        """The alternative for the kind of a node; None when several or none fit."""
        branches = self.branches()
        if isinstance(node, Mapping):
            fitting = [shape for shape in branches if shape.is_mapping and shape._is_meant_by(node)]
            if len(fitting) > 1:
                kind = node.get("type")
                fitting = [shape for shape in fitting if isinstance(kind, Scalar) and shape.tag == kind.value]
        elif isinstance(node, Items):
            fitting = [shape for shape in branches if shape.origin is tuple]
        else:
            fitting = [shape for shape in branches if not shape.is_mapping and shape.origin is not tuple]
        return fitting[0] if len(fitting) == 1 else None

    def _is_meant_by(self, node: Mapping) -> bool:
        """Whether a mapping is meant for this alternative: one of the few keys of an expression says so."""
        return self.type is not Expression or bool(node.entries.keys() & Expression.model_fields)

    def below(self, step: str | int) -> Shape | None:
        """The shape of a key or an item; None for a key that is not in the models."""
        branches = self.branches()
        if len(branches) == 1 and branches[0] is not self:
            return branches[0].below(step)
        if self.is_model:
            return fields_of(self.type).get(str(step))
        arguments = get_args(self.type)
        if self.origin is dict:
            return _bare(arguments[1])
        if self.origin is tuple and isinstance(step, int):
            index = 0 if arguments[-1] is Ellipsis else step
            return _bare(arguments[index]) if index < len(arguments) else None
        return None


def _bare(annotation: Any) -> Shape:
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        flat = [item for entry in metadata for item in (entry.metadata if isinstance(entry, FieldInfo) else [entry])]
        return Shape(inner, tuple(flat))
    return Shape(annotation)


@cache
def fields_of(model: type[Model]) -> dict[str, Shape]:
    """The shapes of a model's fields, by key."""
    return {name: _field(model, name, info) for name, info in model.model_fields.items()}


def _field(model: type[Model], name: str, info: FieldInfo) -> Shape:
    inner = _bare(info.annotation)
    default = info.get_default(call_default_factory=False)
    return Shape(inner.type, (*inner.metadata, *info.metadata), (model, name), default)


def described(branches: Iterable[Shape]) -> str:
    """The valid values: `a whole number of seconds from 5 to 300, or false`. Expressions are not mentioned."""
    every = tuple(branches)
    texts = [*dict.fromkeys(_described(shape) for shape in every if shape.type is not Expression or len(every) == 1)]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])}, or {texts[-1]}"


def _described(shape: Shape) -> str:
    if shape.origin is Literal:
        return "false" if shape.is_false else listed(get_args(shape.type))
    if shape.type in (int, float):
        return _described_number(shape)
    if shape.origin is tuple:
        return "a list" if get_args(shape.type)[-1] is Ellipsis else "a list of two whole numbers"
    return "a mapping" if shape.is_mapping else {bool: "true or false", str: "text"}.get(shape.type, "a value")


def _described_number(shape: Shape) -> str:
    """`a whole number of seconds from 5 to 300`."""
    low, high = shape.constraint(annotated_types.Ge), shape.constraint(annotated_types.Le)
    kind = "a whole number" if shape.type is int else "a number"
    number = f"{kind} of {shape.unit}" if shape.unit else kind
    if shape.unit == "percent":
        number = "a percentage"
    if shape.is_duration:
        return f"a duration{_between(shape, low, high)}"
    return number + _between(shape, low, high)


def _between(shape: Shape, low: float | None, high: float | None) -> str:
    """The bounds of a number: ` from 5 to 300`, or `, 1 or more`."""
    if high is not None and low is not None:
        return f" from {shape.number(low)} to {shape.number(high)}"
    return "" if low is None else f", {shape.number(low)} or more"
