"""The project file that `init` writes: what the user chose, and every other key as a comment with its default.

The comments come from the models, so that a new key teaches itself. Taking the `# ` away from a key changes nothing
until its value is changed.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import PydanticUndefined

from stacks.project.models import Model, Overrides, ProjectFile, Service
from stacks.project.reference import held_models, yaml_text
from stacks.project.shape import Shape, fields_of

SCHEMA_FILE = ".ecsforge/schema.json"
_WIDTH = 120
# Where a comment behind a value starts, unless the value reaches further.
_COLUMN = 38
_ENVIRONMENTS = "What differs from the rest of the file; any key but project_id."
_HEADER = f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
#
# The ecsforge project file: `ecsforge validate` checks it, `ecsforge schema --out {SCHEMA_FILE}` writes what
# editors complete it with. A commented key shows the default of what is left out; take the `# ` away to change it.
"""


@dataclass(frozen=True)
class ServiceDraft:
    """A service as `init` knows it. `port` None makes it a worker; `paths` empty takes every path."""

    name: str
    image: str
    port: int | None
    paths: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """What `init` writes down."""

    project_id: str
    region: str
    environments: tuple[str, ...]
    services: tuple[ServiceDraft, ...]


def render(draft: Draft) -> str:
    """The project file as YAML."""
    return "\n".join([_HEADER, *_top_level(draft)]) + "\n"


def _top_level(draft: Draft) -> Iterator[str]:
    """What was chosen first, then what the defaults decide."""
    fields = {name: shape for name, shape in fields_of(ProjectFile).items() if shape.type is not Any}
    given = {"project_id": draft.project_id, "region": draft.region}
    for name, value in given.items():
        yield from _live(name, value, fields.pop(name), "")
    yield from ("", f"environments:  # {_ENVIRONMENTS}")
    for name in draft.environments:
        yield from _environment(name, draft.services[0])
    yield from ("", "services:")
    teaching = next((service for service in draft.services if service.port), draft.services[0])
    for service in draft.services:
        yield from _service(service, teaches=service is teaching)
    yield ""
    rest = [name for name in fields if name not in ("environments", "services")]
    for name in sorted(rest, key=lambda name: isinstance(fields[name].default, Model)):
        yield from [""] if isinstance(fields[name].default, Model) else []
        yield from _commented(name, fields[name], "# ")


def _environment(name: str, service: ServiceDraft) -> Iterator[str]:
    """An environment: dev is small, prod is protected, any other is as the file says."""
    fields = fields_of(Overrides)
    if name == "dev":
        small = {service.name: {"count": 1, "cpu": 256, "memory": 512}}
        yield from (f"  {name}:", f"    services: {yaml_text(small)}")
    elif name in ("prod", "production"):
        yield f"  {name}:"
        yield from _live("protected", True, fields["protected"], "    ")
        yield from _commented("account_id", fields["account_id"], "    # ")
        yield from _commented("assume_role", fields["assume_role"], "    # ")
    else:
        yield f"  {name}: {{}}"


def _service(service: ServiceDraft, *, teaches: bool) -> Iterator[str]:
    """A service; one of them shows every key, the others what they set."""
    given = _given(service)
    yield f"  {service.name}:"
    for note in service.notes:
        yield from _comment(note, "    # ")
    if not teaches:
        yield from textwrap.indent(_block(given), "    ").splitlines()
        return
    fields = {name: shape for name, shape in fields_of(Service).items() if shape.type is not Any}
    for name, value in given.items():
        yield from _live(name, value, fields.pop(name), "    ")
    for name, shape in fields.items():
        yield from _commented(name, shape, "    # ")


def _given(service: ServiceDraft) -> dict[str, Any]:
    """The keys a service sets, in the order they are written."""
    optional: dict[str, Any] = {
        "type": "worker" if service.port is None else None,
        "port": service.port,
        "command": list(service.command),
        "environment": dict(service.environment),
        "http": {"paths": list(service.paths)} if service.paths else None,
    }
    return {"image": service.image, **{name: value for name, value in optional.items() if value}}


def _live(name: str, value: Any, shape: Shape, prefix: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _described(prefix, f"{name}:", shape)
        yield from textwrap.indent(_block(value), f"{prefix}  ").splitlines()
    else:
        yield from _described(prefix, f"{name}: {yaml_text(value)}", shape)


def _block(value: dict[str, Any]) -> str:
    """A mapping with a key a line and its lists on one line."""
    lines = []
    for key, item in value.items():
        if isinstance(item, dict):
            lines += [f"{yaml_text(key)}:", textwrap.indent(_block(item), "  ")]
        else:
            lines.append(f"{yaml_text(key)}: {yaml_text(item)}")
    return "\n".join(lines)


def _commented(name: str, shape: Shape, prefix: str) -> Iterator[str]:
    if isinstance(shape.default, Model):
        yield from _described(prefix, f"{name}:", shape)
        for key, inner in fields_of(type(shape.default)).items():
            yield from _commented(key, inner, prefix + "  ")
    else:
        yield from _described(prefix, f"{name}: {yaml_text(shape.default)}", shape)


def _described(prefix: str, code: str, shape: Shape) -> Iterator[str]:
    """A line with its description behind it, or above it where it would be too long."""
    description = _description(shape)
    line = f"{prefix + code:<{_COLUMN}}  # {description}"
    if len(line) <= _WIDTH:
        yield line
    else:
        yield from _comment(description, f"{prefix}# ")
        yield prefix + code


def _comment(text: str, prefix: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False)


def _description(shape: Shape) -> str:
    """The field's description, with the keys of what could stand there instead of its default."""
    text = " ".join(shape.description.split())
    if isinstance(shape.default, Model):
        return text
    forms = [_as_flow(steps[1:], steps[0], model) for steps, model in held_models("", shape)]
    label = "Form:" if shape.default in (None, (), {}) else "Or:"
    return " ".join([text, *(f"{label} {form}" for form in forms)])


def _as_flow(below: tuple[str, ...], name: str, model: type[Model]) -> str:
    """The keys of a model on one line: `{max: ..., min: 1}`, in a list or under a name as the field wants it."""
    keys = ", ".join(f"{key}: {_value(inner)}" for key, inner in fields_of(model).items() if inner.type is not Any)
    text = f"{{{keys}}}"
    if below:
        return f"{{{below[0]}: {text}}}"
    return f"[{text}]" if name.endswith("[]") else text


def _value(shape: Shape) -> str:
    if shape.default is PydanticUndefined:
        return "..."
    return yaml_text(shape.default.model_dump() if isinstance(shape.default, Model) else shape.default)
