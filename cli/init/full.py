"""Renders a new project file with every key: the values of the draft, and the others as comments with their defaults.

The comments are generated from the models, so a new key documents itself. Uncommenting a key without changing its
value does not change the project.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic_core import PydanticUndefined

from cli.init.blocks import block, service_settings
from cli.init.draft import Draft, ServiceDraft
from cli.init.render import HEADER, WIDTH, comment, environment_lines
from stacks.project.models import Model, Overrides, ProjectFile, Service
from stacks.project.reference import held_models, yaml_text
from stacks.project.shape import Shape, fields_of

# The column of trailing comments; a longer value pushes its comment further right.
_COMMENT_COLUMN = 38
_ENVIRONMENTS_COMMENT = "Overrides per environment; any key except project_id."
_HEADER = f"""\
{HEADER}# Commented keys show their defaults; remove the leading `# ` to change one.
"""


def render_full(draft: Draft) -> str:
    """The project file as YAML, with every key."""
    return "\n".join([_HEADER, *_top_level(draft)]) + "\n"


def _top_level(draft: Draft) -> Iterator[str]:
    """The values of the draft first, then the defaults of the other keys."""
    fields = dict(fields_of(ProjectFile))
    for name, value in (("project_id", draft.project_id), ("region", draft.region)):
        yield from _setting(name, value, fields.pop(name), "")
    yield from ("", f"environments:  # {_ENVIRONMENTS_COMMENT}")
    yield from _environments(draft)
    yield from ("", "services:")
    documented = next((service for service in draft.services if service.port), draft.services[0])
    for service in draft.services:
        yield from _service(draft, service, all_keys=service is documented)
    yield ""
    others = [name for name in fields if name not in ("environments", "services")]
    for name in sorted(others, key=lambda name: isinstance(fields[name].default, Model)):
        yield from [""] if isinstance(fields[name].default, Model) else []
        yield from _default(name, fields[name], "# ")


def _environments(draft: Draft) -> Iterator[str]:
    """The environments, with the keys of an account as comments in the protected one."""
    fields = fields_of(Overrides)
    for line in environment_lines(draft):
        if line.strip() == "protected: true":
            yield from _setting("protected", True, fields["protected"], "    ")
            yield from _default("account_id", fields["account_id"], "    # ")
            yield from _default("assume_role", fields["assume_role"], "    # ")
        else:
            yield line


def _service(draft: Draft, service: ServiceDraft, *, all_keys: bool) -> Iterator[str]:
    """A service with the keys it sets; with `all_keys`, also every other key as a comment."""
    settings = service_settings(draft, service)
    yield f"  {service.name}:"
    for note in service.notes:
        yield from comment(note, "    # ")
    if not all_keys:
        yield from textwrap.indent(block(settings), "    ").splitlines()
        return
    every = fields_of(Service)
    fields = {name: shape for name, shape in every.items() if name not in settings}
    for name, value in settings.items():
        if name in every:
            yield from _setting(name, value, every[name], "    ")
        else:
            yield from textwrap.indent(block({name: value}), "    ").splitlines()
    excluded = {"image"} if "build" in settings else set()
    for name, shape in fields.items():
        if name not in excluded:
            yield from _default(name, shape, "    # ")


def _setting(name: str, value: Any, shape: Shape, prefix: str) -> Iterator[str]:
    """A key that is set, with its description."""
    if isinstance(value, dict):
        yield from _described(prefix, f"{name}:", shape)
        yield from textwrap.indent(block(value), f"{prefix}  ").splitlines()
    else:
        yield from _described(prefix, f"{name}: {yaml_text(value)}", shape)


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
    if len(line) <= WIDTH:
        yield line
    else:
        yield from comment(description, f"{prefix}# ")
        yield prefix + code


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
