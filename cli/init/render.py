"""Renders a new project file: the values of the draft, and every other key as a comment with its default.

The comments are generated from the models, so a new key documents itself. Uncommenting a key without changing its
value does not change the project.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic_core import PydanticUndefined

from cli.init.draft import Draft, ServiceDraft
from stacks.project.models import Model, Overrides, ProjectFile, Service
from stacks.project.reference import held_models, yaml_text
from stacks.project.shape import Shape, fields_of

SCHEMA_FILE = ".ecsforge/schema.json"
_WIDTH = 120
# The column of trailing comments; a longer value pushes its comment further right.
_COMMENT_COLUMN = 38
_ENVIRONMENTS_COMMENT = "Overrides per environment; any key except project_id."
_HEADER = f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
#
# ecsforge project file. Check it with `ecsforge validate`. `ecsforge schema --out {SCHEMA_FILE}` updates the
# schema that editors use. Commented keys show their defaults; remove the leading `# ` to change one.
"""


def render(draft: Draft) -> str:
    """The project file as YAML."""
    return "\n".join([_HEADER, *_top_level(draft)]) + "\n"


def _top_level(draft: Draft) -> Iterator[str]:
    """The values of the draft first, then the defaults of the other keys."""
    fields = {name: shape for name, shape in fields_of(ProjectFile).items() if shape.type is not Any}
    for name, value in (("project_id", draft.project_id), ("region", draft.region)):
        yield from _setting(name, value, fields.pop(name), "")
    yield from ("", f"environments:  # {_ENVIRONMENTS_COMMENT}")
    for name in draft.environments:
        yield from _environment(name, draft.services[0])
    yield from ("", "services:")
    documented = next((service for service in draft.services if service.port), draft.services[0])
    for service in draft.services:
        yield from _service(service, all_keys=service is documented)
    yield ""
    others = [name for name in fields if name not in ("environments", "services")]
    for name in sorted(others, key=lambda name: isinstance(fields[name].default, Model)):
        yield from [""] if isinstance(fields[name].default, Model) else []
        yield from _default(name, fields[name], "# ")


def _environment(name: str, service: ServiceDraft) -> Iterator[str]:
    """An environment: dev runs one small task, prod is protected, any other has no overrides."""
    fields = fields_of(Overrides)
    if name == "dev":
        small = {service.name: {"count": 1, "cpu": 256, "memory": 512}}
        yield from (f"  {name}:", f"    services: {yaml_text(small)}")
    elif name in ("prod", "production"):
        yield f"  {name}:"
        yield from _setting("protected", True, fields["protected"], "    ")
        yield from _default("account_id", fields["account_id"], "    # ")
        yield from _default("assume_role", fields["assume_role"], "    # ")
    else:
        yield f"  {name}: {{}}"


def _service(service: ServiceDraft, *, all_keys: bool) -> Iterator[str]:
    """A service with the keys it sets; with `all_keys`, also every other key as a comment."""
    settings = _settings(service)
    yield f"  {service.name}:"
    for note in service.notes:
        yield from _comment(note, "    # ")
    if not all_keys:
        yield from textwrap.indent(_block(settings), "    ").splitlines()
        return
    fields = {name: shape for name, shape in fields_of(Service).items() if shape.type is not Any}
    for name, value in settings.items():
        yield from _setting(name, value, fields.pop(name), "    ")
    for name, shape in fields.items():
        yield from _default(name, shape, "    # ")


def _settings(service: ServiceDraft) -> dict[str, Any]:
    """The keys that a service sets, in the order of the file."""
    optional: dict[str, Any] = {
        "type": "worker" if service.port is None else None,
        "port": service.port,
        "command": list(service.command),
        "environment": dict(service.environment),
        "http": {"paths": list(service.paths)} if service.paths else None,
    }
    return {"image": service.image, **{name: value for name, value in optional.items() if value}}


def _setting(name: str, value: Any, shape: Shape, prefix: str) -> Iterator[str]:
    """A key that is set, with its description."""
    if isinstance(value, dict):
        yield from _described(prefix, f"{name}:", shape)
        yield from textwrap.indent(_block(value), f"{prefix}  ").splitlines()
    else:
        yield from _described(prefix, f"{name}: {yaml_text(value)}", shape)


def _block(value: dict[str, Any]) -> str:
    """A mapping in block style, with lists in flow style."""
    lines = []
    for key, item in value.items():
        if isinstance(item, dict):
            lines += [f"{yaml_text(key)}:", textwrap.indent(_block(item), "  ")]
        else:
            lines.append(f"{yaml_text(key)}: {yaml_text(item)}")
    return "\n".join(lines)


def _default(name: str, shape: Shape, prefix: str) -> Iterator[str]:
    """A key with its default and description."""
    if isinstance(shape.default, Model):
        yield from _described(prefix, f"{name}:", shape)
        for key, inner in fields_of(type(shape.default)).items():
            yield from _default(key, inner, prefix + "  ")
    else:
        yield from _described(prefix, f"{name}: {yaml_text(shape.default)}", shape)


def _described(prefix: str, code: str, shape: Shape) -> Iterator[str]:
    """A line with its description as a trailing comment, or above it if the line would be too long."""
    description = _description(shape)
    line = f"{prefix + code:<{_COMMENT_COLUMN}}  # {description}"
    if len(line) <= _WIDTH:
        yield line
    else:
        yield from _comment(description, f"{prefix}# ")
        yield prefix + code


def _comment(text: str, prefix: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False)


def _description(shape: Shape) -> str:
    """The description of a field, with the forms that can replace its default."""
    text = " ".join(shape.description.split())
    if isinstance(shape.default, Model):
        return text
    forms = [_as_flow(steps[1:], steps[0], model) for steps, model in held_models("", shape)]
    label = "Form:" if shape.default in (None, (), {}) else "Or:"
    return " ".join([text, *(f"{label} {form}" for form in forms)])


def _as_flow(below: tuple[str, ...], name: str, model: type[Model]) -> str:
    """The keys of a model in flow style, `{max: ..., min: 1}`; in a list or under a name if the field requires it."""
    keys = ", ".join(f"{key}: {_value(inner)}" for key, inner in fields_of(model).items() if inner.type is not Any)
    text = f"{{{keys}}}"
    if below:
        return f"{{{below[0]}: {text}}}"
    return f"[{text}]" if name.endswith("[]") else text


def _value(shape: Shape) -> str:
    if shape.default is PydanticUndefined:
        return "..."
    return yaml_text(shape.default.model_dump() if isinstance(shape.default, Model) else shape.default)
